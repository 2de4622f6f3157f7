// One task of a run.
#include "launch/worker.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <thread>

#include "base/transient.h"
#include "launch/claiming_scheduler.h"
#include "launch/json_file.h"
#include "launch/publishing.h"
#include "sweep/crash_watch.h"
#include "sweep/ending.h"
#include "sweep/execute.h"
#include "sweep/host.h"
#include "sweep/isolated_executor.h"
#include "sweep/local_executor.h"
#include "sweep/memory.h"
#include "unroll/error.h"
#include "unroll/kernels.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto glance = std::chrono::milliseconds(100), shortest_pause = std::chrono::milliseconds(500);
/// After publishing, so many times as long passes before it is done again.
constexpr int publishing_share = 10;

/// Whether what is left is not for this attempt: the run was cancelled, or it was given up for dead, and a later one
/// has taken over.
bool is_over_for(const RunFolder& folder, const Attempt& attempt) {
    std::error_code ignored;
    return fs::exists(folder.stop_file(), ignored) ||
           fs::exists(folder.attempt({attempt.task, attempt.number + 1}), ignored);
}

/// Gives signs of life and publishes, on a thread of its own, while trials run.
class Herald {
public:
    Herald(const RunFolder& folder, const Attempt& attempt, const RunPlan& plan, WorkerRecord record,
           Publisher& publisher, store::Writer& writer, const Claims& claims, WorkerObserver& observer,
           std::atomic<bool>& stop)
        : folder_(folder),
          attempt_(attempt),
          plan_(plan),
          record_(std::move(record)),
          publisher_(publisher),
          writer_(writer),
          claims_(claims),
          observer_(observer),
          stop_(stop) {
        tell("working");
        thread_ = std::thread([this] { run(); });
    }
    ~Herald() { end(); }
    Herald(const Herald&) = delete;
    Herald& operator=(const Herald&) = delete;

    /// What is known by now is published; throws what keeps it from being.
    void finish() {
        end();
        publish();
        tell("ended");
    }

private:
    void end() {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        wake_.notify_all();
        if (thread_.joinable()) thread_.join();
    }

    void run() {
        auto beat_at = Clock::now(), publish_at = Clock::now();
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, glance, [&] { return ending_; })) {
            const auto now = Clock::now();
            if (now >= beat_at) {
                beat_at = now + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(plan_.beat));
                look_around();
                tell(stop_ ? "stopping" : "working");
            }
            if (now < publish_at) continue;
            publish_at = now + shortest_pause;
            if (!observer_.has_ended() && !has_news()) continue;
            try {
                publish();
            } catch (...) {  // the next time, or finish(), says what it is
                note(base::what_is(std::current_exception()));
            }
            publish_at =
                Clock::now() + std::max<Clock::duration>(shortest_pause, publishing_share * (Clock::now() - now));
        }
    }

    bool has_news() const try { return publisher_.has_news(); } catch (const Error&) {
        return false;  // the store is busy, or not there yet
    }

    void look_around() {
        if (!is_over_for(folder_, attempt_)) return;
        note("the run was cancelled, or a later attempt at this task has begun: this one ends");
        stop_ = true;
    }

    void publish() {
        const std::vector<std::string> ended = observer_.take_ended();
        unpublished_.insert(unpublished_.end(), ended.begin(), ended.end());
        publisher_.publish([&](const auto& gather) { writer_.between([&](store::Store&) { gather(); }); });
        for (const std::string& fingerprint : unpublished_) claims_.finish(fingerprint);
        unpublished_.clear();
        tell(stop_ ? "stopping" : "working");
    }

    void note(const std::string& what) {
        if (std::find(record_.notes.begin(), record_.notes.end(), what) == record_.notes.end())
            record_.notes.push_back(what);
    }

    void tell(const char* state) {
        record_.state = state;
        ++record_.beat;
        record_.published = publisher_.count();
        record_.running = observer_.running();
        write_json_quickly(folder_.attempt(attempt_) / "worker.json", to_json(record_));
    }

    const RunFolder& folder_;
    const Attempt attempt_;
    const RunPlan& plan_;
    WorkerRecord record_;  ///< of the thread, and after it of finish()
    Publisher& publisher_;
    store::Writer& writer_;
    const Claims& claims_;
    WorkerObserver& observer_;
    std::atomic<bool>& stop_;
    std::vector<std::string> unpublished_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool ending_ = false;
    std::thread thread_;
};

sweep::Settings settings_of(const RunPlan& plan, const fs::path& database, const std::vector<std::string>& isolation) {
    sweep::Settings settings;
    settings.database = database;
    settings.jobs = plan.jobs;
    settings.isolate = plan.isolate;
    settings.remeasure = plan.remeasure;
    settings.retry_failed = true;  // which of them, the launcher has decided
    settings.fail_fast = plan.fail_fast;
    settings.worker = isolation;
    return settings;
}

/// What earlier attempts at this task have crashed with.
std::vector<sweep::Crash> crashes_before(const RunFolder& folder, const Attempt& attempt) {
    std::vector<sweep::Crash> all;
    for (const Attempt& one : folder.attempts_at(attempt.task)) {
        if (one.number >= attempt.number) continue;
        const auto crashes = sweep::take_crashes(folder.attempt(one) / "shard.db");
        all.insert(all.end(), crashes.begin(), crashes.end());
    }
    return all;
}

Size trials_at_once(const RunPlan& plan) {
    if (plan.largest <= 0) return plan.jobs;
    const double fit = sweep::memory_limit() / plan.largest;
    if (fit < 1)
        throw Error({sweep::host_name(), "too little memory for the largest trial of the run",
                     sweep::memory_text(plan.largest), "ask for more, as in -- --mem=16G, or for other nodes"});
    return std::min<Size>(plan.jobs, static_cast<Size>(std::min(fit, 1e6)));
}

}  // namespace

bool work(const RunFolder& folder, const Attempt& attempt, const std::string& job, const fs::path& scratch,
          const plugins::Catalog& catalog, manifest::DatasetCache& datasets, const std::vector<std::string>& isolation,
          std::atomic<bool>& stop) {
    const RunPlan plan = folder.plan();
    const Size at_once = trials_at_once(plan);
    const fs::path database = scratch / "shard.db", own = folder.attempt(attempt);
    std::vector<sweep::Crash> crashes = crashes_before(folder, attempt);
    store::Store store(database, store::Store::Mode::write);
    Claims claims(folder, attempt);
    WorkerObserver observer(own);
    Publisher publisher(database, own);
    WorkerRecord record;
    record.host = sweep::host_name();
    record.job = job;
    record.pid = static_cast<Size>(::getpid());
    record.kernel_set = kernel_set();
    record.build = plan.build;
    sweep::Summary summary;
    std::exception_ptr failure;
    {
        const sweep::CrashWatch watch(own / "shard.db");
        store::Writer writer(store);
        Herald herald(folder, attempt, plan, std::move(record), publisher, writer, claims, observer, stop);
        ClaimingScheduler scheduler(folder, claims, plan, catalog, datasets, settings_of(plan, database, isolation),
                                    std::move(crashes), writer, observer, stop);
        sweep::LocalExecutor threads(catalog, datasets, plan.jobs);
        sweep::IsolatedExecutor executor(threads, isolation);
        sweep::execute(scheduler.agenda(), scheduler, executor, writer, observer, at_once, plan.fail_fast, stop,
                       summary);
        failure = scheduler.failure();
        herald.finish();
    }
    store.close();
    if (plan.fail_fast && summary.failed) write_json(folder.stop_file(), object({{"why", "a trial has failed"}}));
    if (failure) std::rethrow_exception(failure);
    if (!summary.problem.empty())
        throw base::TransientError({database, summary.problem, "a disk that takes results",
                                    "free some space there, or name another folder in TMPDIR"});
    return !is_over_for(folder, attempt) && claims.is_work_left();
}

}  // namespace unroll::launch
