// Matching what is to be skipped.
#include "manifest/skip.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.h"
#include "json/write.h"
#include "manifest/path.h"
#include "plugins/catalog.h"

namespace unroll::manifest {
namespace {

constexpr std::string_view prefix = "sampling.";

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

const json::Value* labelled(const std::vector<Label>& labels, const std::string& axis) {
    const auto label = std::find_if(labels.begin(), labels.end(), [&](const Label& each) { return each.axis == axis; });
    return label == labels.end() ? nullptr : &label->value;
}

bool equals(const json::Value* actual, const json::Value& wanted) {
    if (!actual) return false;
    if (*actual == wanted) return true;
    return wanted.array() && std::any_of(wanted.array()->begin(), wanted.array()->end(),
                                         [&](const json::Value& each) { return *actual == each; });
}

}  // namespace

Skips::Skips(const json::Value* skip, const Sweep& sweep, const Checker& checker, base::Diagnostics& diagnostics)
    : checker_(checker) {
    if (!skip) return;
    const auto wrong = [&](json::Position at, const std::string& path, std::string found, std::string wanted,
                           std::string next) {
        diagnostics.add({checker.where(at, path), std::move(found), std::move(wanted), std::move(next)});
    };
    if (!skip->array()) {
        wrong(skip->at, "skip", json::excerpt(*skip), "a list of objects of AXIS OR PATH: VALUE", "enclose it in [ ]");
        return;
    }
    std::vector<std::string> axes = sweep.axes;
    axes.insert(axes.end(), sweep.sampling_axes.begin(), sweep.sampling_axes.end());
    for (const json::Value& item : *skip->array()) {
        const std::string path = fmt::format("skip.{}", &item - skip->array()->data());
        if (!item.object() || item.object()->empty()) {
            wrong(item.at, path, json::excerpt(item), "an object of AXIS OR PATH: VALUE",
                  "name at least one axis and its value");
            continue;
        }
        Entry entry{&item, {}};
        for (const json::Member& member : *item.object()) {
            const std::string name = normal_path(member.key).value_or(member.key);
            const bool is_path = name.find('.') != name.npos || name == "seed";
            if (!contains(axes, name) && !is_path) {
                const std::string near = base::nearest(name, axes);
                wrong(member.at, child(path, member.key), fmt::format("unknown axis \"{}\"", member.key),
                      fmt::format("an axis ({}) or the path of a setting",
                                  axes.empty() ? "there is none" : fmt::format("{}", fmt::join(axes, ", "))),
                      near.empty() ? "correct the name" : base::did_you_mean(near));
                continue;
            }
            const bool sampling = contains(sweep.sampling_axes, name) || name.starts_with(prefix);
            entry.terms.push_back({name, &member.value, sampling});
            entry.sampling = entry.sampling || sampling;
        }
        if (entry.terms.size() == item.object()->size()) entries_.push_back(std::move(entry));
    }
}

std::optional<std::uint32_t> Skips::trial(const std::vector<Label>& labels, const json::Value& settings) {
    for (Entry& entry : entries_) {
        const bool matches =
            !entry.sampling && std::all_of(entry.terms.begin(), entry.terms.end(), [&](const Term& term) {
                const json::Value* label = labelled(labels, term.name);
                return equals(label, *term.value) || (!label && equals(find_at(settings, term.name), *term.value));
            });
        if (!matches) continue;
        entry.used = true;
        return entry.json->at.line;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> Skips::sampling(const std::vector<Label>& labels, const json::Value& settings,
                                             const std::vector<Label>& sampling_labels, const json::Value& point) {
    for (Entry& entry : entries_) {
        const bool matches =
            entry.sampling && std::all_of(entry.terms.begin(), entry.terms.end(), [&](const Term& term) {
                const auto in = [&](const std::vector<Label>& list, const json::Value& root, std::string_view path) {
                    const json::Value* label = labelled(list, term.name);
                    return equals(label, *term.value) || equals(find_at(root, path), *term.value);
                };
                if (!term.sampling) return in(labels, settings, term.name);
                const std::string_view path = term.name;
                return in(sampling_labels, point, path.starts_with(prefix) ? path.substr(prefix.size()) : path);
            });
        if (!matches) continue;
        entry.used = true;
        return entry.json->at.line;
    }
    return std::nullopt;
}

bool Skips::any_sampling() const {
    return std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.sampling; });
}

void Skips::report_unused(base::Diagnostics& diagnostics) const {
    for (const Entry& entry : entries_)
        if (!entry.used)
            diagnostics.add({checker_.where(entry.json->at, fmt::format("skip.{}", &entry - entries_.data())),
                             fmt::format("{}, which no combination matches", json::excerpt(*entry.json)),
                             "an entry that matches at least one combination",
                             "correct the axis or value, or remove the entry"});
}

}  // namespace unroll::manifest
