// Normal forms.
#include "manifest/normal_form.h"

#include <cmath>

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

std::optional<json::Value> normal_clip(const json::Value& value) {
    if (value.null()) return value;
    if (const auto norm = above_zero(value)) return json::Value(*norm);
    if (value.object() && value.object()->size() == 1)
        if (const json::Value* element = value.find("element"); element && above_zero(*element))
            return json::Value(json::Object{{"element", {}, json::Value(*above_zero(*element))}});
    return std::nullopt;
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
        case Shape::clip:
            return normal_clip(given);
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
