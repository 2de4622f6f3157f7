// A sweep: what is missing, longest first, on all cores that were asked for.
#include "sweep/sweep.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>

#include "kernels/occupancy.h"
#include "store/writer.h"
#include "sweep/build.h"
#include "sweep/threads.h"
#include "sweep/trial_run.h"

namespace unroll::sweep {

namespace {

/// The trials that need something, the most expensive first, so that no long one is left to run alone at the end.
struct Agenda {
    std::vector<Task> tasks;
    std::vector<Size> to_train, to_sample;
};

class Planner {
public:
    Planner(store::Store& store, const std::vector<Work>& work, const plugins::Catalog& catalog,
            const Settings& settings, Summary& summary)
        : store_(store), work_(work), builds_(catalog), settings_(settings), summary_(summary) {}

    Agenda agenda() {
        std::vector<std::string> fingerprints;
        for (const Work& work : work_) fingerprints.push_back(work.row.fingerprint);
        states_ = store_.states(fingerprints);

        Agenda agenda;
        for (Size index = 0; index < work_.size(); ++index)
            if (auto task = consider(index)) {
                (task->train ? agenda.to_train : agenda.to_sample).push_back(index);
                agenda.tasks.push_back(std::move(*task));
            }
        std::stable_sort(agenda.tasks.begin(), agenda.tasks.end(), [&](const Task& a, const Task& b) {
            return std::pair(a.train, work_[a.index].cost) > std::pair(b.train, work_[b.index].cost);
        });
        if (other_builds_)
            summary_.notes.push_back(
                fmt::format("{} finished trial{} came from another build and count as done; --fresh runs them again",
                            other_builds_, other_builds_ == 1 ? "" : "s"));
        if (lost_samples_)
            summary_.notes.push_back(
                fmt::format("{} sample{} at earlier steps cannot be made: their checkpoints are gone; raise "
                            "training.keep_checkpoints and run with --fresh to have them",
                            lost_samples_, lost_samples_ == 1 ? "" : "s"));
        if (lost_gradients_)
            summary_.notes.push_back(
                fmt::format("{} gradient{} at earlier steps cannot be measured: their checkpoints are gone; raise "
                            "training.keep_checkpoints and run with --fresh to have them",
                            lost_gradients_, lost_gradients_ == 1 ? "" : "s"));
        if (unmeasured_samples_)
            summary_.notes.push_back(
                fmt::format("{} sample{} of an earlier version got the figures that tell how good a text is",
                            unmeasured_samples_, unmeasured_samples_ == 1 ? "" : "s"));
        return agenda;
    }

private:
    std::optional<Task> consider(Size index) {
        const Work& work = work_[index];
        const store::TrialState& state = states_.at(work.row.fingerprint);
        Task task;
        task.index = index;
        task.build = builds_.of(*work.trial);
        if (state.status == trial::TrialStatus::failed && !settings_.retry_failed) {
            ++summary_.failed;
            summary_.notes.push_back(
                fmt::format("trial {} failed before: {}; --retry-failed runs it again", state.id, state.error));
            return std::nullopt;
        }
        if (trial::is_done(state.status)) {
            ++summary_.done_before;
            if (state.build != task.build) ++other_builds_;
            task.train = false;
            if (work.training_text) task.unmeasured = store_.unmeasured(work.row.fingerprint);
            unmeasured_samples_ += task.unmeasured.size();
            bool has_work = !task.unmeasured.empty();
            if (state.status != trial::TrialStatus::diverged) {
                task.checkpoints = state.checkpoints;
                read_present(task);
                const Missing missing = missing_samples(work, task.present, task.checkpoints);
                const MissingGradients gradients = missing_gradients(work, task.gradients, task.checkpoints);
                lost_samples_ += missing.lost;
                lost_gradients_ += gradients.lost;
                has_work = has_work || !missing.makeable.empty() || !gradients.makeable.empty();
            }
            return has_work ? std::optional(std::move(task)) : std::nullopt;
        }
        task.train = true;
        // Bits are promised within a build only: what another one began starts over.
        if (state.build == task.build) {
            task.checkpoints = state.checkpoints;
            read_present(task);
        }
        return task;
    }

    void read_present(Task& task) {
        const std::string& fingerprint = work_[task.index].row.fingerprint;
        task.present = store_.samples(fingerprint);
        task.gradients = store_.gradients(fingerprint);
    }

    store::Store& store_;
    const std::vector<Work>& work_;
    const Builds builds_;
    const Settings& settings_;
    Summary& summary_;
    std::map<std::string, store::TrialState> states_;
    Size other_builds_ = 0, lost_samples_ = 0, lost_gradients_ = 0, unmeasured_samples_ = 0;
};

void count(trial::TrialStatus status, bool trained, Summary& summary) {
    using enum trial::TrialStatus;
    if (status == finished) summary.trained += trained;
    if (status == diverged) ++summary.diverged;
    if (status == failed) ++summary.failed;
    if (status == interrupted) ++summary.interrupted;
}

}  // namespace

Summary run(const std::vector<manifest::Plan>& plans, const std::vector<Work>& work, const plugins::Catalog& catalog,
            const Settings& settings, Observer& observer, std::atomic<bool>& stop) {
    const store::RunnerLock lock(settings.database);
    store::Store store(settings.database, store::Store::Mode::write);
    store.interrupt_running();
    std::map<std::string, const Work*> by_fingerprint;
    for (const Work& entry : work) by_fingerprint[entry.row.fingerprint] = &entry;
    store.begin();  // all manifests or none: an unfinished transaction is rolled back
    for (const manifest::Plan& plan : plans) {
        std::vector<store::TrialRow> rows;
        const auto members = memberships(plan);
        for (const store::Membership& member : members) rows.push_back(by_fingerprint.at(member.fingerprint)->row);
        store.plan(experiment_row(plan), rows, members);
    }
    store.commit();
    if (settings.fresh)
        for (const Work& entry : work) store.reset(entry.row.fingerprint);

    Summary summary;
    Agenda agenda = Planner(store, work, catalog, settings, summary).agenda();
    observer.planned(agenda.to_train, agenda.to_sample);
    std::vector<std::optional<training::Outcome>> outcomes(agenda.tasks.size());
    std::vector<Size> samples(agenda.tasks.size(), 0);
    {
        store::Writer writer(store);
        std::atomic<Size> next{0};
        run_on_threads(settings.jobs, [&] {
            for (Size i = next++; i < agenda.tasks.size(); i = next++) {
                if (stop.load()) break;
                const Task& task = agenda.tasks[i];
                const Occupied occupied;
                TrialRun trial(work[task.index], task, catalog, settings, writer, observer);
                const training::Outcome outcome = trial.run(stop);
                outcomes[i] = outcome;
                samples[i] = trial.samples_made();
                if (outcome.status == trial::TrialStatus::failed && settings.fail_fast) stop = true;
                observer.ended(task.index, outcome);
            }
        });
        writer.flush();
    }
    for (Size i = 0; i < agenda.tasks.size(); ++i) {
        if (outcomes[i]) count(outcomes[i]->status, agenda.tasks[i].train, summary);
        summary.samples += samples[i];
    }
    store.close();
    return summary;
}

}  // namespace unroll::sweep
