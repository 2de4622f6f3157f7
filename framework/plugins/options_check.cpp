// A plugin's options: checking what was given and what was declared, and writing values as JSON.
#include "plugins/options_check.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/nearest.h"
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

std::string_view trim(std::string_view text) {
    const std::string_view space = " \t\r\n";
    const std::size_t first = text.find_first_not_of(space);
    return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(space) - first + 1);
}

/// Of text that is known to be a JSON number.
double to_double(std::string_view text) {
    double value = 0;
    const std::string_view digits = trim(text);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc::result_out_of_range)
        return HUGE_VAL;
    return value;
}

/// What the declared type makes of a value; none when it is another type or out of range.
std::optional<Options::Value> convert(const Option& option, const Given::Value& value) {
    const auto in_range = [&](double number) { return number >= option.minimum && number <= option.maximum; };
    const auto* whole = std::get_if<std::int64_t>(&value);
    const auto* real = std::get_if<double>(&value);
    const auto* string = std::get_if<std::string>(&value);
    switch (option.type) {
        case Option::Type::integer: {
            std::int64_t number = 0;
            if (whole)
                number = *whole;
            else if (real && std::abs(*real) <= exact && std::trunc(*real) == *real)
                number = static_cast<std::int64_t>(*real);
            else
                return std::nullopt;
            if (!in_range(static_cast<double>(number))) return std::nullopt;
            return number;
        }
        case Option::Type::number: {
            if (!whole && !real) return std::nullopt;
            const double number = whole ? static_cast<double>(*whole) : *real;
            if (!std::isfinite(number) || !in_range(number)) return std::nullopt;
            return number;
        }
        case Option::Type::boolean:
            if (const bool* flag = std::get_if<bool>(&value)) return *flag;
            return std::nullopt;
        case Option::Type::choice: {
            if (!string) return std::nullopt;
            const auto allowed_words = words(option);
            if (std::find(allowed_words.begin(), allowed_words.end(), *string) == allowed_words.end())
                return std::nullopt;
            return *string;
        }
        case Option::Type::text:
        case Option::Type::path:
            if (!string) return std::nullopt;
            return *string;
        case Option::Type::numbers: {
            const auto* list = std::get_if<std::vector<double>>(&value);
            if (!list || !std::all_of(list->begin(), list->end(),
                                      [&](double number) { return std::isfinite(number) && in_range(number); }))
                return std::nullopt;
            return *list;
        }
    }
    return std::nullopt;
}

std::string bounds(const Option& option, std::string_view what) {
    const double limit = option.type == Option::Type::integer ? exact : HUGE_VAL;
    const bool low = option.minimum > -limit, high = option.maximum < limit;
    if (low && high) return fmt::format("{}, {} to {}", what, option.minimum, option.maximum);
    if (low) return fmt::format("{}, at least {}", what, option.minimum);
    if (high) return fmt::format("{}, at most {}", what, option.maximum);
    return std::string(what);
}

std::string advice(const Option& option, const Given& given) {
    if (const auto* word = std::get_if<std::string>(&given.value); word && option.type == Option::Type::choice)
        if (const std::string near = base::nearest(*word, words(option)); !near.empty())
            return base::did_you_mean(near);
    if (*option.default_json) return fmt::format("change the value, or leave it out for {}", option.default_json);
    return "change the value";
}

}  // namespace

std::optional<Given> given(std::string_view json, std::string where) {
    boost::system::error_code error;
    const boost::json::value parsed = boost::json::parse(boost::json::string_view(json.data(), json.size()), error);
    if (error) return std::nullopt;
    Given result{nullptr, std::string(trim(json)), std::move(where)};
    // Boost.JSON checks the grammar; numbers are read again from the text because it does not round all of them
    // correctly.
    if (parsed.is_bool())
        result.value = parsed.get_bool();
    else if (parsed.is_int64())
        result.value = parsed.get_int64();
    else if (parsed.is_number())
        result.value = to_double(result.text);
    else if (parsed.is_string())
        result.value = std::string(parsed.get_string().data(), parsed.get_string().size());
    else if (parsed.is_array() && std::all_of(parsed.get_array().begin(), parsed.get_array().end(),
                                              [](const boost::json::value& item) { return item.is_number(); })) {
        std::vector<double> list;
        if (!parsed.get_array().empty())
            for (const std::string& item : split(std::string_view(result.text).substr(1, result.text.size() - 2), ','))
                list.push_back(to_double(item));
        result.value = std::move(list);
    }
    return result;
}

std::optional<Problem> set_option(Options& options, const Option& option, const Given& given) {
    if (auto value = convert(option, given.value)) {
        options.set(option.name, std::move(*value));
        return std::nullopt;
    }
    return Problem{given.where, given.text, allowed(option), advice(option, given)};
}

void set_defaults(Options& options, const Plugin& plugin) {
    for (const Option& option : plugin.options)
        if (*option.default_json)
            if (const auto value = given(option.default_json, plugin.name)) set_option(options, option, *value);
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
    return {std::move(where), fmt::format("{} '{}' has no option '{}'", kind, plugin.name, name),
            names.empty() ? "no options" : fmt::format("{}", fmt::join(names, ", ")),
            near.empty() ? fmt::format("'unroll plugins {}' tells what each option does", plugin.name)
                         : base::did_you_mean(near)};
}

Problem missing_option(const Plugin& plugin, const Option& option, std::string where) {
    return {std::move(where),
            fmt::format("{} '{}' needs the option '{}'", to_string(plugin.kind), plugin.name, option.name),
            allowed(option), fmt::format("give it: {}", option.help)};
}

Options check(const Plugin& plugin, const std::map<std::string, Given>& values, const std::string& where,
              std::vector<Problem>& problems) {
    Options options;
    set_defaults(options, plugin);
    for (const auto& [name, value] : values) {
        const Option* option = find_option(plugin, name);
        if (!option)
            problems.push_back(unknown_option(plugin, name, value.where));
        else if (auto problem = set_option(options, *option, value))
            problems.push_back(std::move(*problem));
    }
    for (const Option& option : plugin.options)
        if (!*option.default_json && !values.count(option.name))
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
        const auto value = given(option.default_json, where);
        Options unused;
        if (!value)
            return Problem{where, fmt::format("default {}, which is not JSON", option.default_json), allowed(option),
                           "write the default as JSON text: a string has its quotes, as in \"\\\"pre\\\"\""};
        if (set_option(unused, option, *value))
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
            return "a text in quotes";
        case Option::Type::path:
            return "a file, folder or glob in quotes";
        case Option::Type::numbers:
            return bounds(option, "a list of numbers");
    }
    return "unknown";
}

std::string to_json(const Options::Value& value) {
    const auto number = [](double real) {
        char digits[32];
        return std::string(digits, std::to_chars(digits, digits + sizeof digits, real).ptr);
    };
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
    if (const auto* real = std::get_if<double>(&value)) return number(*real);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* string = std::get_if<std::string>(&value))
        return boost::json::serialize(boost::json::string_view(string->data(), string->size()));
    std::string list = "[";
    for (const double real : std::get<std::vector<double>>(value)) list += (list.size() > 1 ? "," : "") + number(real);
    return list + "]";
}

std::string to_json(const Options& options) {
    std::string object = "{";
    for (const auto& [name, value] : options.values())
        object += fmt::format("{}{}:{}", object.size() > 1 ? "," : "", to_json(Options::Value(name)), to_json(value));
    return object + "}";
}

}  // namespace unroll::plugins
