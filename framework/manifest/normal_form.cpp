// Normal forms.
#include "manifest/normal_form.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <string_view>

#include "manifest/path.h"
#include "plugins/options_check.h"

namespace unroll::manifest {
namespace {

/// A whole number from 1, in whichever way it was written.
std::optional<std::int64_t> count(const json::Value& value) {
    const auto number = value.number();
    if (!number || *number < 1 || *number > 9007199254740991.0 || std::trunc(*number) != *number) return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

std::optional<double> above_zero(const json::Value& value) {
    const auto number = value.number();
    return number && *number > 0 && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<json::Value> normal_when(const json::Value& value, bool or_never) {
    if (const auto steps = count(value)) return json::Value(*steps);
    if (value.text() && (*value.text() == "epoch" || *value.text() == "end")) return value;
    if (value.object() && value.object()->size() == 1) {
        if (const json::Value* epochs = value.find("epochs"); epochs && count(*epochs)) {
            if (*count(*epochs) == 1) return json::Value("epoch");
            return json::Value(json::Object{{"epochs", {}, json::Value(*count(*epochs))}});
        }
        if (const json::Value* times = value.find("times"); times && count(*times) && *count(*times) <= 1000000) {
            if (*count(*times) == 1) return json::Value("end");
            return json::Value(json::Object{{"times", {}, json::Value(*count(*times))}});
        }
    }
    if (or_never && value.boolean() && !*value.boolean()) return value;
    return std::nullopt;
}

/// Seconds are whole: they end up in a trial::When.
std::optional<json::Value> normal_timed(const json::Value& value) {
    if (value.object() && value.object()->size() == 1)
        if (const json::Value* minutes = value.find("minutes"))
            if (const auto number = above_zero(*minutes); number && *number >= least_minutes && *number <= most_minutes)
                return json::Value(
                    json::Object{{"minutes", {}, count(*minutes) ? json::Value(*count(*minutes)) : *number}});
    return normal_when(value, true);
}

std::optional<json::Value> normal_clip(const json::Value& value) {
    if (value.null()) return value;
    if (const auto norm = above_zero(value)) return json::Value(*norm);
    if (value.object() && value.object()->size() == 1)
        if (const json::Value* element = value.find("element"); element && above_zero(*element))
            return json::Value(json::Object{{"element", {}, json::Value(*above_zero(*element))}});
    return std::nullopt;
}

struct Unit {
    std::string_view name;
    double size;
};

constexpr Unit units_of_time[] = {{"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}};
constexpr Unit units_of_memory[] = {{"B", 1},
                                    {"kB", 1e3},
                                    {"KB", 1e3},
                                    {"MB", 1e6},
                                    {"GB", 1e9},
                                    {"TB", 1e12},
                                    {"kiB", 1024.0},
                                    {"KiB", 1024.0},
                                    {"MiB", 1024.0 * 1024},
                                    {"GiB", 1024.0 * 1024 * 1024},
                                    {"TiB", 1024.0 * 1024 * 1024 * 1024}};

/// "1h30min": numbers, each with its unit; none when it is something else.
std::optional<double> sum_of_units(std::string_view text, std::span<const Unit> units) {
    const auto skip_blanks = [&] { text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size())); };
    double sum = 0;
    for (skip_blanks(); !text.empty(); skip_blanks()) {
        double number = 0;
        const auto [rest, error] =
            std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
        if (error != std::errc() || number < 0) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
        skip_blanks();
        const std::size_t length = std::min(text.find_first_of(" \t0123456789."), text.size());
        const auto unit = std::find_if(units.begin(), units.end(),
                                       [&](const Unit& one) { return one.name == text.substr(0, length); });
        if (unit == units.end()) return std::nullopt;
        text.remove_prefix(length);
        sum += number * unit->size;
    }
    return sum;
}

/// As one number, whole where it is.
std::optional<json::Value> normal_quantity(const json::Value& value, std::span<const Unit> units, double least) {
    constexpr double most = 9007199254740992.0;  // 2^53
    if (value.null()) return value;
    const auto number = value.text() ? sum_of_units(*value.text(), units) : value.number();
    if (!number || !(*number > 0 && *number >= least && *number < most)) return std::nullopt;
    if (std::trunc(*number) == *number) return json::Value(static_cast<std::int64_t>(*number));
    return json::Value(*number);
}

std::optional<json::Value> normal_names(const json::Value& value) {
    json::Array list;
    if (!value.array()) return std::nullopt;
    for (const json::Value& item : *value.array()) {
        const auto path = item.text() ? normal_path(*item.text()) : std::nullopt;
        if (!path) return std::nullopt;
        list.emplace_back(*path);
    }
    return json::Value(std::move(list));
}

}  // namespace

std::optional<json::Value> normal(const Setting& setting, const json::Value& given) {
    using Shape = Setting::Shape;
    switch (setting.shape) {
        case Shape::plain:
            return plugins::normal(setting.option, given);
        case Shape::names:
            return normal_names(given);
        case Shape::when:
        case Shape::when_or_never:
            return normal_when(given, setting.shape == Shape::when_or_never);
        case Shape::when_or_timed:
            return normal_timed(given);
        case Shape::clip:
            return normal_clip(given);
        case Shape::duration:
            return normal_quantity(given, units_of_time, 0);
        case Shape::memory:
            return normal_quantity(given, units_of_memory, least_memory);
        default:
            return given;
    }
}

trial::When to_when(const json::Value& value) {
    if (value.integer()) return {trial::When::Kind::steps, static_cast<Size>(*value.integer())};
    if (const json::Value* epochs = value.find("epochs"))
        return {trial::When::Kind::epochs, static_cast<Size>(*epochs->integer())};
    if (const json::Value* times = value.find("times"))
        return {trial::When::Kind::times, static_cast<Size>(*times->integer())};
    if (const json::Value* minutes = value.find("minutes"))
        return {trial::When::Kind::seconds, static_cast<Size>(std::lround(*minutes->number() * 60))};
    if (value.text() && *value.text() == "epoch") return {trial::When::Kind::epochs, 1};
    if (value.text() && *value.text() == "end") return {trial::When::Kind::end, 0};
    return {trial::When::Kind::never, 0};
}

trial::Clip to_clip(const json::Value& value) {
    if (const auto norm = value.number()) return {trial::Clip::Kind::norm, *norm};
    if (const json::Value* element = value.find("element")) return {trial::Clip::Kind::element, *element->number()};
    return {};
}

}  // namespace unroll::manifest
