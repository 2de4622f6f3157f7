// A plugin's options: checking what was given and what was declared.
#include "plugins/options_check.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/nearest.h"
#include "json/parse.h"
#include "json/write.h"
#include "plugins/catalog.h"

namespace unroll::plugins {

namespace {

constexpr double exact = 9007199254740992.0;  // 2^53: whole numbers beyond it are not all doubles

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t first = 0; first <= text.size();) {
        const std::size_t last = std::min(text.find(separator, first), text.size());
        parts.emplace_back(text.substr(first, last - first));
        first = last + 1;
    }
    return parts;
}

std::optional<json::Value> whole_number(const Option& option, const json::Value& given) {
    std::int64_t number = 0;
    if (given.integer())
        number = *given.integer();
    else if (given.real() && std::abs(*given.real()) <= exact && std::trunc(*given.real()) == *given.real())
        number = static_cast<std::int64_t>(*given.real());
    else
        return std::nullopt;
    const auto compared = static_cast<double>(number);
    return compared >= option.minimum && compared <= option.maximum ? std::optional(json::Value(number)) : std::nullopt;
}

std::optional<json::Value> real_number(const Option& option, const json::Value& given) {
    const std::optional<double> number = given.number();
    const bool allowed = number && std::isfinite(*number) && *number >= option.minimum && *number <= option.maximum;
    return allowed ? std::optional(json::Value(*number)) : std::nullopt;
}

std::optional<json::Value> real_numbers(const Option& option, const json::Value& given) {
    if (!given.array()) return std::nullopt;
    json::Array numbers;
    for (const json::Value& item : *given.array()) {
        auto number = real_number(option, item);
        if (!number) return std::nullopt;
        numbers.push_back(std::move(*number));
    }
    return json::Value(std::move(numbers));
}

std::string bounds(const Option& option, std::string_view what) {
    const double limit = option.type == Option::Type::integer ? exact - 1 : HUGE_VAL;
    const bool low = option.minimum > -limit, high = option.maximum < limit;
    if (low && high) return fmt::format("{}, {} to {}", what, option.minimum, option.maximum);
    if (low) return fmt::format("{}, at least {}", what, option.minimum);
    if (high) return fmt::format("{}, at most {}", what, option.maximum);
    return std::string(what);
}

std::string advice(const Option& option, const json::Value& given) {
    if (given.text() && option.type == Option::Type::choice)
        if (const std::string near = base::nearest(*given.text(), words(option)); !near.empty())
            return base::did_you_mean(near);
    if (option.type == Option::Type::numbers && !given.array() && *option.default_json)
        return fmt::format("write a list, as in {}", option.default_json);
    if (*option.default_json) return fmt::format("change the value, or leave it out for {}", option.default_json);
    return "change the value";
}

json::Value to_json_value(const Options::Value& value) {
    if (const auto* list = std::get_if<std::vector<double>>(&value))
        return json::Value(json::Array(list->begin(), list->end()));
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return json::Value(*whole);
    if (const auto* real = std::get_if<double>(&value)) return json::Value(*real);
    if (const auto* flag = std::get_if<bool>(&value)) return json::Value(*flag);
    return json::Value(std::get<std::string>(value));
}

}  // namespace

std::optional<json::Value> normal(const Option& option, const json::Value& given) {
    switch (option.type) {
        case Option::Type::integer:
            return whole_number(option, given);
        case Option::Type::number:
            return real_number(option, given);
        case Option::Type::numbers:
            return real_numbers(option, given);
        case Option::Type::boolean:
            if (given.boolean()) return json::Value(*given.boolean());
            return std::nullopt;
        case Option::Type::choice: {
            const auto allowed_words = words(option);
            if (!given.text() ||
                std::find(allowed_words.begin(), allowed_words.end(), *given.text()) == allowed_words.end())
                return std::nullopt;
            return json::Value(*given.text());
        }
        case Option::Type::text:
        case Option::Type::path:
            if (given.text()) return json::Value(*given.text());
            return std::nullopt;
    }
    return std::nullopt;
}

Problem wrong_value(const Option& option, const json::Value& given, std::string where) {
    return {std::move(where), json::excerpt(given), allowed(option), advice(option, given)};
}

void set_normal(Options& options, const Option& option, const json::Value& value) {
    if (value.array()) {
        std::vector<double> numbers;
        for (const json::Value& item : *value.array()) numbers.push_back(*item.number());
        options.set(option.name, std::move(numbers));
    } else if (value.text()) {
        options.set(option.name, *value.text());
    } else if (value.boolean()) {
        options.set(option.name, *value.boolean());
    } else if (value.integer()) {
        options.set(option.name, *value.integer());
    } else {
        options.set(option.name, *value.real());
    }
}

std::optional<Problem> set_option(Options& options, const Option& option, const json::Value& given, std::string where) {
    const auto value = normal(option, given);
    if (!value) return wrong_value(option, given, std::move(where));
    set_normal(options, option, *value);
    return std::nullopt;
}

void set_defaults(Options& options, const Plugin& plugin) {
    for (const Option& option : plugin.options)
        if (*option.default_json)
            if (const auto value = json::try_parse(option.default_json))
                set_option(options, option, *value, plugin.name);
}

const Option* find_option(const Plugin& plugin, std::string_view name) {
    for (const Option& option : plugin.options)
        if (option.name == name) return &option;
    return nullptr;
}

Problem unknown_option(const Plugin& plugin, std::string_view name, std::string where) {
    std::vector<std::string> names;
    for (const Option& option : plugin.options) names.emplace_back(option.name);
    const std::string near = base::nearest(name, names);
    const std::string kind(to_string(plugin.kind));
    return {
        std::move(where), fmt::format("{} '{}' has no option '{}'", kind, plugin.name, name),
        names.empty() ? "no options" : fmt::format("{}", fmt::join(names, ", ")),
        near.empty() ? fmt::format("'unroll plugins {}' lists its options", plugin.name) : base::did_you_mean(near)};
}

Problem missing_option(const Plugin& plugin, const Option& option, std::string where) {
    return {std::move(where),
            fmt::format("{} '{}' needs the option '{}'", to_string(plugin.kind), plugin.name, option.name),
            allowed(option), fmt::format("give it: {}", option.help)};
}

Options check(const Plugin& plugin, const json::Object& values, const std::string& where,
              std::vector<Problem>& problems) {
    Options options;
    set_defaults(options, plugin);
    for (const json::Member& member : values) {
        const Option* option = find_option(plugin, member.key);
        const std::string place = fmt::format("{}: {}", where, member.key);
        if (!option)
            problems.push_back(unknown_option(plugin, member.key, place));
        else if (auto problem = set_option(options, *option, member.value, place))
            problems.push_back(std::move(*problem));
    }
    for (const Option& option : plugin.options)
        if (!*option.default_json && std::none_of(values.begin(), values.end(), [&](const json::Member& member) {
                return member.key == option.name;
            }))
            problems.push_back(missing_option(plugin, option, where));
    return options;
}

std::optional<Problem> check_declarations(const Plugin& plugin) {
    std::vector<std::string_view> seen;
    for (const Option& option : plugin.options) {
        if (!option.name || !*option.name || !option.help || !option.choices || !option.default_json)
            return Problem{"", "an option without a name or with a null text", "every text of an option set",
                           "declare options with unroll::Option::integer, Option::number, … of unroll/options.h"};
        const std::string where = fmt::format("option '{}'", option.name);
        if (std::find(seen.begin(), seen.end(), option.name) != seen.end())
            return Problem{where, "declared twice", "each option once", "remove or rename one of the two"};
        seen.push_back(option.name);
        if (option.type > Option::Type::numbers)
            return Problem{where, fmt::format("type number {}", static_cast<int>(option.type)),
                           "a type of unroll::Option::Type",
                           "declare options with unroll::Option::integer, Option::number, … of unroll/options.h"};
        if (!(option.minimum <= option.maximum))
            return Problem{where, fmt::format("bounds {} to {}", option.minimum, option.maximum),
                           "a minimum that is not above the maximum", "swap the bounds"};
        if (option.type == Option::Type::choice) {
            const auto all = words(option);
            if (std::any_of(all.begin(), all.end(), [](const std::string& word) { return word.empty(); }))
                return Problem{where, fmt::format("choices \"{}\"", option.choices), "words separated by '|'",
                               "list the words that are allowed, as in \"pre|post\""};
        }
        if (!*option.default_json) continue;
        const auto value = json::try_parse(option.default_json);
        if (!value)
            return Problem{where, fmt::format("default {}, which is not JSON", option.default_json), allowed(option),
                           "write the default as JSON text: a string has its quotes, as in \"\\\"pre\\\"\""};
        if (!normal(option, *value))
            return Problem{where, fmt::format("default {}", option.default_json), allowed(option),
                           "declare a default that is allowed"};
    }
    return std::nullopt;
}

std::string_view to_string(Option::Type type) {
    switch (type) {
        case Option::Type::integer:
            return "integer";
        case Option::Type::number:
            return "number";
        case Option::Type::boolean:
            return "boolean";
        case Option::Type::choice:
            return "choice";
        case Option::Type::text:
            return "text";
        case Option::Type::path:
            return "path";
        case Option::Type::numbers:
            return "numbers";
    }
    return "unknown";
}

std::vector<std::string> words(const Option& option) {
    return split(option.choices, '|');
}

std::string allowed(const Option& option) {
    switch (option.type) {
        case Option::Type::integer:
            return bounds(option, "a whole number");
        case Option::Type::number:
            return bounds(option, "a number");
        case Option::Type::boolean:
            return "true or false";
        case Option::Type::choice: {
            const auto all = words(option);
            std::string result;
            for (std::size_t i = 0; i < all.size(); ++i)
                result += fmt::format("{}\"{}\"", i == 0 ? "" : i + 1 == all.size() ? " or " : ", ", all[i]);
            return result;
        }
        case Option::Type::text:
            return "a string";
        case Option::Type::path:
            return "a file, folder or glob, as a string";
        case Option::Type::numbers:
            return bounds(option, "a list of numbers");
    }
    return "unknown";
}

std::string to_json(const Options& options) {
    json::Object object;
    for (const auto& [name, value] : options.values()) object.push_back({name, {}, to_json_value(value)});
    return json::dump(json::Value(std::move(object)), json::Reals::bare);
}

}  // namespace unroll::plugins
