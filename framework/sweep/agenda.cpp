// What is to be done with the trials of a workload.
#include "sweep/agenda.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/text.h"
#include "base/transient.h"
#include "store/trajectories.h"
#include "sweep/build_id.h"
#include "sweep/going_on.h"
#include "sweep/pending.h"
#include "training/checkpoint_file.h"

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
            if (auto assignment = consider(workload_[index])) {
                if (assignment->train && !workload_[index].passed_over.empty()) note_passed_over(workload_[index]);
                agenda_.items.push_back(
                    {index, workload_[index].row.steps, workload_[index].cost, std::move(*assignment)});
            }
        add_notes();
        return std::move(agenda_);
    }

private:
    std::optional<Assignment> consider(const TrialPlan& trial) {
        const store::TrialState& state = states_.at(trial.row.fingerprint);
        Assignment assignment = assignment_of(trial);
        assignment.isolated = !settings_.worker.empty() && (settings_.isolate || state.has_crashed);
        if (state.status == trial::TrialStatus::failed && !settings_.retry_failed && !is_lifted(trial, state)) {
            ++agenda_.failed_before;
            agenda_.notes.push_back(
                fmt::format("trial {} failed before: {}; --retry-failed runs it again", state.id, state.error));
            return std::nullopt;
        }
        if (trial::is_done(state.status)) return rest_of(trial, state, std::move(assignment));
        if (assignment.isolated && !settings_.isolate) suspects_.push_back(std::to_string(state.id));
        // Bits are promised within a build only: what another one began starts over.
        if (state.build == assignment.build) {
            take_up(state, assignment);
            drop_unusable(state.id, assignment.checkpoints);
        }
        if (!settings_.fresh) find_earlier(trial, assignment);
        return assignment;
    }

    void note_passed_over(const TrialPlan& trial) {
        ++shared_;
        passed_over_.insert(trial.passed_over.begin(), trial.passed_over.end());
    }

    /// Whether the limit that ended a trial is a higher one now, or none.
    static bool is_lifted(const TrialPlan& trial, const store::TrialState& state) {
        const trial::TrainingSettings& training = trial.trial->training;
        const bool is_of_time = state.cause == trial::Cause::time_limit;
        if (!is_of_time && state.cause != trial::Cause::memory_limit) return false;
        const std::optional<double>& limit = is_of_time ? training.time_limit : training.memory_limit;
        return !limit || *limit > state.bound.value_or(0);
    }

    /// What a trial of the same trajectory has done, if there is one that leads further than its own checkpoints.
    void find_earlier(const TrialPlan& trial, Assignment& assignment) {
        const std::uint64_t reached = assignment.checkpoints.empty() ? 0 : assignment.checkpoints.back().step;
        GoingOn found = going_on(
            store_, trial, assignment.build, reached,
            [&](store::Id id, const training::CheckpointInfo& checkpoint) { return !tell_fault(id, checkpoint); });
        if (found.part) {
            const std::uint64_t end = found.part->checkpoints.back().step;
            assignment.present = store_.samples(found.part->fingerprint);
            assignment.gradients = store_.gradients(found.part->fingerprint);
            std::erase_if(assignment.present, [&](const sampling::SampleKey& key) { return key.step >= end; });
            std::erase_if(assignment.gradients, [&](std::uint64_t step) { return step >= end; });
            assignment.earlier = std::move(found.part);
            goes_on_.push_back(fmt::format("{} (step {})", found.from, end));
        } else if (reached == 0 && found.other_build) {
            ++built_otherwise_;
        } else if (reached == 0 && trial.trial->training.schedule.name != "constant" &&
                   store::has_other_length(store_, trial.row.identity)) {
            starts_over_[trial.trial->training.schedule.name] += 1;
        }
    }

    Assignment assignment_of(const TrialPlan& trial) const {
        Assignment assignment;
        assignment.fingerprint = trial.row.fingerprint;
        assignment.config = trial.row.config;
        assignment.build = builds_.of(*trial.trial);
        assignment.jobs = settings_.jobs;
        assignment.time_limit = trial.trial->training.time_limit;
        assignment.memory_limit = trial.trial->training.memory_limit;
        assignment.folder = store_.checkpoint_folder(trial.row.fingerprint);
        assignment.sampling = trial.sampling;
        assignment.gradient = trial.gradient;
        assignment.evaluate = trial.evaluate;
        return assignment;
    }

    /// Of a trial that is trained: losses, samples, gradients and figures; none when nothing is missing.
    std::optional<Assignment> rest_of(const TrialPlan& trial, const store::TrialState& state, Assignment assignment) {
        assignment.train = false;
        if (has_text(*trial.dataset)) assignment.unmeasured = store_.unmeasured(trial.row.fingerprint);
        bool is_needed = !assignment.unmeasured.empty();
        if (state.status != trial::TrialStatus::diverged) {
            take_up(state, assignment);
            Pending found = pending(trial, assignment);
            const Size unusable = mark_unusable(state.id, found, assignment.checkpoints);
            if (unusable) found = pending(trial, assignment);
            auto& [samples, gradients, losses] = found;
            const Size fewer =
                lacking_checkpoints(*trial.trial, *trial.dataset, store::stored_config(store_, trial.row.fingerprint),
                                    assignment.checkpoints);
            const Size lost = samples.lost + gradients.lost + losses.lost + losses.curve_lost + fewer;
            if ((lost || unusable) && settings_.remeasure) return again(trial, std::move(assignment));
            agenda_.unusable += unusable > 0;
            if (lost) lacking_.push_back(state.id);
            lost_samples_ += samples.lost;
            lost_gradients_ += gradients.lost;
            lost_evaluations_ += losses.lost;
            lost_checkpoints_ += fewer;
            lost_curves_ += losses.curve_lost;
            is_needed =
                is_needed || !samples.makeable.empty() || !gradients.makeable.empty() || !losses.makeable.empty();
            evaluations_ += losses.makeable.size();
            assignment.unevaluated = std::move(losses.makeable);
        }
        ++agenda_.done_before;
        if (state.build != assignment.build) ++other_builds_;
        unmeasured_samples_ += assignment.unmeasured.size();
        return is_needed ? std::optional(std::move(assignment)) : std::nullopt;
    }

    using Pending = std::tuple<PendingSamples, PendingGradients, PendingEvaluations>;

    Pending pending(const TrialPlan& trial, const Assignment& assignment) {
        return {
            pending_samples(*trial.trial, *trial.dataset, trial.sampling, assignment.present, assignment.checkpoints),
            pending_gradients(*trial.trial, *trial.dataset, trial.gradient, assignment.gradients,
                              assignment.checkpoints),
            pending_evaluations(*trial.trial, *trial.dataset, trial.evaluate,
                                store::known_losses(store_, trial.row.fingerprint), assignment.checkpoints)};
    }

    /// Marks those checkpoints that something is to be made from and that are lost or damaged; with --remeasure, which
    /// can bring them back, all that are. Returns how many.
    Size mark_unusable(store::Id trial, const Pending& pending, std::vector<training::CheckpointInfo>& checkpoints) {
        const auto& [samples, gradients, losses] = pending;
        std::set<std::uint64_t> needed;
        for (const SamplesAt& at : samples.makeable) needed.insert(at.checkpoint.step);
        for (const training::CheckpointInfo& at : gradients.makeable) needed.insert(at.step);
        for (const training::Unevaluated& at : losses.makeable) needed.insert(at.checkpoint.step);
        Size unusable = 0;
        for (training::CheckpointInfo& checkpoint : checkpoints) {
            if (!settings_.remeasure && !needed.contains(checkpoint.step)) continue;
            checkpoint.is_usable = !tell_fault(trial, checkpoint);
            unusable += !checkpoint.is_usable;
        }
        return unusable;
    }

    /// The newest checkpoints that are lost or damaged: training goes on from the one before.
    void drop_unusable(store::Id trial, std::vector<training::CheckpointInfo>& checkpoints) {
        while (!checkpoints.empty() && tell_fault(trial, checkpoints.back())) checkpoints.pop_back();
    }

    bool tell_fault(store::Id trial, const training::CheckpointInfo& checkpoint) {
        std::string fault;
        try {
            fault = training::checkpoint_fault(checkpoint);
        } catch (const base::TransientError&) {  // for the trial to meet, which is then tried again
        }
        if (fault.empty()) return false;
        if (++faults_ <= most_faults)
            agenda_.notes.push_back(
                fmt::format("trial {}: its checkpoint of step {} cannot be used: {}", trial, checkpoint.step, fault));
        return true;
    }

    /// Trained once more, to be measured on the way; what there is stays until then, and beside it.
    Assignment again(const TrialPlan& trial, Assignment assignment) {
        store_.renew(trial.row.fingerprint);
        store::keep_old_results(store_, trial.row.fingerprint);
        assignment.train = true;
        assignment.time_limit = trial.trial->training.time_limit;
        assignment.memory_limit = trial.trial->training.memory_limit;
        assignment.folder = store_.checkpoint_folder(trial.row.fingerprint);
        assignment.checkpoints.clear();
        assignment.present.clear();
        assignment.gradients.clear();
        assignment.unmeasured.clear();
        return assignment;
    }

    void take_up(const store::TrialState& state, Assignment& assignment) {
        assignment.checkpoints = state.checkpoints;
        assignment.present = store_.samples(assignment.fingerprint);
        assignment.gradients = store_.gradients(assignment.fingerprint);
    }

    void add_notes() {
        if (faults_ > most_faults)
            agenda_.notes.push_back(fmt::format("{} in all cannot be used", base::count_of(faults_, "checkpoint")));
        if (other_builds_)
            agenda_.notes.push_back(fmt::format("{} came from another build and count as done; --fresh runs them again",
                                                base::count_of(other_builds_, "finished trial")));
        add_lost();
        if (shared_)
            agenda_.notes.push_back(fmt::format(
                "{} that several of these experiments ask for {} trained with the {} of the first one",
                base::count_of(shared_, "trial"), shared_ == 1 ? "is" : "are", fmt::join(passed_over_, ", ")));
        if (!suspects_.empty())
            agenda_.notes.push_back(fmt::format("the program crashed while {} {} ran: {} run in a process of its own",
                                                suspects_.size() == 1 ? "trial" : "trials", shortened(suspects_),
                                                suspects_.size() == 1 ? "it was" : "each was"));
        if (evaluations_)
            agenda_.notes.push_back(fmt::format("{} of trained trials {} made from kept checkpoints",
                                                base::count_of(evaluations_, "evaluation"),
                                                evaluations_ == 1 ? "is" : "are"));
        if (!goes_on_.empty())
            agenda_.notes.push_back(fmt::format(
                "{} {} on from the last checkpoint of a shorter or longer one: trial {}",
                base::count_of(goes_on_.size(), "trial"), goes_on_.size() == 1 ? "goes" : "go", shortened(goes_on_)));
        if (built_otherwise_)
            agenda_.notes.push_back(
                fmt::format("{} could go on from a shorter one, but that came from another build: "
                            "training starts at step 0",
                            base::count_of(built_otherwise_, "trial")));
        for (const auto& [schedule, count] : starts_over_)
            agenda_.notes.push_back(
                fmt::format("{} cannot go on from a shorter one, as the learning rate of schedule "
                            "\"{}\" depends on the number of steps: training starts at step 0",
                            base::count_of(count, "trial"), schedule));
        if (unmeasured_samples_)
            agenda_.notes.push_back(fmt::format("quality measures were added to {} of an earlier version",
                                                base::count_of(unmeasured_samples_, "sample")));
    }

    /// What no checkpoint can give any more, and how to have it.
    void add_lost() {
        if (lacking_.empty()) return;
        std::vector<std::string> kinds, trials;
        const auto add = [&](Size count, std::string_view what) {
            if (count) kinds.push_back(base::count_of(count, what));
        };
        add(lost_evaluations_, "evaluation");
        add(lost_samples_, "sample");
        add(lost_gradients_, "gradient");
        if (!kinds.empty()) kinds = {fmt::format("{} at steps without a kept checkpoint", fmt::join(kinds, ", "))};
        add(lost_checkpoints_, "more checkpoint");
        add(lost_curves_, "finer training curve");
        for (const store::Id id : lacking_) trials.push_back(std::to_string(id));
        agenda_.notes.push_back(
            fmt::format("{} would have to train again for {}; --remeasure trains {} again and keeps the other "
                        "results: trial {}",
                        base::count_of(lacking_.size(), "trial"), fmt::join(kinds, ", "),
                        lacking_.size() == 1 ? "it" : "them", shortened(trials)));
    }

    static std::string shortened(const std::vector<std::string>& names) {
        constexpr Size most = 10;
        const Size shown = std::min(names.size(), most);
        return fmt::format("{}{}", fmt::join(names.begin(), names.begin() + std::ptrdiff_t(shown), ", "),
                           shown < names.size() ? ", …" : "");
    }

    static constexpr Size most_faults = 5;  ///< that are told one by one

    store::Store& store_;
    const std::vector<TrialPlan>& workload_;
    const Builds builds_;
    const Settings& settings_;
    Agenda agenda_;
    std::map<std::string, store::TrialState> states_;
    Size other_builds_ = 0, lost_samples_ = 0, lost_gradients_ = 0, lost_evaluations_ = 0, lost_curves_ = 0,
         lost_checkpoints_ = 0, evaluations_ = 0, unmeasured_samples_ = 0, built_otherwise_ = 0, faults_ = 0,
         shared_ = 0;
    std::vector<store::Id> lacking_;
    std::vector<std::string> goes_on_, suspects_;
    std::set<std::string> passed_over_;
    std::map<std::string, Size> starts_over_;  ///< by schedule
};

}  // namespace

Agenda make_agenda(store::Store& store, const std::vector<TrialPlan>& workload, const plugins::Catalog& catalog,
                   const Settings& settings) {
    return Planner(store, workload, catalog, settings).agenda();
}

}  // namespace unroll::sweep
