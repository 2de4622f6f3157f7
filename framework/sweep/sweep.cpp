// A sweep in three acts: the store is told what is planned, what is missing is put on an agenda, the agenda is done.
#include "sweep/sweep.h"

#include <map>

#include "store/writer.h"
#include "sweep/agenda.h"
#include "sweep/execute.h"
#include "sweep/local_executor.h"
#include "sweep/scheduler.h"

namespace unroll::sweep {

namespace {

/// All manifests or none: an unfinished transaction is rolled back.
void plan(store::Store& store, const std::vector<manifest::Plan>& plans, const std::vector<TrialPlan>& workload,
          bool fresh) {
    store.interrupt_running();
    std::map<std::string, const TrialPlan*> by_fingerprint;
    for (const TrialPlan& trial : workload) by_fingerprint[trial.row.fingerprint] = &trial;
    store.begin();
    for (const manifest::Plan& plan : plans) {
        std::vector<store::TrialRow> rows;
        const auto members = memberships(plan);
        for (const store::Membership& member : members) rows.push_back(by_fingerprint.at(member.fingerprint)->row);
        store.plan(experiment_row(plan), rows, members);
    }
    store.commit();
    if (fresh)
        for (const TrialPlan& trial : workload) store.renew(trial.row.fingerprint);
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
    const store::RunnerLock lock(settings.database);
    store::Store store(settings.database, store::Store::Mode::write);
    plan(store, plans, workload, settings.fresh);

    const Agenda agenda = make_agenda(store, workload, catalog, settings);
    tell(agenda, observer);
    Summary summary;
    summary.done_before = agenda.done_before;
    summary.failed = agenda.failed_before;
    summary.notes = agenda.notes;

    GridScheduler scheduler(agenda);
    LocalExecutor executor(catalog, datasets, settings.jobs);
    {
        store::Writer writer(store);
        execute(agenda, scheduler, executor, writer, observer, settings.fail_fast, stop, summary);
    }
    store.close();
    return summary;
}

}  // namespace unroll::sweep
