// What a machine that runs tasks can do and has.
#include "launch/node.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/transient.h"
#include "kernels/usable.h"
#include "launch/json_file.h"
#include "launch/work.h"
#include "plugins/loader.h"
#include "sweep/build_id.h"
#include "sweep/host.h"
#include "unroll/error.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

fs::path round_folder(const RunFolder& folder, Size round) {
    return folder.checks() / fmt::format("{:05}", round);
}

/// Those of the processor; where UNROLL_SIMD names one, none better than that.
std::vector<std::string> sets_here() {
    std::vector<std::string> sets = usable_kernel_sets();
    if (const char* most = std::getenv("UNROLL_SIMD"); most && *most)
        if (const auto found = std::find(sets.begin(), sets.end(), most); found != sets.end())
            sets.erase(sets.begin(), found);
    return sets;
}

/// Each dataset and each build once: what is wrong is thrown.
void try_examples(const RunPlan& plan) {
    const plugins::Catalog catalog =
        plugins::load(plugins::folders({plan.plugin_paths.begin(), plan.plugin_paths.end()}));
    manifest::DatasetCache datasets(catalog);
    for (const json::Value& example : plan.examples) {
        const Work work = work_from(example);
        const auto prepared = prepare(work, catalog, datasets);
        require_same_build(work, sweep::Builds(catalog).of(*prepared->workload.at(0).trial), plan);
    }
}

/// The sets that every machine has, the best first.
std::vector<std::string> common_sets(const RunFolder& folder) {
    std::vector<std::string> common;
    bool first = true;
    for (const std::string& round : names_in(folder.checks()))
        for (const std::string& host : names_in(folder.checks() / round)) {
            const auto record = read_json(folder.checks() / round / host);
            if (!record) continue;
            const std::vector<std::string> sets = texts_of(*record, "kernel_sets");
            if (first) common = sets;
            first = false;
            std::erase_if(
                common, [&](const std::string& one) { return std::find(sets.begin(), sets.end(), one) == sets.end(); });
        }
    return common;
}

}  // namespace

void require_same_build(const Work& work, const std::string& build, const RunPlan& plan) {
    if (without_kernel_set(build) == work.build) return;
    throw Error({plan.program,
                 fmt::format("build {} of program and plugins on {}", without_kernel_set(build), sweep::host_name()),
                 fmt::format("build {}, which has planned the run", work.build),
                 "install the same files on all nodes, or use the program from a shared file system"});
}

bool check_node(const RunFolder& folder, Size round) {
    const fs::path file = round_folder(folder, round) / (sweep::host_name() + ".json");
    const std::vector<std::string> sets = sets_here();
    std::string problem;
    try {
        const RunPlan plan = folder.plan();
        const std::string wanted = known_kernel_set(folder);
        if (!wanted.empty() && std::find(sets.begin(), sets.end(), wanted) == sets.end())
            throw Error(
                {fmt::format("the processor of {}", sweep::host_name()), fmt::format("no kernel set {}", wanted),
                 fmt::format("one of {}", fmt::join(sets, ", ")),
                 fmt::format("ask for one that all nodes have, as in --kernel-set {}, or for other nodes, as in "
                             "-- --constraint=FEATURE",
                             sets.front())});
        try_examples(plan);
    } catch (...) {
        problem = base::what_is(std::current_exception());
    }
    write_json(file, object({{"host", sweep::host_name()},
                             {"kernel_sets", json::Array(sets.begin(), sets.end())},
                             {"at", now_text()},
                             {"problem", problem}}));
    return problem.empty();
}

std::vector<std::string> problems_of_nodes(const RunFolder& folder, Size round) {
    std::vector<std::string> problems;
    for (const std::string& name : names_in(round_folder(folder, round)))
        if (const auto record = read_json(round_folder(folder, round) / name))
            if (const std::string problem = text_of(*record, "problem"); !problem.empty())
                problems.push_back(fmt::format("node {}: {}", text_of(*record, "host"), problem));
    return problems;
}

std::vector<std::string> checked_nodes(const RunFolder& folder, Size round) {
    std::vector<std::string> hosts;
    for (const std::string& name : names_in(round_folder(folder, round)))
        if (const auto record = read_json(round_folder(folder, round) / name))
            hosts.push_back(text_of(*record, "host"));
    return hosts;
}

std::string known_kernel_set(const RunFolder& folder) {
    if (folder.has_plan())
        if (std::string asked = folder.plan().kernel_set; !asked.empty()) return asked;
    const auto kept = read_json(folder.kernel_set_file());
    return kept ? text_of(*kept, "kernel_set") : "";
}

std::string kernel_set_of_run(const RunFolder& folder) {
    if (std::string known = known_kernel_set(folder); !known.empty()) return known;
    const std::vector<std::string> common = common_sets(folder);
    if (common.empty()) return "";
    // Whoever comes first decides for all: a link is made once.
    fs::path own = folder.kernel_set_file();
    own += fmt::format(".{}.{}", sweep::host_name(), ::getpid());
    write_json(own, object({{"kernel_set", common.front()}}));
    std::error_code ignored;
    fs::create_hard_link(own, folder.kernel_set_file(), ignored);
    if (ignored && !fs::exists(folder.kernel_set_file())) fs::rename(own, folder.kernel_set_file(), ignored);
    fs::remove(own, ignored);
    const auto kept = read_json(folder.kernel_set_file());
    return kept ? text_of(*kept, "kernel_set") : common.front();
}

void use_kernel_set(const RunFolder& folder) {
    const std::string wanted = kernel_set_of_run(folder);
    if (wanted.empty()) return;
    const std::vector<std::string> sets = sets_here();
    if (std::find(sets.begin(), sets.end(), wanted) == sets.end())
        throw Error({fmt::format("the processor of {}", sweep::host_name()), fmt::format("no kernel set {}", wanted),
                     fmt::format("one of {}", fmt::join(sets, ", ")),
                     "use nodes that have it, as with -- --constraint=FEATURE, or ask for another with --kernel-set"});
    ::setenv("UNROLL_SIMD", wanted.c_str(), 1);
}

}  // namespace unroll::launch
