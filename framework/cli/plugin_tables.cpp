// What `unroll plugins` says, as text.
#include "cli/plugin_tables.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <cmath>
#include <filesystem>

#include "base/nearest.h"
#include "cli/table.h"
#include "plugins/options_check.h"

namespace unroll::cli {

namespace {

namespace json = boost::json;
using plugins::Catalog;
using plugins::Folder;
using plugins::Found;
using plugins::Refused;

/// What has the name, or everything when it is empty. Throws Error when that is nothing.
struct Selection {
    std::vector<Found> found;
    std::vector<Refused> refused;
};

Selection select(const Catalog& catalog, const std::string& name) {
    if (name.empty()) return {catalog.found(), catalog.refused()};
    Selection selection;
    std::vector<std::string> names;
    for (const Found& found : catalog.found()) {
        names.emplace_back(found.plugin->name);
        if (found.plugin->name == name) selection.found.push_back(found);
    }
    for (const Refused& refused : catalog.refused())
        if (refused.file.stem() == name) selection.refused.push_back(refused);
    if (!selection.found.empty()) return selection;
    if (!selection.refused.empty()) {
        Problem problem = selection.refused[0].problem;
        problem.found = fmt::format("'{}' was refused: {}", name, problem.found);
        throw Error(problem);
    }
    const std::string near = base::nearest(name, names);
    throw Error({"command line", fmt::format("no plugin is named '{}'", name),
                 names.empty() ? "a plugin, but none was found" : fmt::format("{}", fmt::join(names, ", ")),
                 near.empty() ? "run 'unroll plugins' to see where plugins are looked for; --plugin-path adds a folder"
                              : base::did_you_mean(near)});
}

/// Where the file is, short: relative to the working directory when it is below.
std::string shown(const std::filesystem::path& file) {
    const auto relative = file.lexically_relative(std::filesystem::current_path());
    return relative.empty() || *relative.begin() == ".." ? file.string() : relative.string();
}

std::string options_table(const Plugin& plugin) {
    if (plugin.options.empty()) return "  no options\n";
    store::Table table{{"option", "type", "default", "allowed", "what it is"}, {}};
    for (const Option& option : plugin.options) {
        const std::string standard = *option.default_json ? option.default_json : "(required)";
        table.rows.push_back({option.name, std::string(plugins::to_string(option.type)), standard,
                              plugins::allowed(option), option.help});
    }
    return render(table, Format::table);
}

json::value json_value(const char* text) {
    return *text ? json::parse(text) : json::value(nullptr);
}

json::object json_option(const Option& option) {
    json::object object{{"name", option.name},
                        {"type", std::string(plugins::to_string(option.type))},
                        {"required", !*option.default_json},
                        {"default", json_value(option.default_json)}};
    const bool ranged = option.type == Option::Type::integer || option.type == Option::Type::number ||
                        option.type == Option::Type::numbers;
    if (ranged && std::isfinite(option.minimum)) object["minimum"] = json::parse(plugins::to_json(option.minimum));
    if (ranged && std::isfinite(option.maximum)) object["maximum"] = json::parse(plugins::to_json(option.maximum));
    if (option.type == Option::Type::choice) {
        json::array words;
        for (const std::string& word : plugins::words(option)) words.emplace_back(word);
        object["choices"] = words;
    }
    object["allowed"] = plugins::allowed(option);
    object["help"] = option.help;
    return object;
}

}  // namespace

std::string describe(const Catalog& catalog, const std::vector<Folder>& folders, const std::string& name) {
    const Selection selection = select(catalog, name);
    std::string text;
    if (name.empty()) {
        store::Table table{{"kind", "name", "revision", "summary", "file"}, {}};
        for (const auto& [plugin, file] : selection.found)
            table.rows.push_back({std::string(plugins::to_string(plugin->kind)), plugin->name,
                                  std::int64_t{plugin->revision}, plugin->summary, shown(file)});
        text += selection.found.empty() ? "no plugins found\n" : render(table, Format::table);
        text += "\nlooked in\n";
        for (const Folder& folder : folders) {
            std::error_code error;
            const bool there = std::filesystem::is_directory(folder.path, error);
            text += fmt::format("  {} ({}{})\n", std::filesystem::absolute(folder.path).string(), folder.why,
                                there ? "" : "; not there");
        }
    }
    for (const auto& [plugin, file] : selection.found)
        if (!name.empty())
            text += fmt::format("{}{} '{}', revision {}: {}\n{}\n\n{}", text.empty() ? "" : "\n",
                                plugins::to_string(plugin->kind), plugin->name, plugin->revision, plugin->summary,
                                shown(file), options_table(*plugin));
    if (!selection.refused.empty()) text += "\nrefused\n";
    for (const Refused& refused : selection.refused)
        text += fmt::format("  {}: {}\n    expected: {}\n    help: {}\n", refused.problem.where, refused.problem.found,
                            refused.problem.expected, refused.problem.help);
    return text;
}

std::string describe_json(const Catalog& catalog, const std::vector<Folder>& folders, const std::string& name) {
    const Selection selection = select(catalog, name);
    json::array found, refused, looked;
    for (const auto& [plugin, file] : selection.found) {
        json::array options;
        for (const Option& option : plugin->options) options.push_back(json_option(option));
        found.push_back({{"kind", std::string(plugins::to_string(plugin->kind))},
                         {"name", plugin->name},
                         {"revision", plugin->revision},
                         {"summary", plugin->summary},
                         {"file", file.string()},
                         {"options", std::move(options)}});
    }
    for (const Refused& entry : selection.refused)
        refused.push_back({{"file", entry.file.string()},
                           {"where", entry.problem.where},
                           {"found", entry.problem.found},
                           {"wanted", entry.problem.expected},
                           {"next", entry.problem.help}});
    for (const Folder& folder : folders) looked.push_back({{"path", folder.path.string()}, {"why", folder.why}});
    return json::serialize(json::object{{"found", found}, {"refused", refused}, {"folders", looked}}) + "\n";
}

}  // namespace unroll::cli
