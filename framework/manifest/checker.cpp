// Checking settings.
#include "manifest/checker.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/nearest.h"
#include "json/parse.h"
#include "json/write.h"
#include "manifest/path.h"
#include "plugins/options_check.h"

namespace unroll::manifest {
namespace {

plugins::Given to_given(const json::Value& value) {
    plugins::Given given;
    given.value = nullptr;
    if (const bool* flag = value.boolean()) given.value = *flag;
    if (const auto* whole = value.integer()) given.value = *whole;
    if (const auto* real = value.real()) given.value = *real;
    if (const auto* text = value.text()) given.value = *text;
    if (const auto* list = value.array())
        if (std::all_of(list->begin(), list->end(),
                        [](const json::Value& item) { return item.number().has_value(); })) {
            std::vector<double> numbers;
            for (const json::Value& item : *list) numbers.push_back(*item.number());
            given.value = std::move(numbers);
        }
    return given;
}

/// A default as the table or a plugin writes it.
json::Value read(const char* json) {
    base::Diagnostics unused;
    return json::parse(json, "a default", unused).value_or(json::Value());
}

/// A whole number from 1, in whichever way it was written.
std::optional<std::int64_t> count(const json::Value& value) {
    const auto number = value.number();
    if (!number || *number < 1 || *number > 9007199254740991.0 || std::trunc(*number) != *number) return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

std::optional<double> above_zero(const json::Value& value) {
    const auto number = value.number();
    return number && *number > 0 && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<json::Value> normal_when(const json::Value& value, bool or_never) {
    if (const auto steps = count(value)) return json::Value(*steps);
    if (value.text() && (*value.text() == "epoch" || *value.text() == "end")) return value;
    if (value.object() && value.object()->size() == 1)
        if (const json::Value* epochs = value.find("epochs"); epochs && count(*epochs)) {
            if (*count(*epochs) == 1) return json::Value("epoch");
            return json::Value(json::Object{{"epochs", {}, json::Value(*count(*epochs))}});
        }
    if (or_never && value.boolean() && !*value.boolean()) return value;
    return std::nullopt;
}

std::optional<json::Value> normal_clip(const json::Value& value) {
    if (value.null()) return value;
    if (const auto norm = above_zero(value)) return json::Value(*norm);
    if (value.object() && value.object()->size() == 1)
        if (const json::Value* element = value.find("element"); element && above_zero(*element))
            return json::Value(json::Object{{"element", {}, json::Value(*above_zero(*element))}});
    return std::nullopt;
}

std::optional<json::Value> normal_names(const json::Value& value) {
    json::Array list;
    if (!value.array()) return std::nullopt;
    for (const json::Value& item : *value.array()) {
        const auto path = item.text() ? normal_path(*item.text()) : std::nullopt;
        if (!path) return std::nullopt;
        list.emplace_back(*path);
    }
    return json::Value(std::move(list));
}

/// The setting of this name that exists when the selectors have the values they have so far.
const Setting* applicable(const Section& section, std::string_view name, const json::Value& so_far,
                          std::string_view task) {
    for (const Setting& setting : section.settings) {
        if (setting.option.name != name) continue;
        const std::string_view by = selector(setting);
        if (by.empty()) return &setting;
        if (by == "task") {
            if (task.empty() || holds(setting, by, task)) return &setting;
            continue;
        }
        const json::Value* chosen = so_far.find(by);
        if (!chosen || !chosen->text() || holds(setting, by, *chosen->text())) return &setting;
    }
    return nullptr;
}

}  // namespace

std::string child(std::string_view path, std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

Problem out_of_place(const Section& section, const std::string& path, const json::Member& member,
                     const json::Value& so_far, std::string where) {
    std::vector<std::string_view> owners;
    std::string by;
    for (const Setting& setting : section.settings)
        if (setting.option.name == member.key)
            for (const std::string_view owner : selector_values(setting)) {
                owners.push_back(owner);
                by = selector(setting);
            }
    if (by == "task") {
        const bool corpus_only = owners.size() == 1 && owners.front() == "corpus";
        const std::string_view wanted = owners.front() == "images"  ? "images alone"
                                        : owners.front() == "pairs" ? "inputs with target sequences"
                                                                    : "texts, or of inputs with target sequences";
        return {std::move(where),
                corpus_only ? fmt::format("\"{}\", but the dataset is a list of examples, not a corpus", member.key)
                            : fmt::format("\"{}\", but the dataset is no list of {}", member.key, wanted),
                corpus_only ? "nothing: examples come as they are" : "what the dataset's task has",
                corpus_only ? "remove it" : "remove it, or choose another dataset"};
    }
    const std::string now = so_far.find(by) && so_far.find(by)->text() ? *so_far.find(by)->text() : "";
    std::vector<std::string_view> others;
    for (const Setting& setting : section.settings)
        if (holds(setting, by, now)) others.push_back(setting.option.name);
    return {std::move(where), fmt::format("\"{}\", but {} is \"{}\"", member.key, child(path, by), now),
            others.empty() ? fmt::format("nothing more for \"{}\"", now)
                           : fmt::format("for \"{}\": {}", now, fmt::join(others, ", ")),
            fmt::format("remove it: it belongs to {}", fmt::join(owners, ", "))};
}

json::Value to_json_value(const Options::Value& value) {
    if (const auto* list = std::get_if<std::vector<double>>(&value)) {
        json::Array array;
        for (const double number : *list) array.emplace_back(number);
        return json::Value(std::move(array));
    }
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return json::Value(*whole);
    if (const auto* real = std::get_if<double>(&value)) return json::Value(*real);
    if (const auto* flag = std::get_if<bool>(&value)) return json::Value(*flag);
    return json::Value(std::get<std::string>(value));
}

std::string Checker::where(json::Position at, std::string_view path) const {
    const std::string place = at.line ? fmt::format("{}:{}", file_, at.line) : "--set";
    return path.empty() ? place : fmt::format("{}: {}", place, path);
}

Problem Checker::unknown_key(const Section& section, const json::Member& member, const std::string& path) const {
    const std::string full = child(path, member.key);
    const std::vector<std::string> known = names(section);
    const std::string near = base::nearest(member.key, known);
    return {where(member.at, full), fmt::format("unknown key \"{}\"", member.key),
            fmt::format("{}", fmt::join(known, ", ")), near.empty() ? "remove it" : base::did_you_mean(near)};
}

Problem Checker::unknown_option(const Section& section, const Plugin& plugin, const json::Member& member,
                                const std::string& path) const {
    Problem problem = plugins::unknown_option(plugin, member.key, where(member.at, child(path, member.key)));
    std::vector<std::string> known = names(section);
    for (const Option& option : plugin.options) {
        known.emplace_back(option.name);
        if (const auto keys = remote_keys(plugin, option)) known.insert(known.end(), {keys->url, keys->sha256});
    }
    problem.expected = fmt::format("{}", fmt::join(known, ", "));
    if (const std::string near = base::nearest(member.key, known); !near.empty())
        problem.help = base::did_you_mean(near);
    return problem;
}

json::Value Checker::check_value(const Setting& setting, const json::Value& given, const std::string& path,
                                 base::Diagnostics& diagnostics) const {
    using Shape = Setting::Shape;
    std::optional<json::Value> normal;
    switch (setting.shape) {
        case Shape::plain: {
            Options options;
            if (auto problem = set_option(options, setting.option, to_given(given))) {
                problem->where = where(given.at, path);
                problem->found = json::excerpt(given);
                diagnostics.add(std::move(*problem));
                return {};
            }
            return to_json_value(options.values().begin()->second);
        }
        case Shape::names:
            normal = normal_names(given);
            break;
        case Shape::when:
        case Shape::when_or_never:
            normal = normal_when(given, setting.shape == Shape::when_or_never);
            break;
        case Shape::clip:
            normal = normal_clip(given);
            break;
        default:
            return given;
    }
    if (normal) return std::move(*normal);
    const char* const fallback = setting.option.default_json;
    diagnostics.add(
        {where(given.at, path), json::excerpt(given), allowed(setting),
         *fallback ? fmt::format("change the value, or leave it out for {}", fallback) : "change the value"});
    return {};
}

json::Value Checker::check(const Section& section, const json::Value* given, const std::string& path,
                           json::Position parent, std::string_view task, base::Diagnostics& diagnostics) {
    json::Value checked{json::Object{}};
    const bool damaged = given && !given->object();
    if (damaged) {
        diagnostics.add({where(given->at, path), json::excerpt(*given), "an object",
                         section.plugin && given->text()
                             ? fmt::format("write {{\"plugin\": {}}}", json::excerpt(*given))
                             : "write its settings as {\"KEY\": VALUE, …}"});
        given = nullptr;
    }
    if (given) parent = given->at;
    const char* last = "";
    for (const Setting& named : section.settings) {
        const char* const name = named.option.name;
        if (std::string_view(name) == last) continue;  // under another condition
        last = name;
        const Setting* setting = applicable(section, name, checked, task);
        const json::Value* value = given ? given->find(name) : nullptr;
        if (!setting) {
            if (value) {
                const auto member = std::find_if(given->object()->begin(), given->object()->end(),
                                                 [&](const json::Member& each) { return each.key == name; });
                diagnostics.add(out_of_place(section, path, *member, checked, where(member->at, child(path, name))));
            }
            continue;
        }
        const bool section_follows = setting->shape == Setting::Shape::section ||
                                     (setting->shape == Setting::Shape::section_or_null && value && !value->null());
        if (section_follows) {
            checked.object()->push_back({name,
                                         {},
                                         check(manifest::section(child(section.path, name)), value, child(path, name),
                                               parent, task, diagnostics)});
        } else if (value && !(value->null() && !*setting->option.default_json && !setting->required)) {
            checked.object()->push_back({name, {}, check_value(*setting, *value, child(path, name), diagnostics)});
        } else if (setting->required) {
            const bool unsure = task.empty() && selector(*setting) == "task";  // it may not exist for this task
            if (!tolerant_ && !damaged && !unsure)
                diagnostics.add({where(parent, child(path, name)), "nothing", allowed(*setting),
                                 fmt::format("give it: {}", setting->option.help)});
            checked.object()->push_back({name, {}, json::Value()});
        } else {
            checked.object()->push_back({name, {}, standard(*setting)});
        }
    }
    if (given && !section.plugin)
        for (const json::Member& member : *given->object())
            if (std::none_of(section.settings.begin(), section.settings.end(),
                             [&](const Setting& each) { return each.option.name == member.key; }))
                diagnostics.add(unknown_key(section, member, path));
    return checked;
}

const json::Value& Checker::standard(const Setting& setting) {
    const auto [entry, is_new] = standards_.try_emplace(&setting);
    if (is_new && *setting.option.default_json) {
        base::Diagnostics unused;
        entry->second = check_value(setting, read(setting.option.default_json), {}, unused);
    }
    return entry->second;
}

const Options& Checker::defaults(const Plugin& plugin) {
    const auto [entry, is_new] = defaults_.try_emplace(&plugin);
    if (is_new) plugins::set_defaults(entry->second, plugin);
    return entry->second;
}

bool Checker::read_remote(const RemoteKeys& keys, const json::Value& given, const std::string& path,
                          FileRequest& wanted, base::Diagnostics& diagnostics) const {
    base::Diagnostics own;
    const auto beside = [&](const std::string& key) {
        const json::Value* value = given.find(key);
        return value && !value->null() ? value : nullptr;
    };
    const auto wrong = [&](const json::Value& value, const std::string& key, std::string found, std::string allowed,
                           std::string next) {
        own.add({where(value.at, child(path, key)), std::move(found), std::move(allowed), std::move(next)});
    };
    const json::Value *url = beside(keys.url), *sha256 = beside(keys.sha256);
    if (url && url->text() && is_url(*url->text()))
        wanted.url = *url->text();
    else if (url)
        wrong(*url, keys.url, json::excerpt(*url), "a url in quotes that begins with https:// or http://",
              "correct it, or remove it and put the file there by hand");
    if (const auto digits = sha256 && sha256->text() ? normal_sha256(*sha256->text()) : std::nullopt)
        wanted.sha256 = *digits;
    else if (sha256)
        wrong(*sha256, keys.sha256, json::excerpt(*sha256), "64 hexadecimal digits in quotes",
              "write what `sha256sum FILE` prints");
    if (url && !sha256)
        wrong(*url, keys.url, fmt::format("\"{}\" without \"{}\"", keys.url, keys.sha256),
              "both, so that everybody trains on the same bytes",
              fmt::format("give \"{}\": what `sha256sum FILE` prints", keys.sha256));
    if ((url || sha256) && wanted.path.empty())
        wrong(url ? *url : *sha256, url ? keys.url : keys.sha256, "no path beside it",
              "the path of the file, which is looked for there first", "give it");
    diagnostics.add(own);
    return own.empty();
}

json::Object Checker::look_up(const Plugin& plugin, const Option& option, const json::Value& given,
                              json::Position otherwise, const std::string& path, trial::PluginChoice& choice,
                              base::Diagnostics& diagnostics) {
    const auto keys = remote_keys(plugin, option);
    FileRequest wanted{choice.options.text(option.name), "", ""};
    if (keys && !read_remote(*keys, given, path, wanted, diagnostics)) return {};
    if (wanted.path.empty()) return {};
    const Files::Found& found = files_.find(wanted);
    if (const auto* file = std::get_if<std::filesystem::path>(&found)) {
        choice.options.set(option.name, file->string());
    } else {
        Problem problem = std::get<Problem>(found);
        const std::string key = problem.where == "url"      ? keys->url
                                : problem.where == "sha256" ? keys->sha256
                                                            : std::string(option.name);
        const json::Value* written = given.find(key);
        problem.where = where(written ? written->at : otherwise, child(path, key));
        diagnostics.add(std::move(problem));
    }
    json::Object remote;
    if (!wanted.url.empty()) remote.push_back({keys->url, {}, json::Value(wanted.url)});
    if (!wanted.sha256.empty()) remote.push_back({keys->sha256, {}, json::Value(wanted.sha256)});
    return remote;
}

const Plugin* Checker::check_plugin(const Section& section, Plugin::Kind kind, const json::Value* given,
                                    const std::string& path, json::Position parent, base::Diagnostics& diagnostics,
                                    json::Value& checked, trial::PluginChoice& choice) {
    checked = check(section, given, path, parent, "", diagnostics);
    const json::Value* name = checked.find("plugin");
    if (!name->text()) return nullptr;
    choice.plugin = *name->text();
    const Plugin* plugin = catalog_.find(kind, choice.plugin);
    const json::Value& written = *given->find("plugin");
    if (!plugin) {
        Problem problem = catalog_.missing(kind, choice.plugin);
        problem.where = where(written.at, child(path, "plugin"));
        diagnostics.add(std::move(problem));
        return nullptr;
    }
    choice.options = defaults(*plugin);
    for (const json::Member& member : *given->object()) {
        if (std::any_of(section.settings.begin(), section.settings.end(),
                        [&](const Setting& each) { return each.option.name == member.key; }))
            continue;
        const std::string full = child(path, member.key);
        const Option* option = plugins::find_option(*plugin, member.key);
        if (!option && is_remote_key(*plugin, member.key)) continue;  // read with its path, below
        if (!option)
            diagnostics.add(unknown_option(section, *plugin, member, path));
        else if (auto problem = set_option(choice.options, *option, to_given(member.value))) {
            problem->where = where(member.value.at, full);
            problem->found = json::excerpt(member.value);
            diagnostics.add(std::move(*problem));
        }
    }
    bool complete = true;
    for (const Option& option : plugin->options) {
        const std::string full = child(path, option.name);
        const json::Value* own = given->find(option.name);
        if (!*option.default_json && !own && !tolerant_)
            diagnostics.add(plugins::missing_option(*plugin, option, where(given->at, full)));
        if (!choice.options.values().count(option.name)) {
            complete = false;
            continue;
        }
        json::Object remote;
        if (option.type == Option::Type::path)
            remote = look_up(*plugin, option, *given, written.at, path, choice, diagnostics);
        checked.object()->push_back(
            {option.name, {}, to_json_value(choice.options.values().find(option.name)->second)});
        std::move(remote.begin(), remote.end(), std::back_inserter(*checked.object()));
    }
    return complete ? plugin : nullptr;
}

}  // namespace unroll::manifest
