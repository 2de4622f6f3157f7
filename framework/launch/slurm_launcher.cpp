// Tasks as a job array of Slurm. What it relies on was measured with Slurm 22.05 (docs/cluster.md): it asks for nothing
// that needs accounting, and believes what workers write rather than what the controller remembers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include "base/files.h"
#include "base/text.h"
#include "launch/command.h"
#include "launch/json_file.h"
#include "launch/launcher.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

constexpr auto patience = std::chrono::seconds(30);
constexpr Size most_nodes_checked = 8;
/// Of an enclosing job: sbatch would take them for what is asked for.
const std::vector<std::string> of_other_jobs{"SLURM_*", "SLURMD_*"};

std::string trimmed(std::string text) {
    while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != std::string_view::npos) text.pop_back();
    const auto begin = text.find_first_not_of(" \t\r\n");
    return begin == text.npos ? "" : text.substr(begin);
}

/// 'a word', for a shell.
std::string quoted(const std::string& word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    return text + "'";
}

std::string shell_line(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + quoted(word);
    return line;
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// By this the queue is asked for a run's jobs: an id that is forgotten is an error, a name is not.
std::string job_name(const RunFolder& folder) {
    std::string name = folder.root().filename().string();
    for (char& c : name)
        if (c <= ' ' || c == ',' || c == '%') c = '_';
    return fmt::format("unroll-{}-{}", name.substr(0, 40), sha256(folder.root().string()).substr(0, 8));
}

[[noreturn]] void refuse_missing(const std::string& program) {
    throw Error({"--launcher slurm", fmt::format("no program {} in PATH", program), "the commands of Slurm",
                 "run this on a login node of the cluster, or load its module first; --launcher local needs none"});
}

/// "1001" of "MaxArraySize = 1001" in what `scontrol show config` says.
Size setting(const std::string& config, std::string_view name, Size otherwise) {
    for (const std::string& line : base::split(config, '\n')) {
        if (!line.starts_with(name)) continue;
        const auto equals = line.find('=');
        if (equals == line.npos) continue;
        const std::string value = trimmed(line.substr(equals + 1));
        Size number = 0;
        if (std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc()) return number;
    }
    return otherwise;
}

/// Seconds of a limit in Slurm's forms: minutes, minutes:seconds, hours:minutes:seconds, days-hours and the like. 0 for
/// another text, as UNLIMITED.
double seconds_of(const std::string& limit) {
    double days = 0;
    std::string rest = limit;
    const auto dash = limit.find('-');
    std::vector<double> parts;
    try {
        if (dash != limit.npos) {
            days = std::stod(limit.substr(0, dash));
            rest = limit.substr(dash + 1);
        }
        for (const std::string& part : base::split(rest, ':')) parts.push_back(std::stod(part));
    } catch (const std::exception&) {
        return 0;
    }
    parts.resize(3, 0);
    const bool from_hours = dash != limit.npos || std::count(rest.begin(), rest.end(), ':') == 2;
    return days * 86400 + (from_hours ? parts[0] * 3600 + parts[1] * 60 + parts[2] : parts[0] * 60 + parts[1]);
}

/// How long before the limit a task is warned: time for a step, a checkpoint and its copy. Slurm may be up to a minute
/// early by itself.
int warning_seconds(const std::string& time) {
    const double limit = seconds_of(time);
    return limit > 0 ? static_cast<int>(std::clamp(limit / 10, 10.0, 120.0)) : 60;
}

/// One line of `squeue`.
struct Line {
    std::string job, index, state, reason;
};

/// Of a job that Slurm has not looked at yet it says "None".
std::string reason_in(const std::string& told) {
    return told == "None" ? "" : told;
}

class SlurmLauncher final : public Launcher {
public:
    void require() const override {
        const CommandResult result = run_command({"sbatch", "--version"}, patience);
        if (!result.found) refuse_missing("sbatch");
    }

    void submit(const RunFolder& folder, const Request& request) override {
        const RunPlan plan = folder.plan();
        const CommandResult config = run_command({"scontrol", "show", "config"}, patience);
        if (!config.found) refuse_missing("scontrol");
        const Size most = std::max<Size>(1, setting(config.out, "MaxArraySize", 1001));  // of the index, from 0
        std::vector<std::string> jobs;
        try {
            jobs.push_back(submit_check(folder, plan, request));
            note(folder, jobs.back(), request.first, 0, true);
            for (Size first = request.first; first < request.first + request.tasks; first += most) {
                const Size tasks = std::min(most, request.first + request.tasks - first);
                const std::string check = jobs.front();
                jobs.push_back(submit_array(folder, plan, request, first, tasks, check));
                note(folder, jobs.back(), first, tasks, false);
            }
        } catch (...) {
            for (const std::string& job : jobs) {
                run_command({"scancel", job}, patience);
                std::error_code ignored;
                fs::remove(job_file(folder, job), ignored);
            }
            throw;
        }
    }

    std::optional<Queue> queue(const RunFolder& folder) override {
        const CommandResult result = run_command(
            {"squeue", "--noheader", "--array", "--name", job_name(folder), "--format", "%F|%K|%T|%r"}, patience);
        if (!result.found) refuse_missing("squeue");
        if (result.code != 0) return std::nullopt;
        std::map<std::string, json::Value> jobs;
        for (const std::string& name : names_in(folder.jobs()))
            if (auto job = read_json(folder.jobs() / name); job && text_of(*job, "launcher") == "slurm")
                jobs.emplace(text_of(*job, "id"), *job);
        Queue found;
        for (const std::string& text : base::split(result.out, '\n')) {
            const std::vector<std::string> parts = base::split(trimmed(text), '|');
            if (parts.size() < 4) continue;
            const auto job = jobs.find(parts[0]);
            if (job == jobs.end()) continue;
            const bool runs = parts[2] != "PENDING" && parts[2] != "REQUEUED" && parts[2] != "REQUEUE_HOLD";
            if (flag_of(job->second, "check")) {
                found.checks = true;
                if (!runs) found.check_reason = reason_in(parts[3]);
                continue;
            }
            Size index = 0;
            std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), index);
            found.tasks.push_back({count_of(job->second, "first") + index, runs, runs ? "" : reason_in(parts[3])});
        }
        return found;
    }

    void cancel(const RunFolder& folder) override {
        const CommandResult result = run_command({"scancel", "--name", job_name(folder)}, patience);
        if (!result.found) refuse_missing("scancel");
        if (result.code != 0)
            throw Error(
                {"scancel", trimmed(result.err), "a cancelled run",
                 "try again when the controller answers; the workers end by themselves, as the folder says so"});
    }

    std::string job() const override {
        const std::string array = variable("SLURM_ARRAY_JOB_ID"), index = variable("SLURM_ARRAY_TASK_ID");
        return array.empty() ? variable("SLURM_JOB_ID") : array + "_" + index;
    }

    bool comes_again(Ending ending) override {
        const std::string id = job();
        if (id.empty()) return false;
        if (ending == Ending::terminated && !is_out_of_time()) return false;
        return run_command({"scontrol", "requeue", id}, patience).code == 0;
    }

private:
    static fs::path job_file(const RunFolder& folder, const std::string& id) {
        return folder.jobs() / fmt::format("slurm-{}.json", id);
    }

    static void note(const RunFolder& folder, const std::string& id, Size first, Size tasks, bool check) {
        write_json(job_file(folder, id), object({{"launcher", "slurm"},
                                                 {"id", id},
                                                 {"first", first},
                                                 {"tasks", tasks},
                                                 {"check", check},
                                                 {"submitted", now_text()}}));
    }

    /// The batch script becomes the worker: signals for the script are signals for it.
    static fs::path script(const RunFolder& folder, const std::string& name, const std::string& lines) {
        fs::path file = folder.jobs() / name;
        base::AtomicFile out(file);
        out.write("#!/bin/bash\n# Written by 'unroll run --launcher slurm'; docs/cluster.md.\n" + lines);
        out.commit();
        return file;
    }

    static std::string submit_script(std::vector<std::string> options, const Request& request, const fs::path& file) {
        std::vector<std::string> words{"sbatch", "--parsable"};
        words.insert(words.end(), request.defaults.begin(), request.defaults.end());
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), request.options.begin(), request.options.end());
        words.push_back(file.string());
        const CommandResult result = run_command(words, patience, of_other_jobs);
        if (!result.found) refuse_missing("sbatch");
        if (result.code != 0)
            throw Error({"sbatch",
                         result.overdue ? "no answer in 30 s" : trimmed(result.err.empty() ? result.out : result.err),
                         "a job that Slurm takes",
                         "correct the options behind --, in slurm.json of the configuration folder, or in SBATCH_* "
                         "variables; nothing was submitted"});
        const std::string id = trimmed(result.out);
        return id.substr(0, id.find(';'));  // a cluster's name may stand behind it
    }

    static std::string submit_check(const RunFolder& folder, const RunPlan& plan, const Request& request) {
        const std::string command = shell_line(check_command(folder, plan, request.first));
        // On this node first, by itself: where several cannot be reached by srun, one is better than none.
        const fs::path file = script(folder, fmt::format("check-{:05}.sh", request.first),
                                     command +
                                         " || exit 1\n"
                                         "if ((${SLURM_NNODES:-1} > 1)); then\n"
                                         "    srun --ntasks=\"$SLURM_NNODES\" --ntasks-per-node=1 " +
                                         command + " || [[ $? != 1 ]]\nfi\n");
        const Size nodes = std::min(request.tasks, most_nodes_checked);
        std::vector<std::string> options{
            "--job-name=" + job_name(folder), nodes > 1 ? fmt::format("--nodes=1-{}", nodes) : "--nodes=1", "--time=10",
            "--output=" + (folder.logs() / "check-%j.log").string(), "--chdir=" + folder.root().string()};
        return submit_script(std::move(options), request, file);
    }

    static std::string submit_array(const RunFolder& folder, const RunPlan& plan, const Request& request, Size first,
                                    Size tasks, const std::string& check) {
        std::string command = shell_line(task_command(folder, plan, ""));
        command.resize(command.size() - 2);  // the task's number is not a word yet
        const fs::path file = script(folder, fmt::format("tasks-{:05}.sh", first),
                                     fmt::format("exec {}$(({} + SLURM_ARRAY_TASK_ID))\n", command, first));
        std::vector<std::string> options{"--job-name=" + job_name(folder),
                                         fmt::format("--array=0-{}", tasks - 1),
                                         "--nodes=1",
                                         "--ntasks=1",
                                         fmt::format("--cpus-per-task={}", request.cpus),
                                         fmt::format("--signal=B:USR1@{}", warning_seconds(request.time)),
                                         "--requeue",
                                         "--open-mode=append",
                                         "--output=" + (folder.logs() / "%A_%a.log").string(),
                                         "--chdir=" + folder.root().string(),
                                         "--dependency=afterok:" + check,
                                         "--kill-on-invalid-dep=yes"};
        if (!request.time.empty()) options.push_back("--time=" + request.time);
        return submit_script(std::move(options), request, file);
    }

    /// SIGTERM also comes from scancel, which wants no other start, and from pre-emption, after which Slurm starts the
    /// job again by itself; after a time limit it does not.
    bool is_out_of_time() const {
        const CommandResult result =
            run_command({"squeue", "--noheader", "--states=all", "--job", job(), "--format", "%T|%L"}, patience);
        const std::vector<std::string> parts = base::split(trimmed(result.out), '|');
        return result.code == 0 && parts.size() == 2 &&
               (parts[0] == "TIMEOUT" || parts[1] == "0:00" || parts[1] == "INVALID" || parts[1].starts_with("-"));
    }
};

}  // namespace

std::unique_ptr<Launcher> make_slurm_launcher() {
    return std::make_unique<SlurmLauncher>();
}

}  // namespace unroll::launch
