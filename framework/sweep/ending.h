// How trouble ends a trial: which status, which limit, in which words.
#pragma once

#include <cstdint>
#include <string>

#include "sweep/executor.h"
#include "training/trainer.h"
#include "training/trouble.h"

namespace unroll::sweep {

/// Sets status, cause and words of an outcome: a trial that was trained before stays finished; others are
/// interrupted by what the machine caused, so that the next run goes on, and failed by everything else. Memory that is
/// not there is the limit's doing where the trial has a process of its own with one.
void end_by(training::Trouble trouble, const Assignment& assignment, training::Outcome& outcome);

/// What is said of a trial that has used up training.time_limit.
std::string out_of_time(const Assignment& assignment, std::uint64_t step);

/// "90 s", "1.5 h"; "512 MB", "1.5 GB".
std::string duration_text(double seconds);
std::string memory_text(double bytes);

}  // namespace unroll::sweep
