// Which trial runs next, and whether one that runs goes on.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "sweep/agenda.h"
#include "training/record.h"
#include "training/trainer.h"
#include "trial/status.h"

namespace unroll::sweep {

/// Called by all workers at once. `item` is a place in the agenda.
class Scheduler {
public:
    virtual ~Scheduler() = default;
    /// What a worker that is free shall run; none: nothing is left for it.
    virtual std::optional<Size> next() = 0;
    /// A value that a running trial has reported, and what shall become of the trial. A pause is obeyed after the step,
    /// an end when the next evaluation is due; both last.
    virtual training::Decision report(Size item, const training::Point& point) = 0;
    virtual void ended(Size item, trial::TrialStatus status) = 0;
};

/// The whole grid: every trial to its end, those to be trained first, the most expensive before all others, so that no
/// long one is left to run alone at the end.
class GridScheduler final : public Scheduler {
public:
    explicit GridScheduler(const Agenda& agenda);
    std::optional<Size> next() override;
    training::Decision report(Size, const training::Point&) override { return training::Decision::go_on; }
    void ended(Size, trial::TrialStatus) override {}

private:
    std::mutex mutex_;
    std::vector<Size> order_;
    Size taken_ = 0;
};

}  // namespace unroll::sweep
