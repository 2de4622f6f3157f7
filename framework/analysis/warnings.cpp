// What may mislead the reader of a comparison.
#include "analysis/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "json/parse.h"

namespace unroll::analysis {

namespace {

using Kind = Warning::Kind;
using Words = std::set<std::string>;

constexpr double notable_difference = 0.05;  ///< of numbers of weights

std::string shown(const store::Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
    if (const auto* real = std::get_if<double>(&value)) return fmt::format("{:g}", *real);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return "null";
}

std::optional<double> number_in(const store::Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return std::nullopt;
}

/// A group by its values of `by`, as in "large, 64".
std::string name_of(const Group& group) {
    std::string name;
    for (const store::Value& value : group.by) name.append(name.empty() ? "" : ", ").append(shown(value));
    return name;
}

std::string joined(const std::vector<std::string>& words, std::string_view between = ", ") {
    return fmt::format("{}", fmt::join(words, between));
}

/// All of a few; of many the first, and how many more there are: the table above has them all.
std::string first_of(const std::vector<std::string>& words, std::string_view between = ", ") {
    constexpr std::size_t few = 8, shown = 6;
    if (words.size() <= few) return joined(words, between);
    const std::vector<std::string> first(words.begin(), words.begin() + shown);
    return fmt::format("{} and {} more", joined(first, between), words.size() - shown);
}

/// Whether a group of the comparison had more than one value to choose from.
bool had_a_choice(const Comparison& comparison) {
    return std::any_of(comparison.groups.begin(), comparison.groups.end(),
                       [](const Group& group) { return group.chosen.size() < group.trials.size(); });
}

void warn_of_same_split(const Comparison& comparison, std::vector<Warning>& warnings) {
    if (comparison.tuned_on != comparison.metric || !had_a_choice(comparison)) return;
    const std::string name = comparison.metric.substr(comparison.metric.find('/'));
    warnings.push_back(
        {Kind::same_split,
         fmt::format("{} was chosen by the values that are shown, so they are a little too good; give the "
                     "dataset a validation and a test split, and compare \"test{}\"",
                     joined(comparison.best), name)});
}

struct Mean {
    double sum = 0;
    std::size_t count = 0;

    void add(const std::optional<double>& value) {
        sum += value.value_or(0);
        count += value.has_value();
    }
    bool equals(const Mean& other) const { return count > 0 && count == other.count && sum == other.sum; }
};

/// Where the best value of an axis is the lowest or highest of those that the group tried, and none between is as good.
void warn_of_edges(const Comparison& comparison, std::vector<Warning>& warnings) {
    for (std::size_t axis = 0; axis < comparison.best.size(); ++axis) {
        std::map<std::pair<bool, double>, std::vector<std::string>> at_edge;  // by whether highest, and value
        for (const Group& group : comparison.groups) {
            const auto best = number_in(group.best_choice[axis]);
            if (!best || !group.of.mean || group.unfinished > 0) continue;
            std::map<double, Mean> tried;
            for (const ComparedTrial& trial : group.trials)
                if (const auto value = number_in(trial.columns[comparison.by.size() + axis]))
                    tried[*value].add(trial.tuning_value);
            if (tried.size() < 2) continue;
            const bool inner_is_as_good =
                std::any_of(std::next(tried.begin()), std::prev(tried.end()),
                            [&](const auto& value) { return value.second.equals(tried.at(*best)); });
            if (inner_is_as_good) continue;
            if (*best == tried.begin()->first) at_edge[{false, *best}].push_back(name_of(group));
            if (*best == tried.rbegin()->first) at_edge[{true, *best}].push_back(name_of(group));
        }
        for (const auto& [edge, groups] : at_edge)
            warnings.push_back(
                {Kind::edge, fmt::format("{}: the best {} is {:g}, the {} that was tried; add {} values",
                                         first_of(groups, "; "), comparison.best[axis], edge.second,
                                         edge.first ? "highest" : "lowest", edge.first ? "higher" : "lower")});
    }
}

std::string learning_rate_of(const json::Value& config) {
    const json::Value* place = &config;
    for (const char* key : {"training", "optimizer", "learning_rate"})
        if (place = place->find(key); !place) return "";
    return place->number() ? fmt::format("{:g}", *place->number()) : "";
}

/// Values of the key "initializer" anywhere in a model.
void collect_initializers(const json::Value& settings, Words& words) {
    if (const json::Object* object = settings.object())
        for (const json::Member& member : *object) {
            if (member.key == "initializer" && member.value.text()) words.insert(*member.value.text());
            collect_initializers(member.value, words);
        }
    if (const json::Array* list = settings.array())
        for (const json::Value& item : *list) collect_initializers(item, words);
}

/// What the trials of a group were trained with.
struct Settings {
    Words cells, learning_rates, initializers;  ///< rates: all that were tried; the others: of the best choice
};

Settings settings_of(const Group& group) {
    Settings settings;
    for (std::size_t index = 0; index < group.trials.size(); ++index) {
        const json::Value config = json::parse(group.trials[index].config, "config");
        settings.learning_rates.insert(learning_rate_of(config));
        if (!std::binary_search(group.chosen.begin(), group.chosen.end(), index)) continue;
        settings.cells.insert(group.trials[index].cell);
        for (const char* part : {"cell", "model"})
            if (const json::Value* found = config.find(part)) collect_initializers(*found, settings.initializers);
    }
    return settings;
}

void warn_of_one_rate(const std::vector<Settings>& groups, std::vector<Warning>& warnings) {
    std::map<std::string, Words> rates;  // by cell
    for (const Settings& group : groups)
        for (const std::string& cell : group.cells)
            rates[cell].insert(group.learning_rates.begin(), group.learning_rates.end());
    const bool tuned = std::any_of(rates.begin(), rates.end(), [](const auto& cell) { return cell.second.size() > 1; });
    if (rates.size() < 2 || tuned) return;
    warnings.push_back({Kind::untuned,
                        "each system was trained at one learning rate, which may suit one better than another; put "
                        "\"training.optimizer.learning_rate\": [...] into sweep and its path into compare.best"});
}

void warn_of_pooled(const Comparison& comparison, std::vector<Warning>& warnings) {
    for (std::size_t axis = 0; axis < comparison.pooled.size(); ++axis) {
        std::vector<std::string> most;
        for (const Group& group : comparison.groups) {
            std::vector<std::string> values;
            for (const std::size_t index : group.chosen)
                if (std::string value = shown(group.trials[index].pooled[axis]);
                    std::find(values.begin(), values.end(), value) == values.end())
                    values.push_back(std::move(value));
            if (values.size() > most.size()) most = std::move(values);
        }
        if (most.size() > 1)
            warnings.push_back(
                {Kind::pooled, fmt::format("means and intervals pool {} {}: sd is not over seeds alone; "
                                           "add --by {}",
                                           comparison.pooled[axis], joined(most), comparison.pooled[axis])});
    }
}

void warn_of_one_seed(const Comparison& comparison, std::vector<Warning>& warnings) {
    const auto finished = [](const Group& group) { return group.of.n > 0; };
    const auto single = [](const Group& group) { return group.of.n == 1; };
    if (std::any_of(comparison.groups.begin(), comparison.groups.end(), finished) &&
        std::all_of(comparison.groups.begin(), comparison.groups.end(),
                    [&](const Group& group) { return !finished(group) || single(group); }))
        warnings.push_back(
            {Kind::one_seed, "one trial each: no interval, and no best; put \"seed\": [1, 2, 3] into sweep"});
}

void warn_of_parameters(const Comparison& comparison, std::vector<Warning>& warnings) {
    const Group *fewest = nullptr, *most = nullptr;  // of the block that differs most
    double widest = 1 + notable_difference;
    for (const Group& one : comparison.groups)
        for (const Group& other : comparison.groups) {
            const auto ratio = static_cast<double>(other.most_parameters) /
                               static_cast<double>(std::max<std::int64_t>(1, one.fewest_parameters));
            if (one.block != other.block || &one == &other || ratio <= widest) continue;
            widest = ratio;
            fewest = &one;
            most = &other;
        }
    if (fewest)
        warnings.push_back(
            {Kind::parameters,
             fmt::format(
                 "numbers of weights differ: {} ({}), {} ({}); to make them equal, use match with \"parameters\"",
                 fewest->fewest_parameters, name_of(*fewest), most->most_parameters, name_of(*most))});
}

void warn_of_initializers(const Comparison& comparison, const std::vector<Settings>& settings,
                          std::vector<Warning>& warnings) {
    std::map<std::string, std::vector<std::string>> groups;  // by initializer
    for (std::size_t i = 0; i < settings.size(); ++i) {
        const std::string name =
            comparison.groups[i].by.empty() ? std::string() : shown(comparison.groups[i].by.front());
        auto& names = groups[joined({settings[i].initializers.begin(), settings[i].initializers.end()}, " and ")];
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    if (groups.size() < 2) return;
    std::vector<std::string> parts;
    parts.reserve(groups.size());
    for (const auto& [initializer, names] : groups)
        parts.push_back(fmt::format("{} ({})", initializer.empty() ? "none" : initializer, first_of(names)));
    warnings.push_back(
        {Kind::initializer, fmt::format("weights start differently: {}; cell.initializer sets it", joined(parts))});
}

}  // namespace

std::vector<Warning> warnings_of(const Comparison& comparison) {
    std::vector<Warning> warnings;
    if (std::none_of(comparison.groups.begin(), comparison.groups.end(),
                     [](const Group& group) { return group.of.mean.has_value(); }))
        return warnings;
    std::vector<Settings> settings;
    for (const Group& group : comparison.groups) settings.push_back(settings_of(group));
    warn_of_same_split(comparison, warnings);
    warn_of_edges(comparison, warnings);
    warn_of_one_rate(settings, warnings);
    warn_of_pooled(comparison, warnings);
    warn_of_one_seed(comparison, warnings);
    warn_of_parameters(comparison, warnings);
    warn_of_initializers(comparison, settings, warnings);
    return warnings;
}

}  // namespace unroll::analysis
