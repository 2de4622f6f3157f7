// Reading sweeps.
#include "manifest/sweep.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/nearest.h"
#include "json/write.h"
#include "manifest/path.h"
#include "manifest/suggestion.h"
#include "manifest/sweep_terms.h"
#include "plugins/catalog.h"

namespace unroll::manifest {
namespace {

using Combinations = std::vector<Combination>;
using SamplingAxis = std::vector<SamplingChoice>;

// Far beyond what anybody waits for, far below what memory holds: combinations, what all of them set together, axes of
// one object, and different paths.
constexpr std::size_t most = 100'000, most_assignments = 3'000'000, most_axes = 200, most_paths = 1'000;

bool is_sampling(std::string_view path) {
    return path_head(path) == "sampling";
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

class Reader {
public:
    Reader(Sweep& sweep, const Checker& checker, base::Diagnostics& diagnostics)
        : sweep_(sweep), checker_(checker), diagnostics_(diagnostics) {}

    /// The union of a list of objects, or the product of one.
    Combinations read(const json::Value& value, const std::string& path) {
        if (std::string help = instead_of_sweep(value, checker_.catalog()); !help.empty())
            return wrong(value.at, path, "a sweep with \"parameters\"", "an object of axes: PATH: [VALUE, …]",
                         std::move(help));
        if (!value.array()) return read_object(value, path);
        if (value.array()->empty())
            wrong(value.at, path, "an empty list", "at least one object of axes", "add one, or remove it");
        Combinations all;
        for (const json::Value& item : *value.array()) {
            append(all, read_object(item, path));
            if (too_many(all.size(), value.at, path)) break;
        }
        return all;
    }

private:
    Combinations read_object(const json::Value& value, const std::string& path) {
        Combinations all{Combination{}};
        if (!value.object()) {
            wrong(value.at, path, json::excerpt(value), "an object of axes, or a list of such objects",
                  "write axes as {\"training.batch\": [32, 64]}");
            return all;
        }
        if (value.object()->size() > most_axes) {
            wrong(value.at, path, fmt::format("{} axes", value.object()->size()), fmt::format("at most {}", most_axes),
                  "sweep over fewer axes, or name choices, as in \"system\": {\"NAME\": {PATH: VALUE, …}}");
            diagnostics_.raise();
        }
        std::set<std::string> before;
        for (const json::Member& axis : *value.object()) {
            Combinations choices = read_axis(axis, child(path, axis.key));
            if (choices.empty()) continue;  // a problem, which has been reported
            std::set<std::string> own = touched(choices);
            refuse_overlap(before, own, axis, path);
            before.merge(own);
            if (too_many(all.size() * choices.size(), axis.at, child(path, axis.key)) ||
                too_much(all.size() * choices.size() * before.size(), axis.at, child(path, axis.key)))
                continue;
            all = times(std::move(all), choices);
        }
        return all;
    }

    static void add(Combination& to, const Combination& choice) {
        append(to.sets, choice.sets);
        append(to.labels, choice.labels);
        append(to.sampling, choice.sampling);
    }

    /// Each combination with each choice, the choices fastest.
    static Combinations times(Combinations all, const Combinations& choices) {
        if (choices.size() == 1) {
            for (Combination& each : all) add(each, choices.front());
            return all;
        }
        Combinations product;
        product.reserve(all.size() * choices.size());
        for (const Combination& before : all)
            for (const Combination& choice : choices) add(product.emplace_back(before), choice);
        return product;
    }

    /// One combination for each choice on the axis, or one for all when it is a sampling axis; empty after a problem.
    Combinations read_axis(const json::Member& axis, const std::string& path) {
        if (axis.value.array()) return read_values(axis, path);
        if (axis.value.object()) return read_choices(axis, path);
        std::string help = fmt::format("for a single value, write [{}]", json::excerpt(axis.value));
        if (axis.key == "seed" && axis.value.integer() && *axis.value.integer() > 1)
            help =
                fmt::format("name the seeds, as in [1, 2, 3]; for this one alone, write [{}]", *axis.value.integer());
        if (const auto values = axis.value.text() ? enumerated(*axis.value.text()) : std::nullopt)
            help = fmt::format("write \"{}\": {}", axis.key, json::dump_spaced(*values));
        return wrong(axis.value.at, path, json::excerpt(axis.value),
                     "a list of values, or an object of labelled choices", std::move(help));
    }

    Combinations read_values(const json::Member& axis, const std::string& path) {
        const auto name = settable(axis, path);
        if (axis.value.array()->empty())
            return wrong(axis.value.at, path, "an empty axis", "at least one value", "add values, or remove the axis");
        if (!name) return {};
        if (std::string inner = axis_of_names(*name, axis.value); !inner.empty())
            return wrong(axis.at, path, json::excerpt(axis.value), "a list of objects",
                         fmt::format("did you mean \"{}\"?", inner));
        const std::size_t count = axis.value.array()->size();
        if (is_sampling(*name) ? too_many_points(count, axis.at, path) : too_many(count, axis.at, path)) return {};
        Combinations choices;
        SamplingAxis sampling;
        for (const json::Value& value : *axis.value.array()) {
            if (is_sampling(*name))
                sampling.push_back({{{*name, &value}}, {{*name, value}}});
            else
                choices.push_back({{{*name, &value}}, {{*name, value}}, {}});
        }
        note_path({*name, axis.value.array()->data()});
        if (!is_sampling(*name)) {
            note(sweep_.axes, *name);
            return choices;
        }
        note(sweep_.sampling_axes, *name);
        return {Combination{{}, {}, {std::make_shared<const SamplingAxis>(std::move(sampling))}}};
    }

    static bool all_texts(const json::Value& values) {
        return std::all_of(values.array()->begin(), values.array()->end(),
                           [](const json::Value& item) { return item.text(); });
    }

    /// The axis that is meant by one of names where objects belong, as by "cell": ["NAME", "NAME"]; "" for any other.
    static std::string axis_of_names(std::string_view name, const json::Value& values) {
        if (name == "model" && all_texts(values)) return "cell.plugin";
        for (const Section& section : sections())
            if (section.path == name && (section.plugin || !section.variants.empty()) && all_texts(values))
                return child(name, section.plugin ? "plugin" : "name");
        return "";
    }

    Combinations read_choices(const json::Member& axis, const std::string& path) {
        if (const auto values = listed(axis.value); values && settable(axis, path))
            return wrong(axis.at, path, json::excerpt(axis.value), "a list of values",
                         fmt::format("write \"{}\": {}", axis.key, json::dump_spaced(*values)));
        if (axis.key.find_first_of(".[") != axis.key.npos ||
            std::find(sweep_roots.begin(), sweep_roots.end(), axis.key) != sweep_roots.end() || axis.key.empty())
            return wrong(axis.at, path, fmt::format("labelled choices under \"{}\"", axis.key),
                         "a name for an axis of labelled choices, not a path",
                         fmt::format("for values, write \"{}\": [VALUE, …]; for labelled choices, choose another name, "
                                     "as in \"system\"",
                                     axis.key));
        if (axis.value.object()->empty())
            return wrong(axis.value.at, path, "an empty axis", "at least one labelled choice",
                         "add choices, or remove the axis");
        std::vector<Combinations> choices;
        std::size_t count = 0;
        for (const json::Member& choice : *axis.value.object()) {
            choices.push_back(read_patch(choice, child(path, choice.key)));
            count += choices.back().size();
            if (too_many(count, axis.at, path)) return {};
        }
        // With nothing but settings of sampling it is a sampling axis.
        const auto samples_only = [](const Combinations& list) {
            return std::all_of(list.begin(), list.end(), [](const Combination& each) { return each.sets.empty(); });
        };
        const auto samples = [](const Combinations& list) {
            return std::any_of(list.begin(), list.end(),
                               [](const Combination& each) { return !each.sampling.empty(); });
        };
        if (std::all_of(choices.begin(), choices.end(), samples_only) &&
            std::any_of(choices.begin(), choices.end(), samples)) {
            note(sweep_.sampling_axes, axis.key);
            SamplingAxis sampling;
            for (std::size_t i = 0; i < choices.size(); ++i)
                for (const Combination& each : choices[i]) {
                    if (too_many_points(sampling.size() + product_size(each.sampling), axis.at, path)) return {};
                    for (SamplingChoice& one : product(each.sampling)) {
                        one.labels.insert(one.labels.begin(), {axis.key, json::Value((*axis.value.object())[i].key)});
                        sampling.push_back(std::move(one));
                    }
                }
            return {Combination{{}, {}, {std::make_shared<const SamplingAxis>(std::move(sampling))}}};
        }
        note(sweep_.axes, axis.key, inner_axes(choices));
        Combinations all;
        for (std::size_t i = 0; i < choices.size(); ++i)
            for (Combination& each : choices[i]) {
                each.labels.insert(each.labels.begin(), {axis.key, json::Value((*axis.value.object())[i].key)});
                all.push_back(std::move(each));
            }
        return all;
    }

    /// A labelled choice: what it sets, times its inner sweep.
    Combinations read_patch(const json::Member& choice, const std::string& path) {
        Combination patch;
        Combinations inner{Combination{}};
        if (!choice.value.object()) {
            wrong(choice.value.at, path, json::excerpt(choice.value),
                  "an object of PATH: VALUE, with or without an inner \"sweep\"",
                  "write it as in {\"cell.hidden\": 64}");
            return inner;
        }
        if (choice.value.object()->size() > most_axes) {
            wrong(choice.value.at, path, fmt::format("{} settings in one choice", choice.value.object()->size()),
                  fmt::format("at most {}", most_axes), "write several manifests");
            return inner;
        }
        SamplingChoice sampling;
        const json::Member* inner_sweep = nullptr;
        for (const json::Member& member : *choice.value.object()) {
            if (member.key == "sweep") {
                inner_sweep = &member;
                continue;
            }
            const auto name = settable(member, child(path, member.key));
            if (!name) continue;
            Combination one{{{*name, &member.value}}, {}, {}};
            Combination before = patch;
            append(before.sets, sampling.sets);
            refuse_overlap(touched({before}), touched({one}), member, path);
            (is_sampling(*name) ? sampling.sets : patch.sets).push_back({*name, &member.value});
            note_path({*name, &member.value});
        }
        if (!sampling.sets.empty()) patch.sampling.push_back(std::make_shared<const SamplingAxis>(1, sampling));
        if (inner_sweep) {
            inner = read(inner_sweep->value, child(path, "sweep"));
            refuse_overlap(touched({patch}), touched(inner), *inner_sweep, path);
        }
        for (Combination& each : inner) {
            each.sets.insert(each.sets.begin(), patch.sets.begin(), patch.sets.end());
            each.sampling.insert(each.sampling.begin(), patch.sampling.begin(), patch.sampling.end());
        }
        return inner;
    }

    /// The normal form of a path that a sweep may set.
    std::optional<std::string> settable(const json::Member& member, const std::string& path) {
        auto normal = normal_path(member.key);
        const std::string head(path_head(normal ? *normal : member.key));
        const bool rooted = normal && std::find(sweep_roots.begin(), sweep_roots.end(), head) != sweep_roots.end();
        std::string help = normal ? instead_of_path(*normal, checker_.catalog()) : "";
        if (rooted && help.empty()) return normal;
        if (member.key.find('/') != member.key.npos) {
            std::string dotted = member.key;
            std::replace(dotted.begin(), dotted.end(), '/', '.');
            help = base::did_you_mean(dotted);
        }
        const std::string near = base::nearest(head, {sweep_roots.begin(), sweep_roots.end()});
        if (help.empty()) help = near.empty() ? "correct the path, as in \"cell.hidden\"" : base::did_you_mean(near);
        wrong(member.at, path, fmt::format("unknown path \"{}\"", member.key),
              fmt::format("a path that begins with {}", fmt::join(sweep_roots, ", ")), std::move(help));
        return std::nullopt;
    }

    /// No combination may set one path twice, nor have two axes of one name.
    void refuse_overlap(const std::set<std::string>& one, const std::set<std::string>& other, const json::Member& axis,
                        const std::string& path) {
        for (const std::string& a : one)
            for (const std::string& b : other)
                if (overlap(a, b))
                    wrong(axis.at, child(path, axis.key),
                          a == b
                              ? fmt::format("\"{}\" set twice in one combination", a)
                              : fmt::format("\"{}\" and \"{}\" set in one combination", std::min(a, b), std::max(a, b)),
                          "each path set at most once, by an axis or by a choice", "remove one of the two");
    }

    static std::set<std::string> touched(const Combinations& combinations) {
        std::set<std::string> all;
        const auto add = [&](const auto& part) {
            for (const Assignment& assignment : part.sets) all.insert(assignment.path);
            for (const Label& label : part.labels) all.insert(label.axis);
        };
        for (const Combination& combination : combinations) {
            add(combination);
            for (const auto& axis : combination.sampling)
                for (const SamplingChoice& choice : *axis) add(choice);
        }
        return all;
    }

    static std::set<std::string> inner_axes(const std::vector<Combinations>& choices) {
        std::set<std::string> inner;
        for (const Combinations& list : choices)
            for (const Combination& combination : list)
                for (const Label& label : combination.labels) inner.insert(label.axis);
        return inner;
    }

    /// Adds a name once, before the axes inside it.
    static void note(std::vector<std::string>& names, const std::string& name,
                     const std::set<std::string>& inner = {}) {
        if (std::find(names.begin(), names.end(), name) != names.end()) return;
        const auto place =
            std::find_if(names.begin(), names.end(), [&](const std::string& each) { return inner.count(each) > 0; });
        names.insert(place, name);
    }

    void note_path(Assignment assignment) {
        if (sweep_.paths.size() > most_paths) return;
        if (std::any_of(sweep_.paths.begin(), sweep_.paths.end(),
                        [&](const Assignment& each) { return each.path == assignment.path; }))
            return;
        sweep_.paths.push_back(std::move(assignment));
        if (sweep_.paths.size() > most_paths)
            wrong(sweep_.paths.back().value->at, "sweep", fmt::format("more than {} different paths", most_paths),
                  fmt::format("at most {}", most_paths), "sweep over fewer settings, or write several manifests");
    }

    bool too_much(std::size_t count, json::Position at, const std::string& path) {
        if (count <= most_assignments) return false;
        wrong(at, path, fmt::format("combinations that set {} values so far", count),
              fmt::format("at most {}", most_assignments), "sweep over fewer values, or write several manifests");
        diagnostics_.raise();  // what a part of it would do is no use, and takes long
        return true;
    }

    bool too_many_points(std::size_t count, json::Position at, const std::string& path) {
        if (count <= most_sampling_points) return false;
        wrong(at, path, fmt::format("more than {} sampling settings", most_sampling_points),
              fmt::format("at most {}", most_sampling_points),
              "sample with fewer settings, or write several manifests");
        diagnostics_.raise();  // what a part of it would do is no use, and takes long
        return true;
    }

    bool too_many(std::size_t count, json::Position at, const std::string& path) {
        if (count <= most) return false;
        wrong(at, path, fmt::format("{} combinations so far", count), fmt::format("at most {}", most),
              "sweep over fewer values, or write several manifests");
        diagnostics_.raise();  // what a part of it would do is no use, and takes long
        return true;
    }

    Combinations wrong(json::Position at, const std::string& path, std::string found, std::string wanted,
                       std::string next) {
        diagnostics_.add({checker_.where(at, path), std::move(found), std::move(wanted), std::move(next)});
        sweep_.damaged = true;
        return {};
    }

    Sweep& sweep_;
    const Checker& checker_;
    base::Diagnostics& diagnostics_;
};

}  // namespace

Sweep read_sweep(const json::Value* sweep, const Checker& checker, base::Diagnostics& diagnostics) {
    Sweep result;
    result.combinations =
        sweep ? Reader(result, checker, diagnostics).read(*sweep, "sweep") : Combinations{Combination{}};
    return result;
}

std::size_t product_size(const std::vector<std::shared_ptr<const std::vector<SamplingChoice>>>& axes) {
    std::size_t size = 1;
    for (const auto& axis : axes) size = std::min(size * axis->size(), most_sampling_points + 1);
    return size;
}

std::vector<SamplingChoice> product(const std::vector<std::shared_ptr<const std::vector<SamplingChoice>>>& axes) {
    std::vector<SamplingChoice> all{SamplingChoice{}};
    for (const auto& axis : axes) {
        std::vector<SamplingChoice> next;
        for (const SamplingChoice& before : all)
            for (const SamplingChoice& choice : *axis) {
                next.push_back(before);
                append(next.back().sets, choice.sets);
                append(next.back().labels, choice.labels);
            }
        all = std::move(next);
    }
    return all;
}

json::Value nested(const std::vector<Label>& labels) {
    json::Value axes{json::Object{}};
    for (const Label& label : labels) set_at(axes, label.axis, label.value);
    return axes;
}

}  // namespace unroll::manifest
