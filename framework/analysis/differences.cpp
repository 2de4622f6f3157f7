// What differs between two trials: settings and results.
#include "analysis/differences.h"

#include <fmt/format.h>

#include <algorithm>

#include "json/parse.h"
#include "json/write.h"
#include "store/trial_results.h"

namespace unroll::analysis {

namespace {

using store::NamedValue;
using store::Value;

Value plain(const json::Value& value) {
    if (value.null()) return {};
    if (const auto* whole = value.integer()) return *whole;
    if (const auto* real = value.real()) return *real;
    if (const auto* text = value.text()) return *text;
    return json::dump(value);
}

bool is_nested(const json::Value& value) {
    return value.object() || value.array();
}

/// Every plain value with its path; a list of plain values counts as one.
void collect(const json::Value& value, const std::string& path, std::vector<NamedValue>& values) {
    const auto below = [&](std::string_view key) {
        return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
    };
    const json::Object* object = value.object();
    const json::Array* array = value.array();
    if (object && !object->empty()) {
        for (const json::Member& member : *object) collect(member.value, below(member.key), values);
    } else if (array && std::any_of(array->begin(), array->end(), is_nested)) {
        for (std::size_t i = 0; i < array->size(); ++i) collect((*array)[i], below(std::to_string(i)), values);
    } else {
        values.emplace_back(path, plain(value));
    }
}

std::vector<NamedValue> settings_of(store::Store& store, const store::FoundTrial& trial) {
    std::vector<NamedValue> settings;
    const json::Value config = json::parse(trial.config, fmt::format("config of trial {}", trial.id));
    collect(config, "", settings);
    if (!config.find("seed")) settings.emplace_back("seed", static_cast<std::int64_t>(trial.seed));
    for (const store::PluginRevision& plugin : store::plugins_of(store, trial.id))
        settings.emplace_back(fmt::format("revision of {} {}", plugin.kind, plugin.name), plugin.revision);
    return settings;
}

std::vector<Difference> changes(const std::vector<NamedValue>& left, const std::vector<NamedValue>& right) {
    const auto find = [](const std::vector<NamedValue>& values, const std::string& name) {
        return std::find_if(values.begin(), values.end(), [&](const NamedValue& value) { return value.first == name; });
    };
    std::vector<Difference> result;
    for (const auto& [name, value] : left) {
        const auto other = find(right, name);
        const Value other_value = other == right.end() ? Value() : other->second;
        if (other_value != value) result.push_back({name, value, other_value});
    }
    for (const auto& [name, value] : right)
        if (find(left, name) == left.end() && value != Value()) result.push_back({name, Value(), value});
    return result;
}

}  // namespace

Differences differences(store::Store& store, const store::FoundTrial& left, const store::FoundTrial& right) {
    return {changes(settings_of(store, left), settings_of(store, right)),
            changes(store::summary_of(store, left.id), store::summary_of(store, right.id))};
}

}  // namespace unroll::analysis
