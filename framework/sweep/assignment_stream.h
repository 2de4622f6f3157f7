// Assignments and outcomes as bytes, for a trial that runs in another process.
#pragma once

#include <string>
#include <string_view>

#include "store/store.h"
#include "sweep/executor.h"
#include "training/trainer.h"

namespace unroll::sweep {

/// What is read back is equal. Both processes are of one build: nothing says which version wrote it. Reading throws
/// Error for bytes that are not whole.
std::string to_bytes(const Assignment& assignment);
std::string to_bytes(const store::AttemptStart& start);
std::string to_bytes(const training::StepProgress& progress);
std::string to_bytes(const training::Outcome& outcome);

Assignment assignment_from(std::string_view bytes);
store::AttemptStart start_from(std::string_view bytes);
training::StepProgress progress_from(std::string_view bytes);
training::Outcome outcome_from(std::string_view bytes);

}  // namespace unroll::sweep
