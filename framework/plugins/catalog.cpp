// The plugins at hand: keeping them in order, looking them up, and saying why one is not there.
#include "plugins/catalog.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <tuple>

namespace unroll::plugins {

namespace {

std::string file_or_linked(const std::filesystem::path& file) {
    return file.empty() ? "the program itself" : file.string();
}

Refused twice(const Found& refused, const Found& other) {
    const std::string name(refused.plugin->name);
    return {refused.file,
            refused.plugin->kind,
            {file_or_linked(refused.file),
             fmt::format("a {} named '{}', which {} is too", to_string(refused.plugin->kind), name,
                         file_or_linked(other.file)),
             "one plugin of a kind and name", "remove one of the two files, or give one plugin another name"}};
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

/// Edits that lead from a to b: a letter added, removed, replaced, or two neighbours swapped.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

}  // namespace

bool Catalog::add(Found found) {
    const auto key = [](const Found& entry) {
        return std::tuple(entry.plugin->kind, std::string_view(entry.plugin->name));
    };
    const auto same = [&](const Found& entry) { return key(entry) == key(found); };

    if (const auto first = std::find_if(ambiguous_.begin(), ambiguous_.end(), same); first != ambiguous_.end()) {
        refused_.push_back(twice(found, *first));
        return false;
    }
    if (const auto first = std::find_if(found_.begin(), found_.end(), same); first != found_.end()) {
        refused_.push_back(twice(*first, found));
        refused_.push_back(twice(found, *first));
        ambiguous_.push_back(*first);
        found_.erase(first);
        return false;
    }
    const auto place =
        std::find_if(found_.begin(), found_.end(), [&](const Found& entry) { return key(found) < key(entry); });
    found_.insert(place, std::move(found));
    return true;
}

const Plugin* Catalog::find(Plugin::Kind kind, std::string_view name) const {
    for (const Found& entry : found_)
        if (entry.plugin->kind == kind && entry.plugin->name == name) return entry.plugin;
    return nullptr;
}

Problem Catalog::missing(Plugin::Kind kind, std::string_view name) const {
    const std::string_view what = to_string(kind);
    for (const Refused& refused : refused_)
        if (refused.file.stem() == name && refused.kind.value_or(kind) == kind) {
            Problem problem = refused.problem;
            problem.found = fmt::format("{} '{}' was refused: {}", what, name, problem.found);
            return problem;
        }

    std::vector<std::string> names;
    for (const Found& entry : found_)
        if (entry.plugin->kind == kind) names.emplace_back(entry.plugin->name);
    const std::string near = nearest(name, names);
    const std::string next = near.empty() ? "" : fmt::format("write '{}' if that is what is meant; ", near);
    return {"", fmt::format("no {} is named '{}'", what, name),
            names.empty() ? fmt::format("a {}, but none was found", what) : fmt::format("{}", fmt::join(names, ", ")),
            next + "'unroll plugins' shows where plugins are looked for, and --plugin-path adds a folder"};
}

std::string_view to_string(Plugin::Kind kind) {
    switch (kind) {
        case Plugin::Kind::cell:
            return "cell";
        case Plugin::Kind::dataset:
            return "dataset";
        case Plugin::Kind::sampler:
            return "sampler";
    }
    return "unknown";
}

std::string nearest(std::string_view name, const std::vector<std::string>& names) {
    const std::string wanted = lower(name);
    std::string best;
    std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;  // further away is not a slip but another word
    for (const std::string& candidate : names)
        if (const std::size_t distance = edit_distance(wanted, lower(candidate)); distance < least) {
            least = distance;
            best = candidate;
        }
    if (!best.empty() || name.size() < 3) return best;
    for (const std::string& candidate : names)  // a part of a longer name
        if (lower(candidate).find(wanted) != std::string::npos) return candidate;
    return {};
}

}  // namespace unroll::plugins
