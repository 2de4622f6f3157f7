// What is put into a run folder for tasks that are to be submitted, and what is taken back from those that are gone.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "launch/launch.h"
#include "launch/work.h"
#include "store/store.h"
#include "sweep/agenda.h"

namespace unroll::launch {

/// The trials of an agenda as files for workers: with what the store knows of them in a store of its own, if anything.
std::vector<Work> works_of(store::Store& store, const sweep::Agenda& agenda,
                           const std::vector<sweep::TrialPlan>& workload, const std::vector<std::string>& labels,
                           const RunFolder& folder, Size first_task);

/// Which trials tasks that wait or run have taken or will take. Of the others, what `wanted` has not is removed from
/// the folder; trials that a task has left that is no more go on where it has stopped, as the result tells: by
/// fingerprint, with one more try each. Those with too many are in failed/.
struct Standing {
    std::set<std::string> held;         ///< by living tasks
    std::map<std::string, Work> left;   ///< by tasks that are gone
    std::vector<std::string> given_up;  ///< fingerprints
};
Standing standing_of(const RunFolder& folder, const std::set<Size>& alive, const std::set<std::string>& wanted);

/// Deals works to as many new tasks as are useful, and submits them. `plan` gets their number. When they are refused,
/// nothing is left in the folder of them.
void submit(const RunFolder& folder, RunPlan& plan, Launcher& launcher, const Options& options,
            const std::vector<Work>& works);

}  // namespace unroll::launch
