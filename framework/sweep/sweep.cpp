// A sweep in three acts: the store is told what is planned, what is missing is put on an agenda, the agenda is done.
#include "sweep/sweep.h"

#include <algorithm>

#include "store/writer.h"
#include "sweep/agenda.h"
#include "sweep/crash_watch.h"
#include "sweep/execute.h"
#include "sweep/isolated_executor.h"
#include "sweep/local_executor.h"
#include "sweep/memory.h"
#include "sweep/planning.h"
#include "sweep/scheduler.h"
#include "unroll/error.h"

namespace unroll::sweep {

namespace {

/// How many of the trials that are not trained may run at once for the memory that there is; throws Error when one does
/// not fit by itself. Nothing has been written then.
Size require_room(store::Store& store, const std::vector<TrialPlan>& workload, const Settings& settings,
                  std::vector<std::string>& notes) {
    std::vector<std::string> fingerprints;
    for (const TrialPlan& trial : workload) fingerprints.push_back(trial.row.fingerprint);
    const auto states = store.states(fingerprints);
    std::vector<const TrialPlan*> left;
    for (const TrialPlan& trial : workload) {
        const auto state = states.find(trial.row.fingerprint);
        if (settings.fresh || state == states.end() || !trial::is_done(state->second.status)) left.push_back(&trial);
    }
    const double limit = memory_limit();
    const MemoryPlan plan = plan_memory(left, settings.jobs, limit);
    require_memory(plan, limit);
    if (std::string note = memory_note(plan, limit); !note.empty()) notes.push_back(std::move(note));
    if (!settings.isolate && std::any_of(left.begin(), left.end(), [](const TrialPlan* trial) {
            return trial->trial->training.memory_limit.has_value();
        }))
        notes.emplace_back("training.memory_limit has no effect without --isolate");
    return plan.trials == plan.at_once ? settings.jobs : plan.at_once;
}

/// A trial in a process of its own cannot be helped by threads of another one.
void share_threads(Agenda& agenda, Size jobs) {
    const Size at_once = std::clamp<Size>(agenda.items.size(), 1, jobs);
    for (AgendaItem& item : agenda.items) item.assignment.threads = std::max<Size>(1, jobs / at_once);
}

void tell(const Agenda& agenda, Observer& observer) {
    std::vector<Size> to_train, to_sample;
    for (const AgendaItem& item : agenda.items) (item.assignment.train ? to_train : to_sample).push_back(item.trial);
    observer.planned(to_train, to_sample);
}

}  // namespace

Summary run(const std::vector<manifest::Plan>& plans, const std::vector<TrialPlan>& workload,
            const plugins::Catalog& catalog, manifest::DatasetCache& datasets, const Settings& settings,
            Observer& observer, std::atomic<bool>& stop) {
    std::vector<std::string> notes;
    const store::RunnerLock lock(settings.database);
    store::Store store(settings.database, store::Store::Mode::write);
    const Size at_once = require_room(store, workload, settings, notes);
    plan_experiments(store, plans, workload, settings.fresh);
    for (const Crash& crash : take_crashes(store.file())) store.note_crash(crash.fingerprint, crash.how);

    Agenda agenda = make_agenda(store, workload, catalog, settings);
    share_threads(agenda, settings.jobs);
    tell(agenda, observer);
    Summary summary;
    summary.done_before = agenda.done_before;
    summary.failed = agenda.failed_before;
    summary.unusable = agenda.unusable;
    summary.notes = std::move(notes);
    summary.notes.insert(summary.notes.end(), agenda.notes.begin(), agenda.notes.end());

    GridScheduler scheduler(agenda);
    LocalExecutor threads(catalog, datasets, settings.jobs);
    IsolatedExecutor executor(threads, settings.worker);
    {
        const CrashWatch watch(store.file());
        store::Writer writer(store);
        execute(agenda, scheduler, executor, writer, observer, at_once, settings.fail_fast, stop, summary);
    }
    try {
        store.close();
    } catch (const Error& error) {
        if (summary.problem.empty()) summary.problem = error.what();
    }
    return summary;
}

}  // namespace unroll::sweep
