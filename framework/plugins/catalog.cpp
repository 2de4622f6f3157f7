// The plugins at hand: keeping them in order, looking them up, and saying why one is not there.
#include "plugins/catalog.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "base/nearest.h"
#include "base/text.h"

namespace unroll::plugins {

namespace {

std::string file_or_linked(const std::filesystem::path& file) {
    return file.empty() ? "the program itself" : file.string();
}

Refused twice(const Found& refused, const Found& other) {
    const std::string name(refused.plugin->name);
    return {
        refused.file,
        refused.plugin->kind,
        {file_or_linked(refused.file),
         fmt::format("a {} named '{}', as in {}", to_string(refused.plugin->kind), name, file_or_linked(other.file)),
         "one plugin for each kind and name", "remove one of the two files, or give one plugin another name"}};
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
    std::string near = base::nearest(name, names);
    for (const Found& entry : found_)  // "transformer" stands in the summary of one
        if (near.empty() && name.size() >= 3 && entry.plugin->kind == kind &&
            base::lower(entry.plugin->summary).find(base::lower(name)) != std::string::npos)
            near = entry.plugin->name;
    std::string help = near.empty() ? "" : base::did_you_mean(near) + " ";
    if (const auto folder = std::find_if(refused_.begin(), refused_.end(),
                                         [](const Refused& each) { return each.file.extension() != ".so"; });
        folder != refused_.end())
        help += fmt::format("the plugins of {} were refused: {}; ", folder->file.string(), folder->problem.found);
    return {"", fmt::format("no {} is named '{}'", what, name),
            names.empty() ? fmt::format("a {}, but none was found", what) : fmt::format("{}", fmt::join(names, ", ")),
            help + "'unroll plugins' shows where plugins are looked for, and --plugin-path adds a folder"};
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

}  // namespace unroll::plugins
