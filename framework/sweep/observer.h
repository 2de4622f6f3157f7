// What a sweep tells of itself while it runs.
#pragma once

#include <cstdint>
#include <vector>

#include "training/record.h"
#include "training/trainer.h"
#include "unroll/types.h"

namespace unroll::sweep {

/// Told by the threads that run the trials: implementations must be thread-safe and quick. `index` is the trial's place
/// in the workload.
class Observer {
public:
    virtual ~Observer() = default;
    /// Before anything starts: which trials will be trained, and of which only samples or gradients are missing.
    virtual void planned(const std::vector<Size>& to_train, const std::vector<Size>& to_sample) = 0;
    virtual void started(Size index, std::uint64_t from_step) = 0;
    virtual void progress(Size index, const training::StepProgress& progress) = 0;
    /// A value of a series, as a loss, on its way to the store.
    virtual void recorded(Size /*index*/, const training::Point& /*point*/) {}
    virtual void ended(Size index, const training::Outcome& outcome) = 0;
};

}  // namespace unroll::sweep
