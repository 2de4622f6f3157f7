// A run folder.
#include "launch/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "launch/json_file.h"
#include "unroll/error.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t format = 1;

fs::path plan_file(const fs::path& root) {
    return root / "plan.json";
}

std::optional<Size> whole(std::string_view text) {
    Size value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

}  // namespace

std::string Attempt::name() const {
    return fmt::format("{}.{}", task, number);
}

std::optional<Attempt> parse_attempt(const std::string& name) {
    const std::string_view text = name;
    const auto dot = text.find('.');
    if (dot == text.npos) return std::nullopt;
    const auto task = whole(text.substr(0, dot)), number = whole(text.substr(dot + 1));
    if (!task || !number) return std::nullopt;
    return Attempt{*task, *number};
}

void RunFolder::make() const {
    for (const fs::path& folder :
         {todo(), claimed(), done(), failed(), attempts(), jobs(), logs(), checks(), seeds()}) {
        std::error_code error;
        fs::create_directories(folder, error);
        if (error)
            throw Error({folder, fmt::format("cannot be made: {}", error.message()),
                         "a folder that you may write in, on a file system that all nodes see",
                         "name another folder with --run-folder"});
    }
}

void RunFolder::write(const RunPlan& plan) const {
    write_json(plan_file(root_),
               object({{"format", format},
                       {"name", plan.name},
                       {"launcher", plan.launcher},
                       {"program", plan.program.string()},
                       {"build", plan.build},
                       {"plugin_paths", json::Array(plan.plugin_paths.begin(), plan.plugin_paths.end())},
                       {"kernel_set", plan.kernel_set},
                       {"jobs", plan.jobs},
                       {"tasks", plan.tasks},
                       {"largest", plan.largest},
                       {"beat", plan.beat},
                       {"isolate", plan.isolate},
                       {"remeasure", plan.remeasure},
                       {"retry_failed", plan.retry_failed},
                       {"fail_fast", plan.fail_fast},
                       {"examples", json::Array(plan.examples.begin(), plan.examples.end())}}));
}

bool RunFolder::has_plan() const {
    std::error_code ignored;
    return fs::exists(plan_file(root_), ignored);
}

RunPlan RunFolder::plan() const {
    const auto found = read_json(plan_file(root_));
    if (!found)
        throw Error({root_, "no plan.json that can be read", "the folder of a run",
                     "give the folder that 'unroll run MANIFEST --launcher …' has named"});
    if (count_of(*found, "format") != Size(format))
        throw Error({plan_file(root_), fmt::format("format {}", count_of(*found, "format")),
                     fmt::format("format {}, which this version of unroll reads", format),
                     "use the version of unroll that began the run"});
    RunPlan plan;
    plan.name = text_of(*found, "name");
    plan.launcher = text_of(*found, "launcher");
    plan.program = text_of(*found, "program");
    plan.build = text_of(*found, "build");
    plan.plugin_paths = texts_of(*found, "plugin_paths");
    plan.kernel_set = text_of(*found, "kernel_set");
    plan.jobs = std::max<Size>(1, count_of(*found, "jobs"));
    plan.tasks = count_of(*found, "tasks");
    plan.largest = number_of(*found, "largest");
    plan.beat = std::max(0.1, number_of(*found, "beat"));
    plan.isolate = flag_of(*found, "isolate");
    plan.remeasure = flag_of(*found, "remeasure");
    plan.retry_failed = flag_of(*found, "retry_failed");
    plan.fail_fast = flag_of(*found, "fail_fast");
    plan.examples = list_of(*found, "examples");
    return plan;
}

Attempt RunFolder::begin_attempt(Size task) const {
    Attempt next{task, 0};
    for (const Attempt& one : attempts_at(task)) next.number = one.number + 1;
    for (;; ++next.number) {
        std::error_code error;
        if (fs::create_directory(attempt(next), error)) return next;
        if (error)
            throw Error({attempt(next), fmt::format("cannot be made: {}", error.message()), "the folder of a run",
                         "see whether this machine may write there"});
    }
}

std::vector<Attempt> RunFolder::all_attempts() const {
    std::vector<Attempt> all;
    for (const std::string& name : names_in(attempts()))
        if (const auto one = parse_attempt(name)) all.push_back(*one);
    std::sort(all.begin(), all.end());
    return all;
}

std::vector<Attempt> RunFolder::attempts_at(Size task) const {
    std::vector<Attempt> all = all_attempts();
    std::erase_if(all, [&](const Attempt& one) { return one.task != task; });
    return all;
}

std::optional<json::Value> RunFolder::end_of(const Attempt& attempt) const {
    return read_json(this->attempt(attempt) / "end.json");
}

bool RunFolder::ended_orderly(const Attempt& attempt) const {
    const auto end = end_of(attempt);
    return end && flag_of(*end, "orderly");
}

fs::path default_run_folder(const fs::path& database, const std::string& name) {
    fs::path folder = fs::absolute(database).lexically_normal();
    folder += ".runs";
    return folder / name;
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        names.push_back(entry->path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace unroll::launch
