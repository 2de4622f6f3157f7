// Checking settings.
#include "manifest/checker.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "json/parse.h"
#include "json/write.h"
#include "manifest/normal_form.h"
#include "manifest/suggestion.h"
#include "manifest/terms.h"
#include "plugins/options_check.h"

namespace unroll::manifest {
namespace {

bool is_declared(const Section& section, std::string_view name) {
    return std::any_of(section.settings.begin(), section.settings.end(),
                       [&](const Setting& setting) { return setting.option.name == name; });
}

bool means_plugin(const json::Member& member, const Section& section) {
    const Term* term = find_term(member.key, section.path);
    return term && term->path == child(section.path, "plugin");
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
            for (const std::string_view owner : condition_values(setting)) {
                owners.push_back(owner);
                by = setting.condition.selector;
            }
    if (by == "task") {
        const bool corpus_only = owners.size() == 1 && owners.front() == "corpus";
        const std::string_view wanted = owners.front() == "images"  ? "images to generate"
                                        : owners.front() == "pairs" ? "target sequences"
                                                                    : "text";
        return {std::move(where),
                corpus_only ? fmt::format("\"{}\", but the dataset has examples, not a corpus", member.key)
                            : fmt::format("\"{}\", but the dataset has no {}", member.key, wanted),
                corpus_only ? "nothing: it applies to the windows of a corpus" : "settings of the dataset's task",
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

std::string Checker::where(json::Position at, std::string_view path) const {
    const std::string place = at.line ? fmt::format("{}:{}", file_, at.line) : "--set";
    return path.empty() ? place : fmt::format("{}: {}", place, path);
}

Problem Checker::unknown_key(const Section& section, const json::Member& member, const std::string& path) const {
    const std::string full = child(path, member.key);
    const std::vector<std::string> known = names(section);
    return {where(member.at, full), fmt::format("unknown key \"{}\"", member.key),
            fmt::format("{}", fmt::join(known, ", ")), instead_of_key(member, section, nullptr, known, catalog_)};
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
    problem.help = instead_of_key(member, section, &plugin, known, catalog_);
    return problem;
}

json::Value Checker::check_value(const Setting& setting, const json::Value& given, const std::string& path,
                                 base::Diagnostics& diagnostics) const {
    if (auto value = normal(setting, given)) return std::move(*value);
    const char* const fallback = setting.option.default_json;
    Problem problem{where(given.at, path), json::excerpt(given), allowed(setting),
                    *fallback ? fmt::format("change the value, or leave it out for {}", fallback) : "change the value"};
    if (setting.shape == Setting::Shape::plain)
        problem = plugins::wrong_value(setting.option, given, where(given.at, path));
    const std::string help =
        instead_of_value(given, path, [&](const json::Value& value) { return normal(setting, value).has_value(); });
    if (!help.empty()) problem.help = help;
    diagnostics.add(std::move(problem));
    return {};
}

Problem Checker::wrong_option(const Option& option, const json::Value& given, const std::string& path) const {
    Problem problem = plugins::wrong_value(option, given, where(given.at, path));
    const std::string help = instead_of_value(
        given, path, [&](const json::Value& value) { return plugins::normal(option, value).has_value(); });
    if (!help.empty()) problem.help = help;
    return problem;
}

json::Value Checker::check(const Section& section, const json::Value* given, const std::string& path,
                           json::Position parent, std::string_view task, base::Diagnostics& diagnostics) {
    json::Value checked{json::Object{}};
    const bool damaged = given && !given->object();
    if (damaged) {
        diagnostics.add({where(given->at, path), json::excerpt(*given), "an object",
                         instead_of_section(*given, section, path, catalog_)});
        given = nullptr;
    }
    if (given) parent = given->at;
    for (const Setting& setting : section.settings) {
        const char* const name = setting.option.name;
        if (checked.find(name) || !applies(setting, checked, task)) continue;
        const json::Value* value = given ? given->find(name) : nullptr;
        const bool left_out =
            !value || (value->null() && !setting.required && (!*setting.option.default_json || *setting.derived));
        const bool section_follows = setting.shape == Setting::Shape::section ||
                                     (setting.shape == Setting::Shape::section_or_null && value && !value->null());
        if (section_follows) {
            checked.object()->push_back({name,
                                         {},
                                         check(manifest::section(child(section.path, name)), value, child(path, name),
                                               parent, task, diagnostics)});
        } else if (!left_out) {
            checked.object()->push_back({name, {}, check_value(setting, *value, child(path, name), diagnostics)});
        } else if (setting.required) {
            const bool unsure = task.empty() && std::string_view(setting.condition.selector) == "task";
            if (!tolerant_ && !damaged && !unsure)
                diagnostics.add(missing(section, setting, given, where(parent, child(path, name))));
            checked.object()->push_back({name, {}, json::Value()});
        } else {
            checked.object()->push_back({name, {}, standard(setting)});
        }
    }
    if (given)
        for (const json::Member& member : *given->object()) {
            if (checked.find(member.key)) continue;
            if (is_declared(section, member.key))
                diagnostics.add(
                    out_of_place(section, path, member, checked, where(member.at, child(path, member.key))));
            else if (!section.plugin)
                diagnostics.add(unknown_key(section, member, path));
        }
    return checked;
}

Problem Checker::missing(const Section& section, const Setting& setting, const json::Value* given,
                         std::string where) const {
    const bool sampler = setting.shape == Setting::Shape::sampler;
    std::string named;  // by another key
    if (given && section.plugin)
        for (const json::Member& member : *given->object())
            if (named.empty() && means_plugin(member, section))
                named = instead_of_key(member, section, nullptr, {}, catalog_);
    std::vector<std::string> plugins;
    if (section.plugin || sampler)
        for (const plugins::Found& found : catalog_.found())
            if (found.plugin->kind == (sampler ? Plugin::Kind::sampler : plugin_kind(section)))
                plugins.emplace_back(found.plugin->name);
    return {std::move(where), "nothing",
            plugins.empty() ? allowed(setting)
                            : fmt::format("{}one of {}", sampler ? "{\"plugin\": NAME}, NAME being " : "",
                                          fmt::join(plugins, ", ")),
            named.empty() ? fmt::format("give it: {}", setting.option.help) : named};
}

const json::Value& Checker::standard(const Setting& setting) {
    const auto [entry, is_new] = standards_.try_emplace(&setting);
    if (is_new) entry->second = default_value(setting);
    return entry->second;
}

const json::Value& Checker::defaults(const Plugin& plugin) {
    const auto [entry, is_new] = defaults_.try_emplace(&plugin, json::Object{});
    if (is_new)
        for (const Option& option : plugin.options)
            if (const auto value = json::try_parse(option.default_json))
                if (auto standard = plugins::normal(option, *value))
                    entry->second.set(option.name, std::move(*standard));
    return entry->second;
}

json::Value Checker::given_options(const Section& section, const Plugin& plugin, const json::Value& given,
                                   const std::string& path, base::Diagnostics& diagnostics) const {
    json::Value options{json::Object{}};
    for (const json::Member& member : *given.object()) {
        if (is_declared(section, member.key)) continue;
        const Option* option = plugins::find_option(plugin, member.key);
        if (!option && is_remote_key(plugin, member.key)) continue;  // read with its path, in look_up()
        if (!option)
            diagnostics.add(unknown_option(section, plugin, member, path));
        else if (auto value = plugins::normal(*option, member.value))
            options.set(member.key, std::move(*value));
        else
            diagnostics.add(wrong_option(*option, member.value, child(path, member.key)));
    }
    return options;
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
    if (url && url->text() && has_credentials(*url->text()))
        wrong(*url, keys.url, json::excerpt(json::Value(without_credentials(*url->text()))),
              "a URL without user name and password: the manifest is kept in the result store",
              "remove them, and write them in ~/.netrc: machine HOST login NAME password PASSWORD");
    else if (url && url->text() && is_url(*url->text()))
        wanted.url = *url->text();
    else if (url)
        wrong(*url, keys.url, json::excerpt(*url), "a URL that begins with https:// or http://",
              "correct it, or remove it and put the file there by hand");
    if (const auto digits = sha256 && sha256->text() ? normal_sha256(*sha256->text()) : std::nullopt)
        wanted.sha256 = *digits;
    else if (sha256)
        wrong(*sha256, keys.sha256, json::excerpt(*sha256), "a string of 64 hexadecimal digits",
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
                              json::Position otherwise, const std::string& path, json::Value& value,
                              base::Diagnostics& diagnostics) {
    const auto keys = remote_keys(plugin, option);
    FileRequest wanted{*value.text(), "", ""};
    if (keys && !read_remote(*keys, given, path, wanted, diagnostics)) return {};
    if (wanted.path.empty()) return {};
    const Files::Found& found = files_.find(wanted);
    if (const auto* file = std::get_if<std::filesystem::path>(&found)) {
        value = json::Value(file->string());
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
        if (const std::string help = instead_of_plugin(choice.plugin, section, catalog_); !help.empty())
            problem.help = help;
        diagnostics.add(std::move(problem));
        return nullptr;
    }
    const json::Value &standards = defaults(*plugin), own = given_options(section, *plugin, *given, path, diagnostics);
    bool complete = true;
    for (const Option& option : plugin->options) {
        if (!*option.default_json && !given->find(option.name) && !tolerant_)
            diagnostics.add(plugins::missing_option(*plugin, option, where(given->at, child(path, option.name))));
        const json::Value* value = own.find(option.name);
        if (!value) value = standards.find(option.name);
        if (!value) {
            complete = false;
            continue;
        }
        if (option.implied && standards.find(option.name) && *value == *standards.find(option.name)) {
            plugins::set_normal(choice.options, option, *value);
            continue;
        }
        json::Value& kept = checked.set(option.name, *value);
        json::Object remote;
        if (option.type == Option::Type::path)
            remote = look_up(*plugin, option, *given, written.at, path, kept, diagnostics);
        plugins::set_normal(choice.options, option, kept);
        std::move(remote.begin(), remote.end(), std::back_inserter(*checked.object()));
    }
    return complete ? plugin : nullptr;
}

}  // namespace unroll::manifest
