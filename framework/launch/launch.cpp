// A run on several machines, from where the user is.
#include "launch/launch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "json/write.h"
#include "launch/claims.h"
#include "launch/following.h"
#include "launch/json_file.h"
#include "launch/node.h"
#include "launch/submission.h"
#include "launch/taking_in.h"
#include "sweep/agenda.h"
#include "sweep/build_id.h"
#include "sweep/planning.h"
#include "unroll/error.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
constexpr Size most_submissions = 3;  ///< of one call, when tasks are gone and have left work
constexpr std::chrono::milliseconds look_every(300), take_every(2000), ask_every(3000), ask_later_every(15000);
constexpr auto ask_often_for = std::chrono::minutes(5);
constexpr Size polls_until_gone = 2;  ///< without a task, before it is believed to be gone

class LaunchedRun {
public:
    LaunchedRun(const std::vector<manifest::Plan>& plans, const std::vector<sweep::TrialPlan>& workload,
                const std::vector<std::string>& labels, const plugins::Catalog& catalog,
                const sweep::Settings& settings, const Options& options, sweep::Observer& observer, const Tell& tell,
                const std::atomic<bool>& stop)
        : plans_(plans),
          workload_(workload),
          labels_(labels),
          catalog_(catalog),
          settings_(settings),
          options_(options),
          observer_(observer),
          tell_(tell),
          stop_(stop),
          folder_(options.folder),
          launcher_(make_launcher(options.launcher)),
          intake_(folder_),
          follower_(folder_, places_, observer) {}

    Report run() {
        launcher_->require();
        folder_.make();
        const auto attached = attach();
        begin();
        if (options_.detach || wanted_.empty()) {
            if (!wanted_.empty()) leave();
        } else {
            follow();
        }
        return report();
    }

private:
    /// One process follows a run at a time; where locks do not hold, two do no harm but double the tasks of dead ones.
    std::optional<base::LockedFile> attach() const {
        try {
            auto held = base::LockedFile::try_lock(folder_.root() / "attached");
            if (!held)
                throw Error({folder_.root(), "a run that another process is following", "one at a time",
                             "see how it is with 'unroll status', or end that process; the tasks go on"});
            return held;
        } catch (const std::system_error&) {
            return std::nullopt;
        }
    }

    // ---- Planning and submitting ------------------------------------------------------------------------------------

    void begin() {
        std::set<Size> alive = living_tasks();
        std::error_code ignored;
        while (!alive.empty() && !stop_ && fs::exists(folder_.stop_file(), ignored)) {
            tell_once("note: the run was cancelled; its tasks are still ending");
            std::this_thread::sleep_for(look_every);
            alive = living_tasks();
        }
        follower_.skip_past(alive);
        submit_missing(alive);
        tell_planned();
    }

    std::set<Size> living_tasks() {
        std::set<Size> alive;
        if (!folder_.has_plan()) return alive;
        const auto queue = launcher_->queue(folder_);
        if (!queue)
            throw Error({options_.launcher, "no answer about the tasks of this run", "a scheduler that answers",
                         "try again in a while"});
        for (const TaskState& task : queue->tasks) alive.insert(task.task);
        return alive;
    }

    RunPlan new_plan(const sweep::Builds& builds, const RunPlan& old) const {
        RunPlan plan;
        std::vector<std::string> names;
        for (const manifest::Plan& each : plans_) names.push_back(each.name);
        plan.name = fmt::format("{}", fmt::join(names, "+"));
        plan.launcher = options_.launcher;
        plan.program = options_.program;
        plan.build = build_of(builds);
        plan.plugin_paths = options_.plugin_paths;
        plan.kernel_set = options_.kernel_set;
        plan.jobs = options_.cpus;
        plan.tasks = old.tasks;
        for (const sweep::TrialPlan& trial : workload_) plan.largest = std::max(plan.largest, trial.memory.total());
        plan.isolate = settings_.isolate;
        plan.remeasure = settings_.remeasure;
        plan.fail_fast = settings_.fail_fast;
        std::set<std::string> seen;
        for (Size i = 0; i < workload_.size(); ++i) {
            const Work work = work_of(workload_[i], builds.of(*workload_[i].trial), labels_[i]);
            const json::Value example = to_json(work), *config = example.find("config");
            if (seen.insert(fmt::format("{} {}", work.build, text_of_dataset(*config))).second)
                plan.examples.push_back(example);
        }
        return plan;
    }

    static std::string text_of_dataset(const json::Value& config) {
        const json::Value* dataset = config.find("dataset");
        return dataset ? json::dump(*dataset) : "";
    }

    std::string build_of(const sweep::Builds& builds) const {
        return workload_.empty() ? "" : without_kernel_set(builds.of(*workload_.front().trial));
    }

    void require_same_build(const RunPlan& plan, const std::string& build) const {
        if (plan.build == build && plan.launcher == options_.launcher) return;
        throw Error({folder_.root(),
                     plan.build == build ? fmt::format("tasks of --launcher {}", plan.launcher)
                                         : fmt::format("tasks of build {} that wait or run", plan.build),
                     plan.build == build ? plan.launcher : fmt::format("build {}, which this program is", build),
                     "cancel them with 'unroll cancel' first, or wait until they are done; what they have done stays"});
    }

    /// Everything that is missing in the store and that no living task has.
    void submit_missing(const std::set<Size>& alive) {
        const sweep::Builds builds(catalog_);
        RunPlan plan = folder_.has_plan() ? folder_.plan() : RunPlan{};
        if (!alive.empty()) require_same_build(plan, build_of(builds));
        std::vector<Work> works;
        {
            const store::RunnerLock lock(settings_.database);
            store::Store store(settings_.database, store::Store::Mode::write);
            sweep::plan_experiments(store, plans_, workload_, false);
            intake_.take(store);
            sweep::Agenda agenda = sweep::make_agenda(store, workload_, catalog_, settings_);
            note_agenda(agenda);
            const Standing standing = standing_of(folder_, alive, wanted_);
            forget_ends(standing);
            is_planned_ = true;
            std::erase_if(agenda.items, [&](const sweep::AgendaItem& item) {
                return standing.held.contains(item.assignment.fingerprint) ||
                       given_up_.contains(item.assignment.fingerprint);
            });
            works = works_of(store, agenda, workload_, labels_, folder_, plan.tasks);
            for (Work& work : works)
                if (const auto left = standing.left.find(work.fingerprint); left != standing.left.end()) {
                    work.tries = left->second.tries;
                    work.before = left->second.before;
                }
            store.close();
        }
        if (works.empty()) return;
        if (alive.empty()) plan = new_plan(builds, plan);
        std::error_code ignored;
        fs::remove(folder_.stop_file(), ignored);
        round_ = plan.tasks;
        submitted_at_ = Clock::now();
        ++submissions_;
        submit(folder_, plan, *launcher_, options_, works);
        tell_(fmt::format("{} in {} of {} submitted ({}); run folder {}", base::count_of(works.size(), "trial"),
                          base::count_of(plan.tasks - *round_, "task"), base::count_of(options_.cpus, "core"),
                          options_.launcher, folder_.root().string()));
    }

    void note_agenda(const sweep::Agenda& agenda) {
        if (is_planned_) return;  // what was missing at first is what the user asked for
        summary_.done_before = agenda.done_before;
        summary_.failed = agenda.failed_before;
        summary_.unusable = agenda.unusable;
        summary_.notes = agenda.notes;
        for (const sweep::AgendaItem& item : agenda.items) {
            places_.emplace(item.assignment.fingerprint, item.trial);
            wanted_.insert(item.assignment.fingerprint);
            (item.assignment.train ? to_train_ : to_sample_).push_back(item.trial);
        }
    }

    /// What a former command has given up may be tried again; what this one gives up is told at the end.
    void forget_ends(const Standing& standing) {
        std::error_code ignored;
        if (!is_planned_)
            for (const fs::path& where : {folder_.done(), folder_.failed()})
                for (const ClaimFile& file : claim_files(where))
                    if (wanted_.contains(file.fingerprint) && !standing.held.contains(file.fingerprint))
                        fs::remove(where / file.name, ignored);
        if (is_planned_) given_up_.insert(standing.given_up.begin(), standing.given_up.end());
    }

    void tell_planned() { observer_.planned(to_train_, to_sample_); }

    void leave() const {
        tell_(
            fmt::format("the tasks go on by themselves: 'unroll status {0}' shows how far they are, the same command "
                        "attaches again, 'unroll cancel {0}' ends them",
                        folder_.root().string()));
    }

    // ---- Following --------------------------------------------------------------------------------------------------

    void follow() {
        Clock::time_point ask_at{}, take_at{};
        for (;;) {
            follower_.look();
            for (const std::string& note : follower_.take_notes()) tell_("note: " + note);
            const auto now = Clock::now();
            if (now >= take_at && intake_.has_news()) {
                take_in();
                take_at = Clock::now() + std::max<Clock::duration>(take_every, 10 * (Clock::now() - now));
            }
            if (is_over()) return;
            if (stop_) {
                detached_ = true;
                return leave();
            }
            if (now >= ask_at) {
                if (!ask()) return;
                ask_at = Clock::now() + (now - submitted_at_ < ask_often_for ? Clock::duration(ask_every)
                                                                             : Clock::duration(ask_later_every));
            }
            // A thousand workers are not looked at three times a second.
            const auto attempts = static_cast<std::int64_t>(folder_.all_attempts().size());
            std::this_thread::sleep_for(std::max(look_every, std::chrono::milliseconds(2 * attempts)));
        }
    }

    /// Nothing that is wanted waits or is under way.
    bool is_over() const {
        for (const auto& [fingerprint, path] : offered(folder_))
            if (wanted_.contains(fingerprint)) return false;
        for (const ClaimFile& file : claim_files(folder_.claimed()))
            if (wanted_.contains(file.fingerprint)) return false;
        return true;
    }

    /// False when nothing more comes of the run.
    bool ask() {
        refuse_bad_nodes();
        const auto queue = launcher_->queue(folder_);
        if (!queue) {
            tell_once(fmt::format("note: {} does not answer; what the workers write is followed", options_.launcher));
            return true;
        }
        tell_waiting(*queue);
        std::set<Size> alive;
        for (const TaskState& task : queue->tasks) alive.insert(task.task);
        for (const Size task : alive) missed_.erase(task);
        std::set<Size> gone;
        for (const ClaimFile& file : claim_files(folder_.claimed()))
            if (!alive.contains(file.attempt.task) && ++missed_[file.attempt.task] >= polls_until_gone)
                gone.insert(file.attempt.task);
        if (!alive.empty()) {
            if (!gone.empty()) hand_over(alive, gone);
            return true;
        }
        if (queue->checks || ++polls_without_tasks_ < polls_until_gone) return true;
        polls_without_tasks_ = 0;
        return begin_again();
    }

    /// What tasks have left that are no more goes to those that live.
    void hand_over(const std::set<Size>& alive, const std::set<Size>& gone) {
        std::set<Size> others = alive;
        for (const ClaimFile& file : claim_files(folder_.claimed()))
            if (!gone.contains(file.attempt.task)) others.insert(file.attempt.task);
        const Standing standing = standing_of(folder_, others, wanted_);
        given_up_.insert(standing.given_up.begin(), standing.given_up.end());
        auto task = alive.begin();
        for (const auto& [fingerprint, work] : standing.left) {
            offer(folder_, *task, 0, work);
            if (++task == alive.end()) task = alive.begin();
        }
        if (!standing.left.empty())
            tell_(fmt::format("note: task {} ended unexpectedly; {} it had begun {} handed to others",
                              fmt::join(gone, ", "), base::count_of(standing.left.size(), "trial"),
                              standing.left.size() == 1 ? "is" : "are"));
    }

    bool begin_again() {
        follower_.look();
        if (is_over()) return false;
        refuse_unseen_folder();
        std::error_code ignored;
        if (fs::exists(folder_.stop_file(), ignored)) {
            tell_("note: the run was cancelled; run the same command again to resume");
            cancelled_ = true;
            return false;
        }
        if (submissions_ >= most_submissions) {
            summary_.problem =
                fmt::format("all tasks have ended with work left, {} times in a row; their logs are in {}",
                            submissions_, folder_.logs().string());
            return false;
        }
        tell_("note: all tasks have ended with work left; submitting it again");
        submit_missing({});
        return true;
    }

    void refuse_bad_nodes() {
        if (!round_) return;
        const std::vector<std::string> problems = problems_of_nodes(folder_, *round_);
        if (problems.empty()) return;
        launcher_->cancel(folder_);
        drop_offers();
        throw Error({options_.launcher, fmt::format("{}", fmt::join(problems, "\n")), "", ""});
    }

    /// The check of the nodes is over and has left nothing, nor has any task.
    void refuse_unseen_folder() {
        if (!round_ || !checked_nodes(folder_, *round_).empty()) return;
        for (const Attempt& attempt : folder_.all_attempts())
            if (attempt.task >= *round_) return;
        drop_offers();
        throw Error(
            {folder_.root(), "a run folder in which no node has written anything",
             "a folder on a file system that all nodes see, under the same path, and a program that runs there",
             fmt::format("name another one with --run-folder; what the check of a node said, if anything, is in "
                         "{}",
                         folder_.logs().string())});
    }

    void drop_offers() const {
        std::error_code ignored;
        for (const auto& [fingerprint, path] : offered(folder_)) fs::remove(path, ignored);
    }

    void tell_once(const std::string& what) {
        if (told_.insert(what).second) tell_(what);
    }

    void tell_waiting(const Launcher::Queue& queue) {
        std::map<std::string, Size> reasons;
        Size running = 0;
        for (const TaskState& task : queue.tasks) task.runs ? ++running : ++reasons[task.reason];
        std::vector<std::string> parts;
        if (queue.checks && !queue.check_reason.empty())
            parts.push_back(fmt::format("the check of nodes waits: {}", queue.check_reason));
        else if (!queue.checks)
            for (const auto& [reason, count] : reasons)
                if (!reason.empty())
                    parts.push_back(
                        fmt::format("{} {}: {}", base::count_of(count, "task"), count == 1 ? "waits" : "wait", reason));
        const std::string text = fmt::format("{}", fmt::join(parts, "; "));
        if (text.empty() || text == waiting_) return;
        waiting_ = text;
        tell_(fmt::format("note: {}", text));
    }

    // ---- Taking in --------------------------------------------------------------------------------------------------

    /// Somebody else may be at the store just then: the next time.
    void take_in() {
        try {
            const store::RunnerLock lock(settings_.database);
            store::Store store(settings_.database, store::Store::Mode::write);
            intake_.take(store);
            store.close();
        } catch (const Error& error) {
            last_trouble_ = error.what();
        }
    }

    void take_in_all() {
        for (const auto end = Clock::now() + std::chrono::minutes(1); intake_.has_news();) {
            last_trouble_.clear();
            take_in();
            const std::string& trouble = last_trouble_.empty() ? intake_.trouble() : last_trouble_;
            if (trouble.empty() || Clock::now() < end) {
                if (intake_.has_news()) std::this_thread::sleep_for(look_every);
                continue;
            }
            summary_.problem = trouble;
            return;
        }
    }

    Report report() {
        if (!options_.detach) take_in_all();
        follower_.count(summary_);
        for (const ClaimFile& file : claim_files(folder_.failed()))
            if (wanted_.contains(file.fingerprint)) tell_given_up(file);
        summary_.samples = static_cast<Size>(intake_.samples());
        if (follower_.kernel_sets().size() > 1) {
            std::vector<std::string> sets;
            for (const auto& [set, hosts] : follower_.kernel_sets())
                sets.push_back(fmt::format("{} on {}", set, fmt::join(hosts, ", ")));
            summary_.notes.push_back(fmt::format(
                "tasks had different kernel sets, and results of one may differ from those of another in the last "
                "bits: {}; --kernel-set asks for one",
                fmt::join(sets, "; ")));
        }
        return {summary_, options_.detach || detached_, cancelled_};
    }

    void tell_given_up(const ClaimFile& file) {
        ++summary_.failed;
        std::string how = "its log is in " + folder_.logs().string();
        if (const auto end = folder_.end_of(file.attempt); end && count_of(*end, "signal"))
            how = fmt::format("the last process was killed by signal {}{}; {}", count_of(*end, "signal"),
                              count_of(*end, "signal") == 9 ? ", as when memory runs out" : "", how);
        const auto place = places_.find(file.fingerprint);
        summary_.notes.push_back(fmt::format(
            "trial {} was given up: {} tasks that ran it ended unexpectedly; {}",
            place == places_.end() ? file.fingerprint.substr(0, 12) : labels_.at(place->second), most_tries, how));
    }

    const std::vector<manifest::Plan>& plans_;
    const std::vector<sweep::TrialPlan>& workload_;
    const std::vector<std::string>& labels_;
    const plugins::Catalog& catalog_;
    const sweep::Settings& settings_;
    const Options& options_;
    sweep::Observer& observer_;
    const Tell& tell_;
    const std::atomic<bool>& stop_;

    const RunFolder folder_;
    const std::unique_ptr<Launcher> launcher_;
    Intake intake_;
    std::map<std::string, Size> places_;  ///< of wanted trials, by fingerprint
    std::set<std::string> wanted_, given_up_, told_;
    std::vector<Size> to_train_, to_sample_;
    Follower follower_;
    sweep::Summary summary_;
    std::optional<Size> round_;  ///< the first task of the last submission
    Size submissions_ = 0, polls_without_tasks_ = 0;
    std::map<Size, Size> missed_;  ///< polls in which a task with work was not in the queue
    Clock::time_point submitted_at_ = Clock::now();
    std::string waiting_, last_trouble_;
    bool is_planned_ = false, detached_ = false, cancelled_ = false;
};

}  // namespace

Report run(const std::vector<manifest::Plan>& plans, const std::vector<sweep::TrialPlan>& workload,
           const std::vector<std::string>& labels, const plugins::Catalog& catalog, const sweep::Settings& settings,
           const Options& options, sweep::Observer& observer, const Tell& tell, const std::atomic<bool>& stop) {
    return LaunchedRun(plans, workload, labels, catalog, settings, options, observer, tell, stop).run();
}

}  // namespace unroll::launch
