// Reading other tools' sweeps.
#include "manifest/sweep_terms.h"

#include <fmt/core.h>

#include <array>

#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"
#include "manifest/suggestion.h"

namespace unroll::manifest {
namespace {

constexpr std::int64_t longest_range = 100;  // of what a message writes out

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
    return first == text.npos ? std::string_view() : text.substr(first, last - first + 1);
}

/// What stands in the parentheses of `name(…)`; none for anything else.
std::optional<std::string_view> argument(std::string_view text, std::string_view name) {
    if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
    text.remove_prefix(name.size());
    text = trimmed(text);
    if (!text.starts_with('(')) return std::nullopt;
    return text.substr(1, text.size() - 2);
}

json::Array items(std::string_view text) {
    json::Array all;
    for (const std::string& part : base::split(text, ',')) {
        const std::string_view item = trimmed(part);
        auto value = json::try_parse(item);
        all.push_back(value ? std::move(*value) : json::Value(std::string(item)));
    }
    return all;
}

/// Python's range: from the first number to before the last; none for what is not one.
std::optional<json::Value> range(const json::Array& bounds) {
    if (bounds.empty() || bounds.size() > 3) return std::nullopt;
    for (const json::Value& bound : bounds)
        if (!bound.integer()) return std::nullopt;
    const std::int64_t first = bounds.size() > 1 ? *bounds[0].integer() : 0;
    const std::int64_t end = *bounds[bounds.size() > 1 ? 1 : 0].integer();
    const std::int64_t stride = bounds.size() > 2 ? *bounds[2].integer() : 1;
    json::Array all;
    if (stride < 1) return std::nullopt;
    for (std::int64_t next = first; next < end; next += stride) {
        if (static_cast<std::int64_t>(all.size()) == longest_range) return std::nullopt;
        all.emplace_back(next);
    }
    return all.empty() ? std::nullopt : std::optional(json::Value(std::move(all)));
}

/// The values of one parameter of Weights & Biases: a list, one value, or bounds, of which a grid has but the ends.
std::optional<json::Value> values_of(const json::Value& parameter) {
    if (auto list = listed(parameter)) return list;
    json::Array ends;
    for (const char* name : {"value", "min", "max"})
        if (const json::Value* end = parameter.find(name)) ends.push_back(*end);
    return ends.empty() ? std::nullopt : std::optional(json::Value(std::move(ends)));
}

}  // namespace

std::optional<json::Value> enumerated(std::string_view text) {
    text = trimmed(text);
    if (const auto bounds = argument(text, "range")) return range(items(*bounds));
    if (const auto choices = argument(text, "choice")) return json::Value(items(*choices));
    if (text.find_first_of("()[]{}") != text.npos || text.find(',') == text.npos) return std::nullopt;
    return json::Value(items(text));
}

std::optional<json::Value> listed(const json::Value& axis) {
    if (!axis.object()) return std::nullopt;
    for (const char* name : {"values", "grid_search", "choices", "choice", "grid", "list"})
        if (const json::Value* values = axis.find(name); values && values->array()) return *values;
    const json::Value* bounds = axis.find("range");
    return bounds && bounds->array() ? range(*bounds->array()) : std::nullopt;
}

std::string instead_of_sweep(const json::Value& sweep, const plugins::Catalog& catalog) {
    const json::Value* parameters = sweep.object() ? sweep.find("parameters") : nullptr;
    if (!parameters || !parameters->object()) return "";
    std::string axes;
    for (const json::Member& parameter : *parameters->object())
        if (const auto values = values_of(parameter.value)) {
            const std::string meant = path_meant(parameter.key, catalog);
            axes += fmt::format("{}\"{}\": {}", axes.empty() ? "" : ", ", meant.empty() ? parameter.key : meant,
                                json::dump_spaced(*values));
        }
    return fmt::format("write \"sweep\": {{{}}}: every combination is trained; \"compare\" names the metric",
                       axes.empty() ? "PATH: [VALUE, …]" : axes);
}

}  // namespace unroll::manifest
