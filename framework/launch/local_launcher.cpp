// Tasks as processes of this machine: for runs that outlive the terminal, and to see how a run folder works.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <system_error>

#include "launch/command.h"
#include "launch/json_file.h"
#include "launch/launcher.h"
#include "launch/node.h"
#include "sweep/host.h"
#include "unroll/error.h"

namespace unroll::launch {

namespace {

struct Job {
    Size task = 0;
    pid_t process = 0;
    unsigned long long tick = 0;
};

std::vector<Job> living(const RunFolder& folder) {
    std::vector<Job> jobs;
    for (const std::string& name : names_in(folder.jobs())) {
        const auto job = read_json(folder.jobs() / name);
        if (!job || text_of(*job, "launcher") != "local" || text_of(*job, "host") != sweep::host_name()) continue;
        const auto process = static_cast<pid_t>(count_of(*job, "pid"));
        ::waitpid(process, nullptr, WNOHANG);  // when it is a child of this one
        const unsigned long long tick = start_tick(process);
        if (tick && tick == count_of(*job, "tick")) jobs.push_back({count_of(*job, "first"), process, tick});
    }
    return jobs;
}

class LocalLauncher final : public Launcher {
public:
    void require() const override {}

    void submit(const RunFolder& folder, const Request& request) override {
        if (!request.options.empty())
            throw Error({"command line", fmt::format("'{}' behind --", request.options.front()), "nothing there",
                         "--launcher local has no scheduler to hand it to"});
        if (!check_node(folder, request.first))
            throw Error({"this machine", problems_of_nodes(folder, request.first).at(0), "", ""});
        const RunPlan plan = folder.plan();
        for (Size task = request.first; task < request.first + request.tasks; ++task) try {
                const pid_t process = start_detached(task_command(folder, plan, std::to_string(task)),
                                                     folder.logs() / fmt::format("local.{}.log", task));
                write_json(folder.jobs() / fmt::format("local-{:05}.json", task),
                           object({{"launcher", "local"},
                                   {"host", sweep::host_name()},
                                   {"pid", Size(process)},
                                   {"tick", Size(start_tick(process))},
                                   {"first", task},
                                   {"tasks", Size{1}},
                                   {"submitted", now_text()}}));
            } catch (const std::system_error& error) {
                throw Error({plan.program, fmt::format("cannot be started: {}", error.code().message()), "a process",
                             "ask for fewer with --nodes-at-most"});
            }
    }

    std::optional<Queue> queue(const RunFolder& folder) override {
        Queue found;
        for (const Job& job : living(folder)) found.tasks.push_back({job.task, true, ""});
        return found;
    }

    void cancel(const RunFolder& folder) override {
        for (const Job& job : living(folder)) ::kill(job.process, SIGTERM);
    }
};

}  // namespace

std::unique_ptr<Launcher> make_local_launcher() {
    return std::make_unique<LocalLauncher>();
}

}  // namespace unroll::launch
