// unroll diff TRIAL TRIAL: changed settings and results only.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>

#include "cli/arguments.h"
#include "cli/table.h"
#include "store/query.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

namespace json = boost::json;
using store::Table;
using store::Value;
/// In the order in which they are to be shown.
using Facts = std::vector<std::pair<std::string, Value>>;

/// Columns of trial that tell nothing of their own: the config has them, or they name the trial.
constexpr std::array<std::string_view, 15> silent{
    "id",      "fingerprint",     "config", "seed",  "dataset",   "cell",          "hidden",
    "layers",  "sequence_length", "batch",  "steps", "optimizer", "learning_rate", "created_at",
    "ended_at"};

Value plain(const json::value& value) {
    if (value.is_null()) return {};
    if (value.is_int64()) return value.get_int64();
    if (value.is_double()) return value.get_double();
    if (value.is_string()) return std::string(value.get_string());
    return json::serialize(value);
}

/// Every plain value with its path; lists of plain values count as one.
void collect(const json::value& value, const std::string& path, Facts& facts) {
    const auto below = [&](std::string_view key) {
        return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
    };
    const auto is_nested = [](const json::value& item) { return item.is_object() || item.is_array(); };
    if (value.is_object() && !value.get_object().empty()) {
        for (const auto& [key, item] : value.get_object()) collect(item, below(key), facts);
    } else if (value.is_array() && std::any_of(value.get_array().begin(), value.get_array().end(), is_nested)) {
        for (std::size_t i = 0; i < value.get_array().size(); ++i)
            collect(value.get_array()[i], below(std::to_string(i)), facts);
    } else {
        facts.emplace_back(path, plain(value));
    }
}

Facts settings_of(store::Store& store, const store::FoundTrial& trial) {
    Facts facts;
    const json::value config = json::parse(trial.config);
    collect(config, "", facts);
    if (!config.as_object().contains("seed")) facts.emplace_back("seed", static_cast<std::int64_t>(trial.seed));
    for (const auto& row : store::query(store,
                                        "SELECT 'revision of ' || kind || ' ' || name, revision FROM trial_plugin"
                                        " JOIN plugin ON plugin.id = plugin_id WHERE trial_id = ? ORDER BY kind, name",
                                        {trial.id})
                               .rows)
        facts.emplace_back(std::get<std::string>(row[0]), row[1]);
    return facts;
}

Facts results_of(store::Store& store, const store::FoundTrial& trial) {
    Facts facts;
    const Table table = store::query(store, "SELECT * FROM trial WHERE id = ?", {trial.id});
    for (std::size_t column = 0; column < table.columns.size(); ++column)
        if (std::find(silent.begin(), silent.end(), table.columns[column]) == silent.end())
            facts.emplace_back(table.columns[column], table.rows.at(0)[column]);
    const Table build =
        store::query(store, "SELECT build FROM attempt WHERE trial_id = ? ORDER BY number DESC LIMIT 1", {trial.id});
    facts.emplace_back("build", build.rows.empty() ? Value() : build.rows[0][0]);
    return facts;
}

/// Adds a row for every name whose values differ; one that only one side has is NULL on the other. Returns how many.
std::size_t add_changes(const Facts& left, const Facts& right, Table& table) {
    const auto find = [](const Facts& facts, const std::string& name) {
        const auto found =
            std::find_if(facts.begin(), facts.end(), [&](const auto& fact) { return fact.first == name; });
        return found == facts.end() ? Value() : found->second;
    };
    const std::size_t before = table.rows.size();
    for (const auto& [name, value] : left)
        if (const Value other = find(right, name); other != value) table.rows.push_back({name, value, other});
    for (const auto& [name, value] : right)
        if (std::none_of(left.begin(), left.end(), [&, key = name](const auto& fact) { return fact.first == key; }) &&
            value != Value())
            table.rows.push_back({name, Value(), value});
    return table.rows.size() - before;
}

Command command() {
    Command command;
    command.usage = "unroll diff TRIAL TRIAL [--format table|csv|json|markdown]";
    command.about =
        "Shows what differs between two trials: settings first, then results. A trial is an id or the beginning of a\n"
        "fingerprint.";
    command.options.add_options()("format", po::value<std::string>()->default_value("table"),
                                  "table, csv, json or markdown");
    command.positional = {"trial"};
    return command;
}

}  // namespace

int diff(const Words& words) {
    const auto arguments = parse(command(), words);
    if (!arguments) return well;
    const Format format = format_of(arguments->get<std::string>("format"));
    const Words names = arguments->has("trial") ? arguments->get<std::vector<std::string>>("trial") : Words();
    if (names.size() != 2)
        throw Error({"command line", fmt::format("{} trials", names.size()),
                     "two trials: ids or beginnings of fingerprints",
                     "unroll sql 'SELECT experiment, id, cell, seed, status FROM result' lists them"});

    store::Store store(arguments->database, store::Store::Mode::read);
    const store::FoundTrial left = store::find_trial(store, names[0]), right = store::find_trial(store, names[1]);
    Table table{{"what", fmt::format("trial {}", left.id), fmt::format("trial {}", right.id)}, {}};
    const std::size_t settings = add_changes(settings_of(store, left), settings_of(store, right), table);
    add_changes(results_of(store, left), results_of(store, right), table);
    if (left.id == right.id)
        fmt::print(stderr, "note: both are trial {}\n", left.id);
    else if (settings == 0)
        fmt::print(stderr, "note: all settings are equal; the contents of the dataset differ\n");
    fmt::print("{}", render(table, format));
    return well;
}

}  // namespace unroll::cli
