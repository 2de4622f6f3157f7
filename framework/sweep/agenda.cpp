// What is to be done with the trials of a workload.
#include "sweep/agenda.h"

#include <fmt/core.h>

#include <map>
#include <optional>

#include "base/text.h"
#include "sweep/build_id.h"
#include "sweep/pending.h"

namespace unroll::sweep {

namespace {

class Planner {
public:
    Planner(store::Store& store, const std::vector<TrialPlan>& workload, const plugins::Catalog& catalog,
            const Settings& settings)
        : store_(store), workload_(workload), builds_(catalog), settings_(settings) {}

    Agenda agenda() {
        std::vector<std::string> fingerprints;
        for (const TrialPlan& trial : workload_) fingerprints.push_back(trial.row.fingerprint);
        states_ = store_.states(fingerprints);
        for (Size index = 0; index < workload_.size(); ++index)
            if (auto assignment = consider(workload_[index]))
                agenda_.items.push_back(
                    {index, workload_[index].row.steps, workload_[index].cost, std::move(*assignment)});
        add_notes();
        return std::move(agenda_);
    }

private:
    std::optional<Assignment> consider(const TrialPlan& trial) {
        const store::TrialState& state = states_.at(trial.row.fingerprint);
        Assignment assignment = assignment_of(trial);
        if (state.status == trial::TrialStatus::failed && !settings_.retry_failed) {
            ++agenda_.failed_before;
            agenda_.notes.push_back(
                fmt::format("trial {} failed before: {}; --retry-failed runs it again", state.id, state.error));
            return std::nullopt;
        }
        if (trial::is_done(state.status)) return rest_of(trial, state, std::move(assignment));
        // Bits are promised within a build only: what another one began starts over.
        if (state.build == assignment.build) take_up(state, assignment);
        return assignment;
    }

    Assignment assignment_of(const TrialPlan& trial) const {
        Assignment assignment;
        assignment.fingerprint = trial.row.fingerprint;
        assignment.config = trial.row.config;
        assignment.build = builds_.of(*trial.trial);
        assignment.jobs = settings_.jobs;
        assignment.folder = store_.checkpoint_folder(trial.row.fingerprint);
        assignment.sampling = trial.sampling;
        assignment.gradient = trial.gradient;
        return assignment;
    }

    /// Of a trial that is trained: samples, gradients and figures; none when nothing is missing.
    std::optional<Assignment> rest_of(const TrialPlan& trial, const store::TrialState& state, Assignment assignment) {
        ++agenda_.done_before;
        if (state.build != assignment.build) ++other_builds_;
        assignment.train = false;
        if (has_text(*trial.dataset)) assignment.unmeasured = store_.unmeasured(trial.row.fingerprint);
        unmeasured_samples_ += assignment.unmeasured.size();
        bool is_needed = !assignment.unmeasured.empty();
        if (state.status != trial::TrialStatus::diverged) {
            take_up(state, assignment);
            const PendingSamples samples = pending_samples(*trial.trial, *trial.dataset, trial.sampling,
                                                           assignment.present, assignment.checkpoints);
            const PendingGradients gradients = pending_gradients(*trial.trial, *trial.dataset, trial.gradient,
                                                                 assignment.gradients, assignment.checkpoints);
            lost_samples_ += samples.lost;
            lost_gradients_ += gradients.lost;
            is_needed = is_needed || !samples.makeable.empty() || !gradients.makeable.empty();
        }
        return is_needed ? std::optional(std::move(assignment)) : std::nullopt;
    }

    void take_up(const store::TrialState& state, Assignment& assignment) {
        assignment.checkpoints = state.checkpoints;
        assignment.present = store_.samples(assignment.fingerprint);
        assignment.gradients = store_.gradients(assignment.fingerprint);
    }

    void add_notes() {
        if (other_builds_)
            agenda_.notes.push_back(fmt::format("{} came from another build and count as done; --fresh runs them again",
                                                base::count_of(other_builds_, "finished trial")));
        if (lost_samples_)
            agenda_.notes.push_back(
                fmt::format("{} at earlier steps cannot be made: their checkpoints are gone; raise "
                            "training.keep_checkpoints and run with --fresh to have them",
                            base::count_of(lost_samples_, "sample")));
        if (lost_gradients_)
            agenda_.notes.push_back(
                fmt::format("{} at earlier steps cannot be measured: their checkpoints are gone; raise "
                            "training.keep_checkpoints and run with --fresh to have them",
                            base::count_of(lost_gradients_, "gradient")));
        if (unmeasured_samples_)
            agenda_.notes.push_back(fmt::format("quality measures were added to {} of an earlier version",
                                                base::count_of(unmeasured_samples_, "sample")));
    }

    store::Store& store_;
    const std::vector<TrialPlan>& workload_;
    const Builds builds_;
    const Settings& settings_;
    Agenda agenda_;
    std::map<std::string, store::TrialState> states_;
    Size other_builds_ = 0, lost_samples_ = 0, lost_gradients_ = 0, unmeasured_samples_ = 0;
};

}  // namespace

Agenda make_agenda(store::Store& store, const std::vector<TrialPlan>& workload, const plugins::Catalog& catalog,
                   const Settings& settings) {
    return Planner(store, workload, catalog, settings).agenda();
}

}  // namespace unroll::sweep
