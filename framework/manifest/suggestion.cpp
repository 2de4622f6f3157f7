// Finding what was meant.
#include "manifest/suggestion.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/nearest.h"
#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"
#include "manifest/normal_form.h"
#include "manifest/path.h"
#include "manifest/sweep.h"
#include "manifest/terms.h"
#include "plugins/options_check.h"

namespace unroll::manifest {
namespace {

using plugins::Catalog;

/// A setting or an option that a key may mean.
struct Target {
    std::string path;
    const Section* section;            ///< that it stands in
    const Setting* setting = nullptr;  ///< or
    const Option* option = nullptr;    ///< of a plugin of the section
    const Plugin* owner = nullptr;     ///< the option's plugin, when no other has it
};

std::string_view leaf(std::string_view path) {
    return path.substr(path.rfind('.') + 1);
}

/// Null when no section has that path. A part of a model is a section like `cell`, and no place of its own.
const Section* find_section(std::string_view path) {
    for (const Section& each : sections())
        if (each.path == path && !path.starts_with("model.")) return &each;
    return nullptr;
}

const Setting* find_setting(const Section& section, std::string_view name) {
    for (const Setting& each : section.settings)
        if (each.option.name == name) return &each;
    return nullptr;
}

/// The setting of that name in the section, or the option of its plugins.
std::optional<Target> find_in(const Section& section, std::string_view name, const Catalog& catalog) {
    Target target{child(section.path, name), &section};
    target.setting = find_setting(section, name);
    if (target.setting) return target;
    int owners = 0;
    if (section.plugin)
        for (const plugins::Found& found : catalog.found())
            if (const Option* option =
                    found.plugin->kind == plugin_kind(section) ? plugins::find_option(*found.plugin, name) : nullptr) {
                target.option = option;
                target.owner = ++owners == 1 ? found.plugin : nullptr;
            }
    if (!target.option) return std::nullopt;
    return target;
}

std::optional<Target> find_at_path(std::string_view path, const Catalog& catalog) {
    const std::size_t point = path.rfind('.');
    const Section* section = find_section(point == path.npos ? "" : path.substr(0, point));
    return section ? find_in(*section, leaf(path), catalog) : std::nullopt;
}

/// Every setting and option of that name in other sections.
std::vector<Target> elsewhere(std::string_view name, const Section& than, const Catalog& catalog) {
    std::vector<Target> all;
    for (const Section& each : sections())
        if (each.path != than.path && find_section(each.path))
            if (auto target = find_in(each, name, catalog)) all.push_back(std::move(*target));
    // A block's dropout is not what is meant where a cell's would do.
    std::erase_if(all, [&](const Target& inner) {
        return std::any_of(all.begin(), all.end(), [&](const Target& outer) {
            return std::string_view(inner.section->path).starts_with(outer.section->path + std::string("."));
        });
    });
    return all;
}

/// Of those that have the option; of all with "".
std::vector<std::string> plugin_names(Plugin::Kind kind, const Catalog& catalog, std::string_view option = "") {
    std::vector<std::string> all;
    for (const plugins::Found& found : catalog.found())
        if (found.plugin->kind == kind && (option.empty() || plugins::find_option(*found.plugin, option)))
            all.emplace_back(found.plugin->name);
    return all;
}

std::vector<std::string> variant_names(const Section& section) {
    std::vector<std::string> all;
    for (const Variant& variant : section.variants) all.emplace_back(variant.name);
    return all;
}

/// What an object says of itself by one word: the plugin or the variant that is nearest to the word; "" when none is.
std::string named(const Section& section, std::string_view word, const Catalog& catalog) {
    if (section.plugin) return base::nearest(word, plugin_names(plugin_kind(section), catalog));
    return base::nearest(word, variant_names(section));
}

const char* selector(const Section& section) {
    return section.plugin ? "plugin" : "name";
}

bool is_section(const Setting& setting) {
    using Shape = Setting::Shape;
    return setting.shape == Shape::section || setting.shape == Shape::section_or_null ||
           setting.shape == Shape::cells || setting.shape == Shape::sampler || setting.shape == Shape::sampling;
}

/// Whether every item of a list may be the value alone.
bool each_accepted(const json::Value& given, const std::function<bool(const json::Value&)>& accepts) {
    return given.array() && !given.array()->empty() &&
           std::all_of(given.array()->begin(), given.array()->end(), accepts);
}

bool accepts(const Target& target, const json::Value& given) {
    return target.setting ? normal(*target.setting, given).has_value()
                          : plugins::normal(*target.option, given).has_value();
}

/// The value as the target takes it: words that are nearly right become right. None when it cannot take it.
std::optional<json::Value> adapted(const Target& target, const json::Value& given, const Catalog& catalog) {
    if (target.setting && is_section(*target.setting)) {
        if (given.object()) return given;
        const Section& inner = section(target.path);
        const std::string name = given.text() ? named(inner, *given.text(), catalog) : "";
        if (name.empty()) return std::nullopt;
        return json::Value(json::Object{{selector(inner), {}, json::Value(name)}});
    }
    const bool names_plugin = target.setting && target.section->plugin && leaf(target.path) == "plugin";
    const Option& option = target.setting ? target.setting->option : *target.option;
    if (given.text() && (names_plugin || option.type == Option::Type::choice)) {
        const std::string near = names_plugin ? named(*target.section, *given.text(), catalog)
                                              : base::nearest(*given.text(), plugins::words(option));
        return near.empty() ? std::nullopt : std::optional(json::Value(near));
    }
    if (accepts(target, given)) return given;
    const auto unquoted = given.text() ? json::try_parse(*given.text()) : std::nullopt;
    return unquoted && accepts(target, *unquoted) ? unquoted : std::nullopt;
}

/// A message can bear only so much; what is longer is shown as an ellipsis.
std::string shown(const json::Value& value) {
    std::string text = json::dump_spaced(value);
    if (text.size() <= 100) return text;
    return value.array() ? "[…]" : value.object() ? "{…}" : json::excerpt(value);
}

std::string axis(std::string_view path, const json::Value& values) {
    if (values.at.line == 0) return fmt::format("--set 'sweep.{}={}'", path, shown(values));
    return fmt::format("\"sweep\": {{\"{}\": {}}} at the top level", path, shown(values));
}

bool may_be_swept(std::string_view path) {
    return std::find(sweep_roots.begin(), sweep_roots.end(), path_head(path)) != sweep_roots.end();
}

/// `"optimizer": {"learning_rate": 0.1}`: the members that set the target, beginning within the object at `above`.
std::string members(const Target& target, std::string_view above, std::string_view value) {
    std::string_view rest = target.path;
    if (!above.empty()) rest.remove_prefix(above.size() + 1);
    const auto parts = path_parts(rest);
    std::string text, end;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        text += fmt::format("\"{}\": {{", parts[i]);
        end += '}';
    }
    if (target.owner && parts.size() > 1) text += fmt::format("\"plugin\": \"{}\", ", target.owner->name);
    return fmt::format("{}\"{}\": {}{}", text, parts.back(), value, end);
}

/// That the target was meant by a member of `section`, and how its value is written there.
std::string toward(const Target& target, const json::Member& member, const Section& section, const char* form,
                   const Catalog& catalog) {
    const std::string_view own = section.path;
    const bool same = target.section == &section || own == target.section->path;
    const bool within = own.empty() || target.path.starts_with(fmt::format("{}.", own));
    const std::string name = same ? std::string(leaf(target.path)) : target.path;
    std::optional<json::Value> value = member.value;
    if (*form) {
        std::string filled = form;
        if (const std::size_t at = filled.find("VALUE"); at != filled.npos)
            filled.replace(at, 5, json::dump(member.value));
        value = json::try_parse(filled);
    }
    if (value) value = adapted(target, *value, catalog);
    if (!value && may_be_swept(target.path) &&
        each_accepted(member.value, [&](const auto& item) { return adapted(target, item, catalog).has_value(); })) {
        json::Array items;
        for (const json::Value& item : *member.value.array()) items.push_back(*adapted(target, item, catalog));
        json::Value list{std::move(items)};
        list.at = member.value.at;
        return fmt::format("{} to try each value, write {}", base::did_you_mean(name), axis(target.path, list));
    }
    if (!value || (same && !*form && *value == member.value)) return base::did_you_mean(name);
    if (member.at.line == 0)
        return fmt::format("{} write --set '{}={}'", base::did_you_mean(name), target.path, shown(*value));
    return fmt::format("{} write {}{}", base::did_you_mean(name), members(target, within ? own : "", shown(*value)),
                       within ? "" : " at the top level");
}

/// "cell" for "cell.0": the section that an entry of a list is one of.
std::string without_numbers(std::string_view path) {
    std::string rest;
    for (const std::string_view part : path_parts(path))
        if (part.find_first_not_of("0123456789") != part.npos) rest = child(rest, part);
    return rest;
}

/// That an option belongs to other plugins of the same section; "" when it belongs to none.
std::string of_other_plugins(std::string_view name, const Plugin& plugin, const Catalog& catalog) {
    std::vector<std::string> owners;
    for (const plugins::Found& found : catalog.found())
        if (found.plugin->kind == plugin.kind && plugins::find_option(*found.plugin, name))
            owners.push_back(fmt::format("'{}'", found.plugin->name));
    if (owners.empty()) return "";
    return fmt::format("remove it: \"{}\" is an option of {}, not of '{}'", name, fmt::join(owners, ", "), plugin.name);
}

/// 100k, 1.5M, 100_000 or 100,000 as a number; none for anything else.
std::optional<json::Value> with_thousands(std::string_view word) {
    std::string digits(word);
    std::erase_if(digits, [](char c) { return c == '_' || c == ',' || c == ' '; });
    double unit = 1;
    if (!digits.empty())
        for (const auto& [letter, times] : {std::pair('k', 1e3), {'K', 1e3}, {'m', 1e6}, {'M', 1e6}})
            if (digits.back() == letter) unit = times;
    if (unit > 1) digits.pop_back();
    const auto number = json::try_parse(digits);
    if (!number || !number->number()) return std::nullopt;
    const double value = *number->number() * unit;
    if (value == std::floor(value) && std::abs(value) < 1e15) return json::Value(static_cast<std::int64_t>(value));
    return json::Value(value);
}

/// What is meant by a word for a value: another library's, a number with its unit of thousands, a variable; "" when
/// nothing is.
std::string by_word(const std::string& word, std::string_view path,
                    const std::function<bool(const json::Value&)>& accepts) {
    for (const ValueTerm& term : value_terms(word)) {
        if (*term.path && !path.ends_with(term.path)) continue;
        if (*term.advice) return term.advice;
        if (accepts(json::Value(term.value))) return base::did_you_mean(term.value);
    }
    if (const auto number = with_thousands(word); number && accepts(*number))
        return fmt::format("write {}, without quotes", shown(*number));
    if (word.starts_with('$') || word.starts_with("{{"))
        return fmt::format("write the value itself, a manifest has no variables; on the command line: --set {}=VALUE",
                           path);
    return "";
}

/// Percentages, or fractions by name, as the three fractions of a split; none for anything else.
std::optional<json::Value> as_fractions(const json::Value& given) {
    json::Array numbers;
    if (given.array()) numbers = *given.array();
    if (given.object())
        for (const json::Member& member : *given.object()) numbers.push_back(member.value);
    double sum = 0;
    for (const json::Value& number : numbers) {
        if (!number.number()) return std::nullopt;
        sum += *number.number();
    }
    const bool percent = std::abs(sum - 100) < 1e-6;
    if (!percent && (!given.object() || std::abs(sum - 1) > 1e-6)) return std::nullopt;
    if (numbers.size() > 3) return std::nullopt;
    json::Array fractions;
    for (const json::Value& number : numbers)
        fractions.push_back(percent ? json::Value(*number.number() / 100) : number);
    while (fractions.size() < 3) fractions.emplace_back(std::int64_t{0});
    return json::Value(std::move(fractions));
}

/// A model as a list of layers, as Keras and torch.nn.Sequential have it; "" for anything else.
std::string of_layers(const json::Member& member) {
    const std::string name = bare_name(member.key);
    const bool is_list = member.value.array() && !member.value.array()->empty() &&
                         std::all_of(member.value.array()->begin(), member.value.array()->end(),
                                     [](const auto& item) { return item.object() || item.text(); });
    if (!is_list || (name != "layers" && name != "modules" && name != "model")) return "";
    return "write \"cell\": {\"plugin\": \"lstm\", \"hidden\": 128} at the top level, or a list of such objects, "
           "lowest layer first; an embedding is \"model\": {\"embedding\": 64}, and the dataset sets the output layer";
}

/// By another library's name for it.
std::string by_term(const json::Member& member, const Section& section, const Plugin* plugin, const Catalog& catalog) {
    const Term* term = find_term(member.key, section.path);
    if (!term) return "";
    if (*term->advice) return term->advice;
    const auto target = find_at_path(term->path, catalog);
    if (!target) return "";
    const bool lacking = plugin && target->option && target->section->path == std::string_view(section.path) &&
                         !plugins::find_option(*plugin, leaf(target->path));
    return lacking ? of_other_plugins(leaf(target->path), *plugin, catalog)
                   : toward(*target, member, section, term->form, catalog);
}

}  // namespace

Plugin::Kind plugin_kind(const Section& section) {
    const std::string_view path = section.path;
    return path == "dataset"            ? Plugin::Kind::dataset
           : path == "sampling.sampler" ? Plugin::Kind::sampler
                                        : Plugin::Kind::cell;
}

std::string instead_of_key(const json::Member& member, const Section& section, const Plugin* plugin,
                           const std::vector<std::string>& known, const Catalog& catalog) {
    if (std::string help = of_layers(member); !help.empty()) return help;
    if (std::string help = by_term(member, section, plugin, catalog); !help.empty()) return help;
    if (plugin)
        if (std::string help = of_other_plugins(member.key, *plugin, catalog); !help.empty()) return help;
    std::vector<Target> places = elsewhere(member.key, section, catalog);
    if (places.empty()) {
        if (const std::string near = base::nearest(member.key, known); !near.empty()) return base::did_you_mean(near);
        std::vector<std::string> everywhere;
        for (const Section& each : sections())
            for (const std::string& name : names(each)) everywhere.push_back(name);
        if (const std::string near = base::nearest(member.key, everywhere); !near.empty())
            places = elsewhere(near, section, catalog);
    }
    if (places.size() == 1) return toward(places[0], member, section, "", catalog);
    std::vector<std::string> paths;
    for (const Target& place : places) paths.push_back(fmt::format("\"{}\"", place.path));
    if (!paths.empty()) return fmt::format("did you mean {}?", fmt::join(paths, " or "));
    return plugin ? fmt::format("'unroll plugins {}' lists its options", plugin->name) : "remove it";
}

std::string path_meant(std::string_view path, const Catalog& catalog) {
    const std::size_t point = path.rfind('.');
    const std::string parent = without_numbers(point == path.npos ? "" : path.substr(0, point));
    const Section* section = find_section(parent);
    if (!section && (may_be_swept(path) || parent.starts_with("model."))) return "";  // the check of values will tell
    if (!section) section = find_section("");
    if (find_in(*section, leaf(path), catalog)) return "";
    const Term* term = find_term(leaf(path), section->path);
    if (term && !*term->advice && find_at_path(term->path, catalog)) return term->path;
    const auto places = elsewhere(leaf(path), *section, catalog);
    return places.size() == 1 ? places[0].path : "";
}

std::string instead_of_path(std::string_view path, const Catalog& catalog) {
    const std::string meant = path_meant(path, catalog);
    return meant.empty() ? "" : base::did_you_mean(meant);
}

std::string instead_of_value(const json::Value& given, std::string_view path,
                             const std::function<bool(const json::Value&)>& accepts) {
    if (each_accepted(given, accepts)) {
        if (given.array()->size() == 1) return fmt::format("write {}, without brackets", shown((*given.array())[0]));
        if (may_be_swept(path)) return fmt::format("to try each value, write {}", axis(path, given));
        return fmt::format("write one of them, as in {}", shown((*given.array())[0]));
    }
    if (given.text()) {
        if (std::string help = by_word(*given.text(), path, accepts); !help.empty()) return help;
        const std::string word = base::lower(*given.text());
        for (const std::string_view meant : word == "none" ? std::array<std::string_view, 2>{"null", "false"}
                                                           : std::array<std::string_view, 2>{word, word}) {
            const auto unquoted = json::try_parse(meant);
            if (unquoted && accepts(*unquoted)) return fmt::format("write {}, without quotes", shown(*unquoted));
        }
    }
    if (given.text() && accepts(json::Value(json::Array{given})))
        return fmt::format("write {}, in a list", shown(json::Value(json::Array{given})));
    if (given.object())
        for (const json::Member& member : *given.object())
            if (const bool itself = given.object()->size() == 1 || member.key == "p" || member.key == "value";
                itself && accepts(member.value))
                return fmt::format("write {} alone", shown(member.value));
    if (const auto parts = as_fractions(given); parts && accepts(*parts)) return fmt::format("write {}", shown(*parts));
    if (given.number() && *given.number() == 0) {
        if (accepts(json::Value())) return "write null to turn it off";
        if (accepts(json::Value(false))) return "write false for never";
    }
    return "";
}

std::string instead_of_plugin(std::string_view name, const Section& section, const Catalog& catalog) {
    const std::vector<Target> places = elsewhere(base::lower(name), section, catalog);
    if (const auto own = find_in(section, base::lower(name), catalog))
        return fmt::format("it is a setting: write {} at the top level", members(*own, "", "VALUE"));
    if (places.size() != 1 || !places[0].setting) return "";
    return fmt::format("it is a setting: write {} at the top level", members(places[0], "", "VALUE"));
}

std::string instead_of_section(const json::Value& given, const Section& section, const std::string& path,
                               const Catalog& catalog) {
    const bool has_names = section.plugin || !section.variants.empty();
    const auto name_of = [&](const json::Value& value) {
        return has_names && value.text() ? named(section, *value.text(), catalog) : std::string();
    };
    const bool file = given.text() && plugin_kind(section) == Plugin::Kind::dataset &&
                      given.text()->find_first_of("./") != std::string::npos;
    if (const std::string name = name_of(given); !name.empty() && !file)
        return fmt::format("write {{\"{}\": \"{}\"}}", selector(section), name);
    if (given.text() && section.plugin)
        return fmt::format("write {{\"plugin\": NAME{}}}, NAME being one of {}",
                           file ? fmt::format(", \"path\": {}", shown(given)) : "",
                           fmt::join(plugin_names(plugin_kind(section), catalog, file ? "path" : ""), ", "));
    if (given.text() && section.path == std::string_view("model"))
        if (const std::string cell = named(manifest::section("cell"), *given.text(), catalog); !cell.empty())
            return fmt::format("name the cell at the top level: \"cell\": {{\"plugin\": \"{}\"}}", cell);
    if (given.array() && !given.array()->empty() && may_be_swept(path)) {
        const json::Array& items = *given.array();
        json::Array words;
        for (const json::Value& item : items)
            if (const std::string name = name_of(item); !name.empty()) words.emplace_back(name);
        json::Value list{std::move(words)};
        list.at = given.at;
        if (list.array()->size() == items.size())
            return fmt::format("to try each, write {}", axis(child(path, selector(section)), list));
        if (std::all_of(items.begin(), items.end(), [](const json::Value& item) { return item.object(); }))
            return fmt::format("to try each, write {}", axis(path, given));
    }
    const auto wanted = given.integer() ? Option::Type::integer : Option::Type::number;
    for (const Setting& setting : section.settings)
        if (setting.shape == Setting::Shape::plain && setting.option.type == wanted && normal(setting, given))
            return fmt::format("write its settings, as in {{\"{}\": {}}}", setting.option.name, shown(given));
    return fmt::format("write its settings as {{\"{}\": VALUE, …}}", section.settings[0].option.name);
}

}  // namespace unroll::manifest
