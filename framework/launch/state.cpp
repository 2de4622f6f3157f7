// How a run is.
#include "launch/state.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "launch/claims.h"
#include "launch/json_file.h"
#include "launch/node.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

double seconds_since(const fs::path& file) {
    std::error_code error;
    const auto written = fs::last_write_time(file, error);
    if (error) return 0;
    return std::max(0.0, std::chrono::duration<double>(fs::file_time_type::clock::now() - written).count());
}

TaskReport report_of(const RunFolder& folder, Size task, const std::map<Size, TaskState>& queue, bool answers) {
    TaskReport report;
    report.task = task;
    const std::vector<Attempt> attempts = folder.attempts_at(task);
    report.attempts = attempts.size();
    const auto queued = queue.find(task);
    if (queued != queue.end()) {
        report.state = queued->second.runs ? "runs" : "waits";
        report.reason = queued->second.reason;
    } else {
        report.state = answers ? "gone" : "unknown";
    }
    if (attempts.empty()) return report;
    const fs::path own = folder.attempt(attempts.back());
    if (const auto record = read_json(own / "worker.json")) {
        const WorkerRecord worker = worker_record_from(*record);
        report.host = worker.host;
        report.job = worker.job;
        if (report.state == "runs") report.running = worker.running;
        report.silent = seconds_since(own / "worker.json");
    }
    if (const auto end = folder.end_of(attempts.back())) {
        report.running.clear();
        if (queued == queue.end()) report.state = flag_of(*end, "orderly") ? "ended" : "failed";
    }
    if (const auto problem = read_json(own / "problem.json")) report.reason = text_of(*problem, "problem");
    return report;
}

}  // namespace

RunState state_of(const RunFolder& folder, Launcher& launcher) {
    RunState state;
    state.plan = folder.plan();
    const auto queue = launcher.queue(folder);
    state.answers = queue.has_value();
    std::map<Size, TaskState> tasks;
    if (queue)
        for (const TaskState& task : queue->tasks) tasks.emplace(task.task, task);
    const auto claimed = claim_files(folder.claimed()), done = claim_files(folder.done());
    const auto waiting = offered(folder);
    state.waiting = waiting.size();
    state.begun = claimed.size();
    state.done = done.size();
    state.given_up = claim_files(folder.failed()).size();
    state.kernel_set = known_kernel_set(folder);
    for (const std::string& round : names_in(folder.checks()))
        if (const auto number = parse_attempt(round + ".0"))
            for (const std::string& problem : problems_of_nodes(folder, number->task))
                state.problems.push_back(problem);
    std::map<Size, Size> ended, offered_to;
    for (const ClaimFile& file : done) ++ended[file.attempt.task];
    for (const auto& [fingerprint, path] : waiting)
        if (const auto task = parse_attempt(path.parent_path().filename().string() + ".0")) ++offered_to[task->task];
    for (Size task = 0; task < state.plan.tasks; ++task) {
        TaskReport report = report_of(folder, task, tasks, state.answers);
        report.ended = ended[task];
        report.waiting_trials = offered_to[task];
        state.tasks.push_back(std::move(report));
    }
    return state;
}

std::string label_of(const RunFolder& folder, const std::string& fingerprint) {
    for (const fs::path& where : {folder.claimed(), folder.done(), folder.failed()})
        for (const ClaimFile& file : claim_files(where)) {
            if (file.fingerprint != fingerprint) continue;
            if (const auto content = read_json(where / file.name)) return text_of(*content, "label");
        }
    return fingerprint.substr(0, 12);
}

}  // namespace unroll::launch
