// The reference for editors: a JSON Schema.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "json/parse.h"
#include "manifest/checker.h"
#include "manifest/data_files/remote.h"
#include "manifest/describe.h"
#include "manifest/normal_form.h"
#include "manifest/path.h"
#include "manifest/schema.h"
#include "manifest/sweep.h"
#include "plugins/options_check.h"
#include "trial/splits.h"

namespace unroll::manifest {
namespace {

using Shape = Setting::Shape;

json::Value object(std::initializer_list<std::pair<std::string_view, json::Value>> members) {
    json::Object all;
    for (const auto& [key, value] : members) all.push_back({std::string(key), {}, value});
    return json::Value(std::move(all));
}

template <class Words>
json::Value words_of(const Words& words) {
    json::Array all;
    for (const auto& word : words) all.emplace_back(std::string_view(word));
    return json::Value(std::move(all));
}

json::Value type(std::string_view name) {
    return object({{"type", json::Value(name)}});
}

json::Value reference(std::string_view definition) {
    return object({{"$ref", json::Value(fmt::format("#/$defs/{}", definition))}});
}

json::Value any_of(json::Array schemas) {
    return schemas.size() == 1 ? std::move(schemas[0]) : object({{"anyOf", json::Value(std::move(schemas))}});
}

/// A schema's items, or one of them alone.
json::Value one_or_list(const json::Value& item) {
    return any_of({item, object({{"type", "array"}, {"items", item}, {"minItems", std::int64_t{1}}})});
}

json::Value object_type(json::Value properties) {
    return object({{"type", "object"}, {"properties", std::move(properties)}});
}

json::Value required(std::string_view name) {
    return object({{"required", json::Value(json::Array{name})}});
}

/// What holds where `name` is given, and given as this word.
json::Value when_named(std::string_view name, std::string_view word, json::Value then) {
    json::Value chosen = object_type(object({{name, object({{"const", json::Value(word)}})}}));
    chosen.set("required", json::Value(json::Array{name}));
    return object({{"if", std::move(chosen)}, {"then", std::move(then)}});
}

/// What holds where `name` is not given: a sweep may.
json::Value unless_named(std::string_view name, json::Value then) {
    return object({{"if", object({{"not", required(name)}})}, {"then", std::move(then)}});
}

void add_bounds(json::Value& schema, const Option& option) {
    const double limit = option.type == Option::Type::integer ? 9007199254740991.0 : HUGE_VAL;
    const auto bound = [&](double value) {
        return option.type == Option::Type::integer ? json::Value(static_cast<std::int64_t>(value))
                                                    : json::Value(value);
    };
    if (option.minimum > -limit) schema.set("minimum", bound(option.minimum));
    if (option.maximum < limit) schema.set("maximum", bound(option.maximum));
}

/// Of the value alone, without help and default.
json::Value value_schema(const Option& option) {
    json::Value schema;
    switch (option.type) {
        case Option::Type::integer:
            schema = type("integer");
            add_bounds(schema, option);
            return schema;
        case Option::Type::number:
            schema = type("number");
            add_bounds(schema, option);
            return schema;
        case Option::Type::numbers:
            schema = type("number");
            add_bounds(schema, option);
            return object({{"type", "array"}, {"items", schema}});
        case Option::Type::boolean:
            return type("boolean");
        case Option::Type::choice:
            return object({{"enum", words_of(plugins::words(option))}});
        case Option::Type::text:
        case Option::Type::path:
            return type("string");
    }
    return schema;
}

json::Value described(json::Value schema, const Option& option, std::string_view derived = "") {
    schema.set("description",
               derived.empty() ? std::string(option.help) : fmt::format("{} (default: {})", option.help, derived));
    if (auto standard = derived.empty() ? json::try_parse(option.default_json) : std::nullopt)
        schema.set("default", std::move(*standard));
    return schema;
}

json::Value when_schema(bool or_never, bool or_timed = false) {
    const json::Value count = object({{"type", "integer"}, {"minimum", std::int64_t{1}}});
    json::Value times = count;
    times.set("maximum", json::Value(std::int64_t{1000000}));
    const auto counted = [&](const char* name, const json::Value& number) {
        json::Value value = object_type(object({{name, number}}));
        value.set("required", words_of(std::initializer_list<const char*>{name}));
        value.set("additionalProperties", false);
        return value;
    };
    json::Array all{count, object({{"enum", words_of(std::initializer_list<const char*>{"epoch", "end"})}}),
                    counted("epochs", count), counted("times", times)};
    if (or_timed)
        all.push_back(
            counted("minutes", object({{"type", "number"}, {"minimum", least_minutes}, {"maximum", most_minutes}})));
    if (or_never) all.push_back(object({{"const", false}}));
    return any_of(std::move(all));
}

json::Value clip_schema() {
    const json::Value limit = object({{"type", "number"}, {"exclusiveMinimum", std::int64_t{0}}});
    json::Value element = object_type(object({{"element", limit}}));
    element.set("required", words_of(std::initializer_list<const char*>{"element"}));
    element.set("additionalProperties", false);
    return any_of({limit, element, type("null")});
}

/// A number from `least`, or one with units.
json::Value quantity_schema(double least, const char* pattern) {
    return any_of({object({{"type", "number"}, {"minimum", least}}), object({{"type", "string"}, {"pattern", pattern}}),
                   type("null")});
}

json::Value prompt_schema() {
    const json::Value text = object({{"type", "string"}, {"minLength", std::int64_t{1}}});
    json::Value window = object_type(object({{"from", object({{"enum", words_of(trial::split_names)}})},
                                             {"length", object({{"type", "integer"}, {"minimum", std::int64_t{1}}})}}));
    window.set("required", words_of(std::initializer_list<const char*>{"from"}));
    window.set("additionalProperties", false);
    return one_or_list(any_of({text, window}));
}

/// The definition that a section is known by.
std::string definition(std::string_view path) {
    return path.starts_with("model.") ? "part" : std::string(path);
}

/// A setting's schema, with help and default. `section` is the one that it stands in.
json::Value schema_of(const Section& section, const Setting& setting) {
    const std::string inner = definition(child(section.path, setting.option.name));
    const auto or_null = [](json::Value schema) { return any_of({std::move(schema), type("null")}); };
    const auto plain = [&] {
        if (setting.count) {
            json::Value list = value_schema(setting.option);
            list.set("minItems", json::Value(setting.count));
            list.set("maxItems", json::Value(setting.count));
            return list;
        }
        const bool nullable = !setting.required && (!*setting.option.default_json || *setting.derived);
        return nullable ? or_null(value_schema(setting.option)) : value_schema(setting.option);
    };
    const auto value = [&]() -> json::Value {
        switch (setting.shape) {
            case Shape::plain:
                return plain();
            case Shape::names: {
                json::Value list = object({{"type", "array"}, {"items", type("string")}});
                return *setting.derived ? or_null(std::move(list)) : list;
            }
            case Shape::when:
                return when_schema(false);
            case Shape::when_or_never:
                return *setting.derived ? or_null(when_schema(true)) : when_schema(true);
            case Shape::when_or_timed:
                return or_null(when_schema(true, true));
            case Shape::clip:
                return clip_schema();
            case Shape::duration:
                return quantity_schema(0, duration_pattern);
            case Shape::memory:
                return quantity_schema(least_memory, memory_pattern);
            case Shape::section:
                return reference(inner);
            case Shape::section_or_null:
                return or_null(reference(inner));
            case Shape::cells:
            case Shape::part:
            case Shape::sampler:
                return one_or_list(reference(inner));
            case Shape::sampling:
                return any_of({reference(inner), object({{"const", false}})});
            case Shape::temperature:
                return one_or_list(object({{"type", "number"}, {"exclusiveMinimum", std::int64_t{0}}}));
            case Shape::prompt:
                return prompt_schema();
            case Shape::axes:
                return reference("sweep");
            case Shape::partials:
                return object(
                    {{"type", "array"}, {"items", object({{"type", "object"}, {"minProperties", std::int64_t{1}}})}});
            case Shape::queries:
                return object({{"type", "object"},
                               {"additionalProperties", type("string")},
                               {"propertyNames", object({{"minLength", std::int64_t{1}}})}});
        }
        return {};
    };
    return described(value(), setting.option, setting.derived);
}

Plugin::Kind kind_of(const Section& section) {
    const std::string_view path = section.path;
    return path == "dataset"            ? Plugin::Kind::dataset
           : path == "sampling.sampler" ? Plugin::Kind::sampler
                                        : Plugin::Kind::cell;
}

/// The schemas of a plugin's options, and of what may stand beside a path.
json::Value options_of(const Plugin& plugin) {
    json::Value properties{json::Object{}};
    for (const Option& option : plugin.options) {
        properties.set(option.name, described(value_schema(option), option));
        const auto keys = remote_keys(plugin, option);
        if (!keys) continue;
        const auto beside = [&](const std::string& key, const char* pattern, std::string help) {
            const json::Value text = object({{"type", "string"}, {"pattern", pattern}});
            json::Value schema = any_of({text, type("null")});
            schema.set("description", std::move(help));
            properties.set(key, std::move(schema));
        };
        beside(keys->url, "^https?://[^/]", fmt::format("where to download the file of \"{}\"", option.name));
        beside(keys->sha256, "^[0-9A-Fa-f]{64}$", "SHA-256 checksum of that file");
    }
    return properties;
}

/// What a plugin's object must look like beside the section's own settings.
json::Value plugin_rules(const Plugin& plugin) {
    json::Value rules = object({{"properties", options_of(plugin)}});
    json::Value with_url{json::Object{}};
    for (const Option& option : plugin.options)
        if (const auto keys = remote_keys(plugin, option))
            with_url.set(keys->url, json::Value(json::Array{keys->sha256}));
    if (!with_url.object()->empty()) rules.set("dependentRequired", std::move(with_url));
    return rules;
}

class SchemaWriter {
public:
    explicit SchemaWriter(const plugins::Catalog& catalog) : catalog_(catalog) {}

    json::Value write() {
        json::Value schema = object({{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                                     {"title", "Unroll manifest"},
                                     {"description", "An experiment: the trials that it compares, and how."}});
        const json::Value top = section_schema(section(""));
        for (const json::Member& member : *top.object()) schema.set(member.key, member.value);
        schema.set("allOf", json::Value(json::Array{unless_named("sweep", complete())}));
        json::Value definitions{json::Object{}};
        for (const Section& each : sections())
            if (*each.path && !definitions.find(definition(each.path)))
                definitions.set(definition(each.path), section_schema(each));
        definitions.set(
            "sweep", any_of({axes(), object({{"type", "array"}, {"items", axes()}, {"minItems", std::int64_t{1}}})}));
        definitions.set("choice", choice());
        definitions.set("paths", paths(false));
        definitions.set("path_axes", paths(true));
        schema.set("$defs", std::move(definitions));
        return schema;
    }

private:
    /// What a manifest must have when no sweep gives it.
    json::Value complete() const {
        const auto given = [](const char* name) {
            json::Value schema = object({{"properties", object({{name, object({{"not", type("null")}})}})}});
            schema.set("required", json::Value(json::Array{name}));
            return schema;
        };
        json::Value schema = requirements(section(""));
        schema.set("required", words_of(std::initializer_list<const char*>{"dataset", "training"}));
        schema.find("properties")
            ->find("training")
            ->set("anyOf", json::Value(json::Array{given("steps"), given("epochs")}));
        return schema;
    }

    /// That settings and options without a default are given, in a section and the sections within. Cells may have them
    /// from elsewhere, and a sampler's need depends on the task.
    json::Value requirements(const Section& section) const {
        json::Array rules, always;
        json::Value inner{json::Object{}};
        for (const Setting& setting : section.settings) {
            const std::string_view name = setting.option.name, selector = setting.condition.selector;
            if (setting.shape == Shape::section || setting.shape == Shape::section_or_null)
                inner.set(name, requirements(manifest::section(child(section.path, name))));
            if (!setting.required || selector == "task") continue;
            if (selector.empty()) always.push_back(json::Value(name));
            for (const std::string_view value : condition_values(setting))
                rules.push_back(when_named(selector, value, required(name)));
        }
        for (const plugins::Found& found : catalog_.found()) {
            json::Array options;
            for (const Option& option : found.plugin->options)
                if (!*option.default_json) options.emplace_back(option.name);
            if (section.plugin && found.plugin->kind == kind_of(section) && !options.empty())
                rules.push_back(
                    when_named("plugin", found.plugin->name, object({{"required", json::Value(std::move(options))}})));
        }
        json::Value schema = object({{"properties", std::move(inner)}});
        if (!always.empty()) schema.set("required", json::Value(std::move(always)));
        if (!rules.empty()) schema.set("allOf", json::Value(std::move(rules)));
        return schema;
    }

    /// The settings of a section that exist always, or for some tasks.
    static json::Value common_properties(const Section& section) {
        json::Value properties{json::Object{}};
        for (const Setting& setting : section.settings) {
            const std::string_view selector = setting.condition.selector;
            if (selector.empty() || selector == "task")
                properties.set(setting.option.name, schema_of(section, setting));
        }
        return properties;
    }

    json::Value section_schema(const Section& section) const {
        json::Value schema = object_type(common_properties(section));
        const bool part = std::string_view(section.path).starts_with("model.");
        if (part)
            schema.find("properties")
                ->set("optimizer", described(reference("training.optimizer"),
                                             setting(manifest::section("training"), "optimizer").option));
        json::Array rules;
        if (section.plugin) add_plugins(section, schema, rules);
        add_conditions(section, rules);
        if (std::string_view(section.path) == "training") rules.push_back(one_duration());
        if (rules.empty()) {
            schema.set("additionalProperties", false);
        } else {
            schema.set("allOf", json::Value(std::move(rules)));
            schema.set("unevaluatedProperties", false);
        }
        return schema;
    }

    void add_plugins(const Section& section, json::Value& schema, json::Array& rules) const {
        json::Array names, summaries;
        for (const plugins::Found& found : catalog_.found()) {
            const Plugin& plugin = *found.plugin;
            if (plugin.kind != kind_of(section)) continue;
            names.emplace_back(plugin.name);
            summaries.emplace_back(plugin.summary);
            rules.push_back(when_named("plugin", plugin.name, plugin_rules(plugin)));
        }
        rules.push_back(unless_named("plugin", object({{"additionalProperties", true}})));
        json::Value& name = *schema.find("properties")->find("plugin");
        name = object({{"enum", json::Value(std::move(names))},
                       {"description", *name.find("description")},
                       {"markdownEnumDescriptions", json::Value(std::move(summaries))}});
    }

    /// The settings that another one of the section selects. Where that is not given, a sweep may give it, so that each
    /// may be what it is for any choice.
    static void add_conditions(const Section& section, json::Array& rules) {
        std::map<std::pair<std::string_view, std::string_view>, json::Value> selected;
        std::map<std::string_view, std::map<std::string, json::Array>> unselected;
        for (const Setting& setting : section.settings) {
            const std::string_view selector = setting.condition.selector;
            if (selector.empty() || selector == "task") continue;
            const json::Value schema = schema_of(section, setting);
            for (const std::string_view value : condition_values(setting))
                selected.try_emplace({selector, value}, json::Object{}).first->second.set(setting.option.name, schema);
            add_once(unselected[selector][setting.option.name], schema);
        }
        for (auto& [condition, properties] : selected)
            rules.push_back(
                when_named(condition.first, condition.second, object({{"properties", std::move(properties)}})));
        for (auto& [selector, schemas] : unselected)
            rules.push_back(unless_named(selector, object({{"properties", properties_of(std::move(schemas))}})));
    }

    static void add_once(json::Array& all, json::Value schema) {
        if (std::find(all.begin(), all.end(), schema) == all.end()) all.push_back(std::move(schema));
    }

    /// Each property with any one of its schemas.
    static json::Value properties_of(std::map<std::string, json::Array>&& schemas) {
        json::Value properties{json::Object{}};
        for (auto& [name, any] : schemas) properties.set(name, any_of(std::move(any)));
        return properties;
    }

    /// Not both steps and epochs.
    static json::Value one_duration() {
        json::Value both = object({{"properties", object({{"steps", type("integer")}, {"epochs", type("integer")}})}});
        both.set("required", words_of(std::initializer_list<const char*>{"steps", "epochs"}));
        return object({{"not", std::move(both)}});
    }

    static std::string roots_pattern() { return fmt::format("^({})([.\\[].*)?$", fmt::join(sweep_roots, "|")); }

    /// A product of axes: paths with lists of values, and names with labelled choices.
    static json::Value axes() {
        const json::Value list = object({{"type", "array"}, {"minItems", std::int64_t{1}}});
        return object({{"type", "object"},
                       {"$ref", "#/$defs/path_axes"},
                       {"patternProperties", object({{roots_pattern(), list}})},
                       {"propertyNames", object({{"pattern", fmt::format("{}|^[^.\\[]+$", roots_pattern())}})},
                       {"additionalProperties", object({{"type", "object"},
                                                        {"minProperties", std::int64_t{1}},
                                                        {"additionalProperties", reference("choice")}})}});
    }

    /// A labelled choice: what it sets, and perhaps an inner sweep.
    static json::Value choice() {
        return object({{"type", "object"},
                       {"$ref", "#/$defs/paths"},
                       {"properties", object({{"sweep", reference("sweep")}})},
                       {"patternProperties", object({{roots_pattern(), true}})},
                       {"additionalProperties", false}});
    }

    /// The paths that a sweep may set, each with its schema or, for axes, with a list of such values.
    json::Value paths(bool lists) const {
        std::map<std::string, json::Array> found;
        for (const Section& each : sections()) {
            for (const Setting& setting : each.settings) {
                const std::string path = child(each.path, setting.option.name);
                if (std::find(sweep_roots.begin(), sweep_roots.end(), path_head(path)) != sweep_roots.end())
                    add_once(found[path], schema_of(each, setting));
            }
            if (!each.plugin) continue;
            for (const plugins::Found& plugin : catalog_.found()) {
                if (plugin.plugin->kind != kind_of(each)) continue;
                const json::Value options = options_of(*plugin.plugin);
                for (const json::Member& option : *options.object())
                    add_once(found[child(each.path, option.key)], option.value);
            }
        }
        json::Value properties = properties_of(std::move(found));
        if (lists)
            for (json::Member& property : *properties.object())
                property.value = object({{"type", "array"}, {"items", std::move(property.value)}});
        return object({{"properties", std::move(properties)}});
    }

    const plugins::Catalog& catalog_;
};

}  // namespace

json::Value json_schema(const plugins::Catalog& catalog) {
    return SchemaWriter(catalog).write();
}

}  // namespace unroll::manifest
