// A plugin's options: what was given, checked against what is declared. Knows no JSON library, so that a manifest's own
// parser, which has lines and numbers exactly as written, can feed it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "unroll/error.h"
#include "unroll/options.h"
#include "unroll/plugin.h"

namespace unroll::plugins {

/// A value as somebody wrote it.
struct Given {
    /// A list is here when all of its elements are numbers. What no option can be (null, an object, another list) is
    /// nullptr.
    using Value = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, std::vector<double>>;
    Value value;
    std::string text;   ///< as it was written, for messages
    std::string where;  ///< for messages: manifest path and line, or the command line
};

/// Reads one JSON value; doubles are rounded correctly. None when it is not JSON.
std::optional<Given> given(std::string_view json, std::string where);

/// Sets the option to what was given, normalised to its declared type (a whole number where a number is wanted becomes
/// a double; 64.0 where a whole number is wanted becomes 64). On a wrong type or a value out of range: the problem, and
/// nothing is set.
std::optional<Problem> set_option(Options& options, const Option& option, const Given& given);

/// Sets every option that has a default. Loaded plugins have been checked for defaults that are as declared.
void set_defaults(Options& options, const Plugin& plugin);

/// The option of that name, or null.
const Option* find_option(const Plugin& plugin, std::string_view name);

/// That the plugin has no such option: with the nearest one it has, and all of them.
Problem unknown_option(const Plugin& plugin, std::string_view name, std::string where);

/// That an option without a default was not given.
Problem missing_option(const Plugin& plugin, const Option& option, std::string where);

/// All at once: defaults, then everything given. What is wrong is appended to `problems`; `where` names the place that
/// lacks a required option. The result is complete when nothing was appended.
Options check(const Plugin& plugin, const std::map<std::string, Given>& values, const std::string& where,
              std::vector<Problem>& problems);

/// What is wrong with the declarations themselves: a name that is empty or comes twice, bounds the wrong way round, a
/// default that is not JSON or not allowed, a choice without words. None for a plugin that may be used.
std::optional<Problem> check_declarations(const Plugin& plugin);

/// "integer", "number", "boolean", "choice", "text", "path", "numbers".
std::string_view to_string(Option::Type type);

/// What a choice may be.
std::vector<std::string> words(const Option& option);

/// "a whole number, 1 to 64", "\"pre\" or \"post\"", "true or false", …
std::string allowed(const Option& option);

/// JSON text; the shortest that reads back as the same double.
std::string to_json(const Options::Value& value);
/// A JSON object of all values, ordered by name.
std::string to_json(const Options& options);

}  // namespace unroll::plugins
