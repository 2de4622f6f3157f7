// Which of an experiment's trials are asked for: those that have certain values.
#include "analysis/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "unroll/error.h"

namespace unroll::analysis {

namespace {

std::optional<double> number_in(const std::string& text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && rest == end && !text.empty() ? std::optional(number) : std::nullopt;
}

bool is_same(const std::string& a, const std::string& b) {
    if (a == b) return true;
    const std::optional<double> x = number_in(a), y = number_in(b);
    return x && y && *x == *y;
}

std::vector<std::string> once_each(const std::vector<store::MemberTrial>& trials, std::size_t column) {
    std::vector<std::string> values;
    for (const store::MemberTrial& trial : trials)
        if (std::string value = written(trial.columns[column]);
            std::find(values.begin(), values.end(), value) == values.end())
            values.push_back(std::move(value));
    return values;
}

std::string listed(std::vector<std::string> values) {
    constexpr std::size_t some = 20;
    const bool are_more = values.size() > some;
    if (are_more) values.resize(some);
    return fmt::format("{}{}", fmt::join(values, ", "), are_more ? ", ..." : "");
}

}  // namespace

std::string written(const store::Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return "";
}

Condition condition_in(const std::string& text) {
    const std::size_t at = text.find('=');
    if (at == text.npos || at == 0)
        throw Error({"--where", fmt::format("'{}'", text), "AXIS=VALUE", "for example: --where cell.plugin=gru"});
    return {text.substr(0, at), text.substr(at + 1)};
}

std::vector<bool> meeting(store::Store& store, const store::Experiment& experiment,
                          const std::vector<Condition>& conditions) {
    std::vector<std::string> names;
    for (const Condition& condition : conditions) names.push_back(condition.name);
    const std::vector<store::MemberTrial> trials = store::trials_of(store, experiment, "", "", names);
    std::vector<bool> meets(trials.size(), true);
    for (std::size_t i = 0; i < conditions.size(); ++i) {
        const std::vector<std::string> values = once_each(trials, i);
        if (std::none_of(values.begin(), values.end(),
                         [&](const std::string& value) { return is_same(value, conditions[i].value); }))
            throw Error({fmt::format("experiment '{}'", experiment.name),
                         fmt::format("no trial with {} = '{}'", conditions[i].name, conditions[i].value),
                         fmt::format("one of: {}", listed(values)), "choose one of these"});
        for (std::size_t trial = 0; trial < trials.size(); ++trial)
            if (!is_same(written(trials[trial].columns[i]), conditions[i].value)) meets[trial] = false;
    }
    if (std::none_of(meets.begin(), meets.end(), [](bool one) { return one; }))
        throw Error({fmt::format("experiment '{}'", experiment.name), "no trial meets all conditions",
                     "conditions that some trial meets", "remove one of them"});
    return meets;
}

std::vector<std::string> values_of(store::Store& store, const store::Experiment& experiment, const std::string& axis) {
    return once_each(store::trials_of(store, experiment, "", "", {axis}), 0);
}

}  // namespace unroll::analysis
