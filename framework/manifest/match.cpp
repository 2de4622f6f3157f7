// Solving `match`.
#include "manifest/match.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/nearest.h"
#include "json/write.h"
#include "manifest/path.h"
#include "manifest/suggestion.h"
#include "plugins/make.h"
#include "plugins/options_check.h"

namespace unroll::manifest {

/// What is asked for, and where.
struct Matching::Request {
    std::string path;  ///< of what is varied, in normal form
    const char* key;   ///< what is to be equal: "parameters" or "state_size"
    Size wanted;       ///< how many
    double within;
    json::Position vary_at, wanted_at;

    bool of_state() const { return std::string_view(key) == "state_size"; }
    const char* in_words() const { return of_state() ? "a state size" : "a number of weights"; }
    Size of(const ModelSize& size) const { return of_state() ? size.state : size.parameters; }

    std::string_view parent() const { return std::string_view(path).substr(0, std::min(path.rfind('.'), path.size())); }
    std::string_view name() const { return std::string_view(path).substr(path.rfind('.') + 1); }
    json::Value value(std::int64_t number) const {
        json::Value value(number);
        value.at = vary_at;
        return value;
    }
};

namespace {

/// A path's object without the number of its entry, when it stands in a list.
std::string_view without_index(std::string_view object) {
    const std::size_t point = object.rfind('.');
    const bool is_entry = point != object.npos && object.find_first_not_of("0123456789", point + 1) == object.npos;
    return is_entry ? object.substr(0, point) : object;
}

/// Paths of whole numbers in the settings of model and cell, to be offered.
void add_numbers(const json::Value& settings, const std::string& path, std::vector<std::string>& paths) {
    if (settings.integer()) paths.push_back(path);
    if (const json::Object* object = settings.object())
        for (const json::Member& member : *object) add_numbers(member.value, child(path, member.key), paths);
    if (const json::Array* list = settings.array())
        for (std::size_t i = 0; i < list->size(); ++i) add_numbers((*list)[i], child(path, std::to_string(i)), paths);
}

/// The number that H must be a multiple of, in the cells whose H is `first` in one trial and `second` in the other.
Size common_multiple(const trial::Trial& one, const trial::Trial& other, Size first, Size second,
                     const plugins::Catalog& catalog) {
    Size multiple = 1;
    const auto take = [&](const std::vector<trial::CellSettings>& cells,
                          const std::vector<trial::CellSettings>& others) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (cells[i].hidden != first || others[i].hidden != second) continue;
            const Plugin* plugin = catalog.find(Plugin::Kind::cell, cells[i].choice.plugin);
            constexpr Size most = 1'000'000'000;  // of what it has in common with the next, no product wraps
            multiple = std::min(most, std::lcm(multiple, plugins::hidden_multiple(*plugin, cells[i].choice.options)));
        }
    };
    take(one.cells, other.cells);
    take(one.upstream, other.upstream);
    return multiple;
}

constexpr double largest_deviation_to_advise = 0.1;  // sizes further apart are not equal in any table

struct Point {
    std::int64_t place;
    Size size;
};

/// The place from `first` (at least 1) to `last` whose size is nearest to `wanted`, the lower of two; `size_at` must
/// grow with it.
template <class SizeAt>
Point nearest(std::int64_t first, std::int64_t last, Size wanted, SizeAt size_at) {
    Point low{first, size_at(first)}, high = low;
    while (high.size < wanted && high.place < last) {
        low = high;
        high.place = high.place > last / 2 ? last : 2 * high.place;
        high.size = size_at(high.place);
    }
    if (high.size < wanted) return high;
    while (high.place - low.place > 1) {
        Point middle{low.place + (high.place - low.place) / 2, 0};
        middle.size = size_at(middle.place);
        (middle.size < wanted ? low : high) = middle;
    }
    return low.size < wanted && wanted - low.size > high.size - wanted ? high : low;
}

}  // namespace

std::string Matching::solve(json::Value& manifest, const Combination& combination, base::Diagnostics& diagnostics) {
    const json::Value* given = manifest.find("match");
    if (!given || given->null()) return {};
    base::Diagnostics own;
    const json::Value settings = checker_.check(section("match"), given, "match", manifest.at, "", own);
    const bool is_clean = own.empty();
    diagnostics.add(own);
    const json::Value &parameters = *settings.find("parameters"), &state_size = *settings.find("state_size");
    const json::Value& vary = *settings.find("vary");
    const std::optional<double> within = settings.find("within")->number();
    if (!vary.text() || !within) return {};
    if (parameters.null() == state_size.null()) {
        if (is_clean && !std::exchange(choice_is_told_, true))
            diagnostics.add({checker_.where(given->at, "match"),
                             parameters.null() ? "neither parameters nor state_size" : "both parameters and state_size",
                             "one of the two", "give the one that all models are to have in common"});
        return {};
    }
    const char* const key_name = parameters.null() ? "state_size" : "parameters";
    const json::Value& wanted = *settings.find(key_name);
    if (!wanted.integer()) return {};
    const Request request{normal_path(*vary.text()).value_or(*vary.text()),
                          key_name,
                          static_cast<Size>(*wanted.integer()),
                          *within,
                          given->find("vary")->at,
                          given->find(key_name)->at};
    if (!is_free(request, combination, diagnostics)) return {};
    const std::optional<Option> option = varied_option(request, manifest, diagnostics);
    if (!option) return {};

    const auto first = std::max<std::int64_t>(1, static_cast<std::int64_t>(option->minimum));
    const auto last = static_cast<std::int64_t>(option->maximum);
    set_at(manifest, request.path, request.value(first));
    base::Diagnostics told_later;  // as the problems of a trial with this value
    const Resolved smallest = resolve(manifest, checker_, datasets_, told_later);
    if (!smallest.complete) return {};
    const auto [known, is_new] = solved_.try_emplace(key(request, smallest));
    Solution& solution = known->second;
    if (is_new) solution = search(request, manifest, smallest, first, last);
    set_at(manifest, request.path, request.value(solution.value));

    std::vector<Label> labels = combination.labels;
    std::erase_if(labels, [](const Label& label) { return label.axis == "seed"; });
    const std::string trial = labels.empty() ? "" : fmt::format(" for {}", json::dump(nested(labels)));
    if (solution.failure) {
        if (std::exchange(solution.is_told, true)) return {};
        Problem problem = *solution.failure;
        problem.where = checker_.where(request.vary_at, "match.vary");
        problem.found += trial;
        diagnostics.add(std::move(problem));
        return {};
    }
    const auto asked = static_cast<double>(request.wanted), got = static_cast<double>(solution.size);
    const double off = std::max(asked - got, got - asked) / asked;
    if (off > request.within && !std::exchange(solution.is_told, true))
        diagnostics.add(
            {checker_.where(request.wanted_at, child("match", request.key)),
             fmt::format("{}{}; the nearest possible is {}, with {}={}", request.wanted, trial, solution.size,
                         request.path, solution.value),
             fmt::format("{} that a model can have to within {:g}%{}", request.in_words(), 100 * request.within,
                         solution.multiple == 1 ? ""
                                                : fmt::format(", {} being a multiple of {}, which its cell demands",
                                                              request.path, solution.multiple)),
             fmt::format("{}change match.{} or other settings of the model",
                         off <= largest_deviation_to_advise
                             ? fmt::format("set match.within to {:g} or more, or ", std::ceil(off * 1000) / 1000)
                             : "",
                         request.key)});
    return fmt::format("{}={}", request.path, solution.value);
}

/// Whether nobody else sets what is varied. What the manifest itself has there gives way, as it does to an axis.
bool Matching::is_free(const Request& request, const Combination& combination, base::Diagnostics& diagnostics) const {
    for (const std::vector<Assignment>* sets : {&combination.sets, &overridden_})
        for (const Assignment& assignment : *sets) {
            if (!overlap(assignment.path, request.path)) continue;
            const bool leads_there = assignment.path.size() < request.path.size();
            if (leads_there &&
                !find_at(*assignment.value, std::string_view(request.path).substr(assignment.path.size() + 1)))
                continue;
            const json::Position at = assignment.value->at;
            diagnostics.add({checker_.where(request.vary_at, "match.vary"),
                             fmt::format("\"{}\", which {} also sets", request.path,
                                         at.line ? fmt::format("the sweep on line {}", at.line) : "--set"),
                             "a setting that neither sweep nor --set changes",
                             "vary another setting, or remove one of the two"});
            return false;
        }
    return true;
}

/// The declaration of what is varied; a problem when that is no whole number of the model or of a cell.
std::optional<Option> Matching::varied_option(const Request& request, const json::Value& manifest,
                                              base::Diagnostics& diagnostics) {
    const std::string_view object_path = request.parent(), base = without_index(object_path);
    const json::Value* object = find_at(manifest, object_path);
    const bool is_entry = base.size() < object_path.size();
    const bool is_there = is_entry ? object && find_at(manifest, base)->array() : !object || object->object();
    for (const Section& each : sections()) {
        const std::string_view root = path_head(each.path);
        if (!is_there || each.path != base || (root != "model" && root != "cell")) continue;
        for (const Setting& setting : each.settings)
            if (setting.option.name == request.name() && setting.shape == Setting::Shape::plain &&
                setting.option.type == Option::Type::integer)
                return setting.option;
        const json::Value* name = each.plugin && object ? object->find("plugin") : nullptr;
        if (const json::Value* cell = manifest.find("cell"); each.plugin && !name && cell) name = cell->find("plugin");
        const Plugin* plugin =
            name && name->text() ? checker_.catalog().find(Plugin::Kind::cell, *name->text()) : nullptr;
        const Option* option = plugin ? plugins::find_option(*plugin, request.name()) : nullptr;
        if (option && option->type == Option::Type::integer) return *option;
    }
    base::Diagnostics told_later;
    const Resolved resolved = resolve(manifest, checker_, datasets_, told_later);
    std::vector<std::string> paths;
    for (const char* part : {"cell", "model"})
        if (const json::Value* settings = resolved.settings.find(part)) add_numbers(*settings, part, paths);
    const std::string near = base::nearest(request.path, paths);
    const std::string term = instead_of_path(request.path, checker_.catalog());
    diagnostics.add({checker_.where(request.vary_at, "match.vary"), fmt::format("\"{}\"", request.path),
                     fmt::format("a whole number of the model: {}", fmt::join(paths, ", ")),
                     !near.empty()  ? base::did_you_mean(near)
                     : term.empty() ? "name one of them"
                                    : term});
    return std::nullopt;
}

/// All that the model's size depends on, but for what is varied, which is the smallest.
std::string Matching::key(const Request& request, const Resolved& resolved) const {
    json::Value key = resolved.settings;
    std::erase_if(*key.object(),
                  [](const json::Member& member) { return member.key == "seed" || member.key == "training"; });
    return fmt::format("{} {} {} {} {} {}", request.path, request.key, request.wanted,
                       resolved.trial.training.sequence_length, resolved.trial.training.evaluate_length,
                       json::dump(key));
}

Matching::Solution Matching::search(const Request& request, json::Value manifest, const Resolved& smallest,
                                    std::int64_t first, std::int64_t last) {
    Solution solution;
    std::int64_t value = first;
    const auto resolved_with = [&](std::int64_t number) {
        value = number;
        set_at(manifest, request.path, request.value(number));
        base::Diagnostics problems;
        Resolved resolved = resolve(manifest, checker_, datasets_, problems);
        problems.raise();
        return resolved;
    };
    const auto fail = [&](std::string found, std::string wanted, std::string next) {
        solution.value = value;
        solution.failure = Problem{"", std::move(found), std::move(wanted), std::move(next)};
        return solution;
    };
    try {
        if (first < last)
            solution.multiple = common_multiple(smallest.trial, resolved_with(first + 1).trial, Size(first),
                                                Size(first) + 1, checker_.catalog());
        const auto step = static_cast<std::int64_t>(solution.multiple);
        const std::int64_t lowest = (first + step - 1) / step, highest = std::max(lowest, last / step);
        const auto size_at = [&](std::int64_t place) {
            const Resolved resolved = resolved_with(place * step);
            return request.of(host_queries_.model_size(resolved.trial, resolved.dataset->task()));
        };
        const char* const size = request.of_state() ? "the state size" : "the number of weights";
        if (lowest < highest && size_at(lowest) >= size_at(lowest + 1))
            return fail(fmt::format("\"{}\", which does not increase {}", request.path, size),
                        fmt::format("a setting that increases {}", size), "vary another one, as in \"cell.hidden\"");
        const Point best = nearest(lowest, highest, request.wanted, size_at);
        solution.value = best.place * step;
        solution.size = best.size;
    } catch (const Error& error) {
        const Problem& problem = error.problem();
        return fail(
            fmt::format("\"{}\" as {}: {}: {} (expected: {})", request.path, value, problem.where, problem.found,
                        problem.expected),
            "a setting that may be any number in its range; a cell that takes only multiples declares hidden_multiple",
            "vary another setting, or set this one without match");
    } catch (const std::exception& error) {
        return fail(fmt::format("\"{}\" as {}: {}", request.path, value, error.what()),
                    "a setting that may be any number in its range",
                    "vary another setting, or set this one without match");
    }
    return solution;
}

}  // namespace unroll::manifest
