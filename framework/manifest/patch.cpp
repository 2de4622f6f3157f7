// Assignments and the resets that come with some of them.
#include "manifest/patch.h"

#include <fmt/core.h>

#include <algorithm>

#include "json/write.h"
#include "manifest/path.h"
#include "manifest/suggestion.h"
#include "plugins/options_check.h"

namespace unroll::manifest {
namespace {

/// The setting at a path, when others of its section depend on it.
struct Selector {
    const Section* section = nullptr;
    std::string_view parent;  ///< path of the object
    std::string_view name;
};

std::optional<Selector> selector_at(std::string_view path) {
    const std::size_t point = path.rfind('.');
    if (point == path.npos) return std::nullopt;
    const std::string_view parent = path.substr(0, point), name = path.substr(point + 1);
    std::string_view base = parent;  // without a list's index
    if (const std::size_t before = base.rfind('.');
        before != base.npos && base.find_first_not_of("0123456789", before + 1) == base.npos)
        base = base.substr(0, before);
    for (const Section& each : sections()) {
        if (each.path != base) continue;
        if (each.plugin && name == "plugin") return Selector{&each, parent, name};
        for (const Setting& setting : each.settings)
            if (setting.condition.selector == name) return Selector{&each, parent, name};
    }
    return std::nullopt;
}

/// Whether the setting exists whatever the selector's value is.
bool is_common(const Section& section, std::string_view name, std::string_view by) {
    std::string_view choices;
    for (const Setting& setting : section.settings)
        if (setting.option.name == by) choices = setting.option.choices;
    for (const Setting& setting : section.settings)
        if (setting.option.name == name && setting.condition.selector != by) return true;
    while (!choices.empty()) {
        const std::string_view word = choices.substr(0, choices.find('|'));
        if (std::none_of(section.settings.begin(), section.settings.end(), [&](const Setting& setting) {
                return setting.option.name == name && holds(setting, by, word);
            }))
            return false;
        choices.remove_prefix(std::min(choices.size(), word.size() + 1));
    }
    return true;
}

/// Drops what belongs to the former choice. What never belonged to it is a problem, or stays to be found as one.
void reset(json::Value& object, const Selector& selector, const std::string& former, const Checker& checker,
           base::Diagnostics& diagnostics) {
    const std::vector<std::string> own = names(*selector.section);
    const std::string path(selector.parent);
    const bool by_plugin = selector.section->plugin;
    const Plugin* plugin = by_plugin ? checker.catalog().find(plugin_kind(*selector.section), former) : nullptr;
    if (by_plugin && !plugin) {
        Problem problem = checker.catalog().missing(plugin_kind(*selector.section), former);
        problem.where = checker.where(object.find("plugin")->at, child(path, "plugin"));
        diagnostics.add(std::move(problem));
    }
    std::erase_if(*object.object(), [&](const json::Member& member) {
        const bool declared = std::find(own.begin(), own.end(), member.key) != own.end();
        if (by_plugin) {
            if (!declared && plugin && !plugins::find_option(*plugin, member.key) &&
                !is_remote_key(*plugin, member.key))
                diagnostics.add(checker.unknown_option(*selector.section, *plugin, member, path));
            return !declared;
        }
        if (!declared || is_common(*selector.section, member.key, selector.name)) return false;
        const auto& settings = selector.section->settings;
        if (std::none_of(settings.begin(), settings.end(), [&](const Setting& setting) {
                return setting.option.name == member.key && holds(setting, selector.name, former);
            }))
            diagnostics.add(out_of_place(*selector.section, path, member, object,
                                         checker.where(member.at, child(path, member.key))));
        return true;
    });
}

/// Drops what stands beside a path that becomes another one: where that file is to be had, and its checksum.
void reset_remote(json::Value& manifest, const Assignment& assignment, const Checker& checker) {
    const std::size_t point = assignment.path.rfind('.');
    if (point == std::string::npos) return;
    const std::string parent = assignment.path.substr(0, point), name = assignment.path.substr(point + 1);
    json::Value* object = const_cast<json::Value*>(find_at(manifest, parent));
    const json::Value* plugin_name = object && parent == "dataset" ? object->find("plugin") : nullptr;
    if (!plugin_name || !plugin_name->text()) return;
    const Plugin* plugin = checker.catalog().find(Plugin::Kind::dataset, *plugin_name->text());
    const Option* option = plugin ? plugins::find_option(*plugin, name) : nullptr;
    const auto keys = option ? remote_keys(*plugin, *option) : std::nullopt;
    const json::Value* former = object->find(name);
    if (!keys || (former && *former == *assignment.value)) return;
    std::erase_if(*object->object(),
                  [&](const json::Member& member) { return member.key == keys->url || member.key == keys->sha256; });
}

void set(json::Value& manifest, const Assignment& assignment, const Checker& checker, base::Diagnostics& diagnostics) {
    const json::Value* obstacle = set_at(manifest, assignment.path, *assignment.value);
    if (!obstacle) return;
    const bool list = obstacle->array();
    diagnostics.add({checker.where(assignment.value->at, assignment.path),
                     fmt::format("a path through {}", json::excerpt(*obstacle)),
                     list ? "an entry of the list by its number from 0, as in cell.0.hidden" : "a path through objects",
                     "correct the path, or what the manifest has there"});
}

}  // namespace

void assign(json::Value& manifest, const std::vector<Assignment>& assignments, const Checker& checker,
            base::Diagnostics& diagnostics) {
    for (const Assignment& assignment : assignments) {
        const auto selector = selector_at(assignment.path);
        if (!selector) continue;
        json::Value* object = const_cast<json::Value*>(find_at(manifest, selector->parent));
        const json::Value* former = object ? object->find(selector->name) : nullptr;
        if (former && former->text() && *former != *assignment.value)
            reset(*object, *selector, std::string(*former->text()), checker, diagnostics);
        set(manifest, assignment, checker, diagnostics);
    }
    for (const Assignment& assignment : assignments) reset_remote(manifest, assignment, checker);
    for (const Assignment& assignment : assignments)
        if (!selector_at(assignment.path)) set(manifest, assignment, checker, diagnostics);
}

}  // namespace unroll::manifest
