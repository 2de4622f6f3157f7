// The output of `unroll plugins`.
#include "cli/plugin_tables.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>

#include "base/nearest.h"
#include "base/visible.h"
#include "cli/print.h"
#include "cli/table.h"
#include "json/parse.h"
#include "json/write.h"
#include "manifest/data_files/remote.h"
#include "manifest/schema.h"
#include "plugins/options_check.h"

namespace unroll::cli {

namespace {

using plugins::Catalog;
using plugins::Folder;
using plugins::Found;
using plugins::Refused;

/// The plugins of this name, or all of them when it is empty. Throws Error when there is none.
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
    for (const Refused& refused : catalog.refused())
        if (refused.file.extension() != ".so")
            throw Error(
                {"command line", fmt::format("no plugin is named '{}'", name),
                 fmt::format("a plugin; those of {} were refused: {}", refused.file.string(), refused.problem.found),
                 refused.problem.help});
    const std::string near = base::nearest(name, names);
    throw Error(
        {"command line", fmt::format("no plugin is named '{}'", name),
         names.empty() ? "a plugin, but none was found" : "one of: " + fmt::format("{}", fmt::join(names, ", ")),
         near.empty() ? "run 'unroll plugins' for the folders that are searched; --plugin-path adds one"
                      : base::did_you_mean(near)});
}

/// The file's path, relative to the working directory when it is below.
std::string shown(const std::filesystem::path& file) {
    const auto relative = file.lexically_relative(std::filesystem::current_path());
    return relative.empty() || *relative.begin() == ".." ? file.string() : relative.string();
}

/// A plugin's own words.
std::string line(std::string_view text) {
    return base::visible_line(text);
}

std::string options_table(const Plugin& plugin) {
    if (plugin.options.empty()) return "  no options\n";
    store::Table table{{"option", "type", "default", "allowed values", "description"}, {}};
    for (const Option& option : plugin.options) {
        const std::string standard = *option.default_json ? option.default_json : "(required)";
        table.rows.push_back({option.name, std::string(plugins::to_string(option.type)), standard,
                              plugins::allowed(option), option.help});
        if (const auto keys = manifest::remote_keys(plugin, option)) {
            table.rows.push_back(
                {keys->url, "text", "", "a URL", fmt::format("where to download the file of {}", option.name)});
            table.rows.push_back({keys->sha256, "text", "", "64 hexadecimal digits",
                                  fmt::format("its SHA-256 checksum; required with {}", keys->url)});
        }
    }
    return render(table, Format::table, on_standard_output({.hide_first = {"type"}}));
}

/// What a manifest may say of every cell, beside its options and its name.
std::vector<const manifest::Setting*> settings_of_cells() {
    std::vector<const manifest::Setting*> all;
    for (const manifest::Setting& setting : manifest::section("cell").settings)
        if (!setting.required) all.push_back(&setting);
    return all;
}

/// As JSON: the plugin's own where it has one.
std::string default_of(const manifest::Setting& setting, const Plugin& plugin) {
    if (std::string_view(setting.option.name) == "initializer")
        return fmt::format("\"{}\"", to_string(plugin.initializer));
    return setting.option.default_json;
}

std::string settings_table(const Plugin& plugin) {
    store::Table table{{"setting", "type", "default", "allowed values", "description"}, {}};
    for (const manifest::Setting* setting : settings_of_cells())
        table.rows.push_back({setting->option.name, std::string(plugins::to_string(setting->option.type)),
                              default_of(*setting, plugin), manifest::allowed(*setting), setting->option.help});
    return "\nsettings of every cell\n" + render(table, Format::table, on_standard_output({.hide_first = {"type"}}));
}

/// A bound, as a whole number where the option takes only these.
json::Value json_bound(const Option& option, double bound) {
    if (option.type == Option::Type::integer) return static_cast<std::int64_t>(bound);
    return bound;
}

json::Value json_option(const Option& option) {
    const bool is_required = !*option.default_json;
    json::Value object{json::Object()};
    object.set("name", option.name);
    object.set("type", plugins::to_string(option.type));
    object.set("required", is_required);
    object.set("default", is_required ? json::Value() : json::parse(option.default_json, option.name));
    const bool ranged = option.type == Option::Type::integer || option.type == Option::Type::number ||
                        option.type == Option::Type::numbers;
    if (ranged && std::isfinite(option.minimum)) object.set("minimum", json_bound(option, option.minimum));
    if (ranged && std::isfinite(option.maximum)) object.set("maximum", json_bound(option, option.maximum));
    if (option.type == Option::Type::choice) {
        json::Array words;
        for (const std::string& word : plugins::words(option)) words.emplace_back(word);
        object.set("choices", std::move(words));
    }
    object.set("allowed", plugins::allowed(option));
    object.set("help", option.help);
    return object;
}

json::Value json_found(const Found& found) {
    json::Array options;
    for (const Option& option : found.plugin->options) options.push_back(json_option(option));
    json::Value object{json::Object()};
    object.set("kind", plugins::to_string(found.plugin->kind));
    object.set("name", found.plugin->name);
    object.set("revision", std::int64_t{found.plugin->revision});
    object.set("summary", found.plugin->summary);
    object.set("file", found.file.string());
    object.set("options", std::move(options));
    if (found.plugin->kind == Plugin::Kind::cell) {
        json::Array settings;
        for (const manifest::Setting* setting : settings_of_cells()) {
            settings.push_back(json_option(setting->option));
            settings.back().set("required", false);
            settings.back().set("default", json::parse(default_of(*setting, *found.plugin), setting->option.name));
        }
        object.set("settings", std::move(settings));
    }
    return object;
}

json::Value json_refused(const Refused& refused) {
    json::Value object{json::Object()};
    object.set("file", refused.file.string());
    object.set("where", refused.problem.where);
    object.set("found", refused.problem.found);
    object.set("expected", refused.problem.expected);
    object.set("help", refused.problem.help);
    return object;
}

json::Value json_folder(const Folder& folder) {
    json::Value object{json::Object()};
    object.set("path", folder.path.string());
    object.set("why", folder.why);
    return object;
}

template <class Item>
json::Array json_array(const std::vector<Item>& items, json::Value (*convert)(const Item&)) {
    json::Array array;
    for (const Item& item : items) array.push_back(convert(item));
    return array;
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
        text += selection.found.empty()
                    ? "no plugins found\n"
                    : render(table, Format::table, on_standard_output({.hide_first = {"file", "revision"}}));
        text += "\nfolders searched\n";
        for (const Folder& folder : folders) {
            std::error_code error;
            const bool there = std::filesystem::is_directory(folder.path, error);
            text += fmt::format("  {} ({}{})\n", line(std::filesystem::absolute(folder.path).string()), folder.why,
                                there ? "" : "; does not exist");
        }
    }
    for (const auto& [plugin, file] : selection.found)
        if (!name.empty())
            text += fmt::format("{}{} '{}', revision {}: {}\n{}\n\n{}{}", text.empty() ? "" : "\n",
                                plugins::to_string(plugin->kind), line(plugin->name), plugin->revision,
                                line(plugin->summary), line(shown(file)), options_table(*plugin),
                                plugin->kind == Plugin::Kind::cell ? settings_table(*plugin) : "");
    if (!selection.refused.empty()) text += "\nrefused\n";
    for (const Refused& refused : selection.refused)
        text += fmt::format("  {}: {}\n    expected: {}\n    help: {}\n", line(refused.problem.where),
                            line(refused.problem.found), line(refused.problem.expected), line(refused.problem.help));
    return text;
}

std::string describe_json(const Catalog& catalog, const std::vector<Folder>& folders, const std::string& name) {
    const Selection selection = select(catalog, name);
    json::Value object{json::Object()};
    object.set("found", json_array(selection.found, json_found));
    object.set("refused", json_array(selection.refused, json_refused));
    object.set("folders", json_array(folders, json_folder));
    return visible_json(json::dump(object)) + "\n";
}

}  // namespace unroll::cli
