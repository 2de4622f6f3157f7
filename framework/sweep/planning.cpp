// The first act of a sweep: the store is told what is planned.
#include "sweep/planning.h"

#include <map>

namespace unroll::sweep {

// An unfinished transaction is rolled back.
void plan_experiments(store::Store& store, const std::vector<manifest::Plan>& plans,
                      const std::vector<TrialPlan>& workload, bool fresh) {
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

}  // namespace unroll::sweep
