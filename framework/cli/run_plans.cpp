// The plans of a run: the names that their experiments have in the store, and what they change there.
#include "cli/run_plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "cli/byte_size.h"
#include "cli/confirm.h"
#include "cli/message.h"
#include "json/parse.h"
#include "json/write.h"
#include "store/change.h"
#include "store/upkeep.h"
#include "sweep/workload.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t digits_of_patch = 4;

/// The manifest's name, marked by what --set changes in whatever order. One that sets the name has said it.
std::string marked_name(const std::string& name, const std::vector<manifest::Override>& overrides) {
    std::vector<std::string> lines;
    for (const manifest::Override& each : overrides) {
        if (each.path == "name") return name;
        const auto value = json::try_parse(each.json);
        lines.push_back(fmt::format("{}={}\n", each.path, value ? json::dump(*value) : each.json));
    }
    std::sort(lines.begin(), lines.end());
    return fmt::format("{}+{}", name, sha256(fmt::format("{}", fmt::join(lines, ""))).substr(0, digits_of_patch));
}

/// "1, 2, 3, 4, 5, …"
std::string listed(const std::vector<store::Id>& trials) {
    constexpr std::size_t most = 5;
    const std::vector<store::Id> shown(trials.begin(), trials.begin() + std::ptrdiff_t(std::min(most, trials.size())));
    return fmt::format("{}{}", fmt::join(shown, ", "), trials.size() > most ? ", …" : "");
}

/// Whether the experiment was made from another manifest, which is still there.
bool is_of_another(const store::ExperimentChange& change, const fs::path& file) {
    std::error_code ignored;
    return change.exists && !change.same_manifest && !change.manifest_file.empty() &&
           fs::exists(change.manifest_file, ignored) && !fs::equivalent(change.manifest_file, file, ignored);
}

bool may_take_over(const Arguments& arguments, const manifest::Plan& plan, const store::ExperimentChange& change) {
    if (arguments.get<bool>("yes")) return true;
    const std::string file = plan.file.lexically_proximate(fs::current_path()).string();
    if (can_ask())
        return confirmed(arguments,
                         fmt::format("experiment '{}' is that of {}; let {} take its place? {} of its trials {} not in "
                                     "it; they stay in the store",
                                     plan.name, change.manifest_file.string(), file, change.leaving.size(),
                                     change.leaving.size() == 1 ? "is" : "are"));
    throw Error(
        {fmt::format("{}: name", file),
         fmt::format("'{}', an experiment that {} has from {}", plan.name, arguments.database.string(),
                     change.manifest_file.string()),
         "one manifest for an experiment",
         fmt::format("run it under another name with --as NAME, change \"name\" in one of the two manifests, or "
                     "repeat the command with --yes to let this one take its place ({} would leave the "
                     "experiment; their results stay in the store)",
                     base::count_of(change.leaving.size(), "trial"))});
}

void tell_leaving(const manifest::Plan& plan, const store::ExperimentChange& change) {
    if (change.leaving.empty()) return;
    const bool one = change.leaving.size() == 1;
    message(
        "note: {} of experiment '{}' {} not in this manifest and {} it (trial {}); the results stay in the "
        "store and come back with the settings\n",
        base::count_of(change.leaving.size(), "trial"), plan.name, one ? "is" : "are", one ? "leaves" : "leave",
        listed(change.leaving));
}

void tell_fresh(store::Store& store, const std::vector<manifest::Plan>& plans) {
    std::vector<std::string> fingerprints, names;
    for (const manifest::Plan& plan : plans) {
        names.push_back(plan.name);
        for (const manifest::PlannedTrial& planned : plan.trials) fingerprints.push_back(planned.trial.fingerprint);
    }
    std::sort(fingerprints.begin(), fingerprints.end());
    fingerprints.erase(std::unique(fingerprints.begin(), fingerprints.end()), fingerprints.end());
    const store::Holdings held = store::holdings_of(store, fingerprints, names);
    if (held.trials == 0) return;
    const auto counted = [](std::int64_t number, const char* noun) {
        return base::count_of(std::uint64_t(number), noun);
    };
    message(
        "note: --fresh replaces the results of {} ({} finished) with {} and {} ({}), each when it has been "
        "trained again; until then the old ones stay\n",
        counted(held.trials, "trial"), held.finished, counted(held.samples, "sample"),
        counted(held.checkpoints, "checkpoint"), byte_size(double(held.bytes)));
    if (held.shared)
        message(
            "note: {} of them, with {}, {} {} as well: what only that asks for is made again when it runs "
            "next\n",
            held.shared, counted(held.shared_samples, "sample"), fmt::join(held.others, ", "),
            held.others.size() == 1 ? "has" : "have");
}

}  // namespace

void name_as(manifest::Plan& plan, const std::string& name) {
    plan.alias = plan.name;
    plan.name = name;
    store::check_name(name);
}

std::vector<manifest::Plan> plans_to_run(const Arguments& arguments, Session& session) {
    const auto overrides = overrides_of(arguments);
    const Words files = arguments.list("manifest");
    if (arguments.has("as") && files.size() > 1)
        throw Error({"--as", fmt::format("one name for {} manifests", files.size()), "a single manifest",
                     "run them one by one"});
    std::vector<manifest::Plan> plans;
    std::map<std::string, std::string> names;  // files by the experiment's name, as the store tells names apart
    for (const std::string& file : files) {
        manifest::Plan& plan = plans.emplace_back(session.plan(file, overrides));
        if (arguments.has("as"))
            name_as(plan, arguments.get<std::string>("as"));
        else if (!overrides.empty())
            name_as(plan, marked_name(plan.name, overrides));
        if (const auto [other, is_new] = names.emplace(base::lower(plan.name), file); !is_new)
            throw Error({fmt::format("{}: name", file),
                         fmt::format("'{}', also the name in {}", plan.name, other->second),
                         "a different name in each manifest (case does not count)",
                         "rename one of them, or run one of them by itself with --as NAME"});
    }
    return plans;
}

bool changes_accepted(const Arguments& arguments, const std::vector<manifest::Plan>& plans) {
    std::error_code ignored;
    if (!fs::exists(arguments.database, ignored)) return true;
    store::Upkeep upkeep(arguments.database);  // a store of an earlier version is brought up to date
    store::Store& store = upkeep.store();
    for (const manifest::Plan& plan : plans) {
        const auto change = store::change_of(store, sweep::experiment_row(plan), sweep::memberships(plan));
        if (is_of_another(change, plan.file) && !may_take_over(arguments, plan, change)) return false;
        tell_leaving(plan, change);
    }
    if (arguments.get<bool>("fresh")) tell_fresh(store, plans);
    return true;
}

}  // namespace unroll::cli
