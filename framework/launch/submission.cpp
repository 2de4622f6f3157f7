// What is put into a run folder for tasks that are to be submitted.
#include "launch/submission.h"

#include <fmt/format.h>

#include <stdlib.h>

#include <algorithm>

#include "launch/claims.h"
#include "launch/dealing.h"
#include "launch/json_file.h"
#include "launch/publishing.h"
#include "store/merging.h"
#include "unroll/error.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

/// A folder on this machine's disk, gone with this.
class Scratch {
public:
    Scratch() : path_((fs::temp_directory_path() / "unroll-seed-XXXXXX").string()) {
        if (!::mkdtemp(path_.data()))
            throw Error({path_, "cannot be made", "a folder for temporary files", "name another one in TMPDIR"});
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    fs::path path() const { return path_; }

private:
    std::string path_;
};

/// What the store has of these trials, as a store in seeds/.
void write_seed(store::Store& store, const std::vector<std::string>& fingerprints, const RunFolder& folder,
                const std::string& name) {
    const Scratch scratch;
    const fs::path seed = scratch.path() / name;
    {
        store::Store part(seed, store::Store::Mode::write);
        store::merge(part, store.file(), {.trials = fingerprints, .experiments = false, .is_held = true});
        part.close();
    }
    Publisher(seed, folder.seeds()).publish();
}

}  // namespace

std::vector<Work> works_of(store::Store& store, const sweep::Agenda& agenda,
                           const std::vector<sweep::TrialPlan>& workload, const std::vector<std::string>& labels,
                           const RunFolder& folder, Size first_task) {
    std::vector<std::string> fingerprints, known;
    for (const sweep::AgendaItem& item : agenda.items) fingerprints.push_back(item.assignment.fingerprint);
    const auto states = store.states(fingerprints);
    const std::string seed = fmt::format("{:05}.db", first_task);
    std::vector<Work> works;
    for (const sweep::AgendaItem& item : agenda.items) {
        const sweep::Assignment& assignment = item.assignment;
        Work work = work_of(workload.at(item.trial), assignment.build, labels.at(item.trial));
        const trial::TrialStatus status = states.at(assignment.fingerprint).status;
        if (trial::is_done(status) || !assignment.checkpoints.empty()) work.seeded.push_back(assignment.fingerprint);
        if (assignment.earlier) work.seeded.push_back(assignment.earlier->fingerprint);
        if (!work.seeded.empty()) work.seed = seed;
        known.insert(known.end(), work.seeded.begin(), work.seeded.end());
        works.push_back(std::move(work));
    }
    if (!known.empty()) write_seed(store, known, folder, seed);
    return works;
}

Standing standing_of(const RunFolder& folder, const std::set<Size>& alive, const std::set<std::string>& wanted) {
    Standing standing;
    std::error_code ignored;
    for (const ClaimFile& file : claim_files(folder.claimed())) {
        if (alive.contains(file.attempt.task)) {
            standing.held.insert(file.fingerprint);
        } else if (!wanted.contains(file.fingerprint)) {
            fs::remove(folder.claimed() / file.name, ignored);
        } else {
            auto work = after_attempt(folder, file, folder.ended_orderly(file.attempt));
            if (work)
                standing.left.insert_or_assign(file.fingerprint, std::move(*work));
            else if (fs::exists(folder.failed() / file.name, ignored))
                standing.given_up.push_back(file.fingerprint);
            fs::remove(folder.claimed() / file.name, ignored);
        }
    }
    for (const auto& [fingerprint, path] : offered(folder)) {
        if (wanted.contains(fingerprint) && !alive.empty())
            standing.held.insert(fingerprint);  // whoever is free takes it, whosever it was
        else
            fs::remove(path, ignored);
    }
    return standing;
}

void submit(const RunFolder& folder, RunPlan& plan, Launcher& launcher, const Options& options,
            const std::vector<Work>& works) {
    std::vector<double> costs;
    for (const Work& work : works) costs.push_back(work.cost);
    Request request;
    request.first = plan.tasks;
    request.tasks = useful_tasks(costs, options.cpus, options.nodes_at_most);
    request.cpus = options.cpus;
    request.time = options.time;
    request.options = options.scheduler;
    request.defaults = options.scheduler_defaults;
    const Deal dealt = deal(costs, request.tasks);
    const auto take_back = [&] {
        std::error_code ignored;
        for (Size task = request.first; task < request.first + request.tasks; ++task)
            fs::remove_all(folder.todo() / fmt::format("{:05}", task), ignored);
    };
    try {
        for (Size i = 0; i < works.size(); ++i) offer(folder, request.first + dealt.task[i], dealt.rank[i], works[i]);
        plan.tasks += request.tasks;
        // A thousand workers that write every two seconds are five hundred writes a second.
        plan.beat = std::max(1.0, double(request.tasks) / 50);
        folder.write(plan);
        launcher.submit(folder, request);
    } catch (...) {
        take_back();
        throw;
    }
}

}  // namespace unroll::launch
