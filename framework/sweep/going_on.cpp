// Which checkpoint of which trial training can go on from.
#include "sweep/going_on.h"

#include <utility>
#include <vector>

#include "store/trajectories.h"
#include "training/length.h"
#include "trial/due.h"

namespace unroll::sweep {

namespace {

/// Whether a longer trial passes this step in the state in which the other one kept it. Where the other one ended it
/// was evaluated, which an early stop takes into account.
bool is_on_the_way(const TrialPlan& trial, const store::TrajectoryTrial& other, std::uint64_t step) {
    if (step > trial.row.steps) return false;
    const trial::TrainingSettings& training = trial.trial->training;
    return step != other.end || training.stop.metric.empty() ||
           trial::is_due(training.evaluate_every, step, training::length_of(*trial.trial, *trial.dataset));
}

}  // namespace

GoingOn going_on(store::Store& store, const TrialPlan& trial, const std::string& build, std::uint64_t reached,
                 const IsUsable& is_usable) {
    GoingOn result;
    for (const store::TrajectoryTrial& other :
         store::same_trajectory(store, trial.row.fingerprint, trial.row.trajectory)) {
        std::vector<training::CheckpointInfo> usable = other.state.checkpoints;
        std::erase_if(usable, [&](const auto& checkpoint) { return !is_on_the_way(trial, other, checkpoint.step); });
        if (usable.empty() || usable.back().step <= reached) continue;
        if (other.state.build != build) {
            result.other_build = true;
            continue;
        }
        while (is_usable && !usable.empty() && usable.back().step > reached &&
               !is_usable(other.state.id, usable.back()))
            usable.pop_back();
        if (usable.empty() || usable.back().step <= reached) continue;
        reached = usable.back().step;
        result.from = other.state.id;
        result.part = EarlierPart{other.state.fingerprint, std::move(usable)};
    }
    return result;
}

}  // namespace unroll::sweep
