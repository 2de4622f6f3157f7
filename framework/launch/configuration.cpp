// What a user wants of a scheduler without saying it each time.
#include "launch/configuration.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/files.h"
#include "base/nearest.h"
#include "base/special_files.h"
#include "json/parse.h"
#include "launch/json_file.h"
#include "unroll/error.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

struct Default {
    std::string_view key;
    const char* option;    ///< of sbatch
    const char* variable;  ///< that sbatch reads itself
};

constexpr Default defaults[] = {{"partition", "--partition", "SBATCH_PARTITION"},
                                {"account", "--account", "SBATCH_ACCOUNT"},
                                {"qos", "--qos", "SBATCH_QOS"},
                                {"time", "--time", "SBATCH_TIMELIMIT"}};

const std::vector<std::string> all_keys{"partition",     "account",       "qos",         "time",
                                        "cpus_per_task", "nodes_at_most", "run_folders", "options"};

fs::path named(const char* variable) {
    const char* value = std::getenv(variable);
    return value ? value : "";
}

bool is_set(const char* variable) {
    const char* value = std::getenv(variable);
    return value && *value;
}

[[noreturn]] void refuse(const fs::path& file, const json::Member& member, const std::string& expected) {
    throw Error({fmt::format("{}:{}: {}", file.string(), member.at.line, member.key), "another kind of value", expected,
                 "correct it, or take it out"});
}

Size count_in(const fs::path& file, const json::Member& member) {
    if (!member.value.integer() || *member.value.integer() < 1) refuse(file, member, "a whole number from 1");
    return static_cast<Size>(*member.value.integer());
}

const std::string& text_in(const fs::path& file, const json::Member& member) {
    if (!member.value.text()) refuse(file, member, "a text");
    return *member.value.text();
}

void read(const fs::path& file, const json::Member& member, Configuration& found) {
    for (const Default& each : defaults) {
        if (member.key != each.key) continue;
        const std::string& value = text_in(file, member);
        if (is_set(each.variable)) return;
        if (each.key == "time")
            found.time = value;
        else
            found.options.push_back(fmt::format("{}={}", each.option, value));
        return;
    }
    if (member.key == "cpus_per_task") {
        found.cpus = count_in(file, member);
    } else if (member.key == "nodes_at_most") {
        found.nodes_at_most = count_in(file, member);
    } else if (member.key == "run_folders") {
        found.run_folders = text_in(file, member);
    } else if (member.key == "options") {
        if (!member.value.array()) refuse(file, member, "a list of options for sbatch, as in [\"--mem=4G\"]");
        for (const json::Value& option : *member.value.array()) {
            if (!option.text()) refuse(file, member, "a list of options for sbatch, as in [\"--mem=4G\"]");
            found.options.push_back(*option.text());
        }
    } else {
        const std::string near = base::nearest(member.key, all_keys);
        throw Error({fmt::format("{}:{}", file.string(), member.at.line), fmt::format("unknown key \"{}\"", member.key),
                     "partition, account, qos, time, cpus_per_task, nodes_at_most, run_folders or options",
                     near.empty() ? "correct it, or take it out" : base::did_you_mean(near)});
    }
}

}  // namespace

fs::path configuration_folder() {
    if (const fs::path folder = named("XDG_CONFIG_HOME"); folder.is_absolute()) return folder / "unroll";
    if (const fs::path home = named("HOME"); home.is_absolute()) return home / ".config" / "unroll";
    return {};
}

Configuration slurm_configuration() {
    Configuration found;
    const fs::path folder = configuration_folder(), file = folder / "slurm.json";
    std::error_code ignored;
    if (folder.empty() || !fs::exists(file, ignored)) return found;
    constexpr std::uint64_t most = 1 << 20;  // bytes
    base::Diagnostics diagnostics;
    const auto value = json::parse(base::read_file(file, "a configuration file", most), file.string(), diagnostics);
    diagnostics.raise();
    if (!value || !value->object())
        throw Error({file, "no object", "an object of defaults, as in {\"partition\": \"main\"}", "correct the file"});
    for (const json::Member& member : *value->object()) read(file, member, found);
    return found;
}

}  // namespace unroll::launch
