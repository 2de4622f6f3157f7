// A plugin's options: what was given, checked against what is declared.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "unroll/error.h"
#include "unroll/options.h"
#include "unroll/plugin.h"

namespace unroll::plugins {

/// The value in its option's type: a whole number where a number is declared becomes a double, 64.0 where a whole
/// number is declared becomes 64. Nothing for a wrong type or a value out of range.
std::optional<json::Value> normal(const Option& option, const json::Value& given);

/// What is wrong with a value that normal() refuses, and what would be right.
Problem wrong_value(const Option& option, const json::Value& given, std::string where);

/// Sets the option to a value that is in normal form.
void set_normal(Options& options, const Option& option, const json::Value& value);

/// Sets the option to what was given, in normal form. When it is refused: the problem, and nothing is set.
std::optional<Problem> set_option(Options& options, const Option& option, const json::Value& given, std::string where);

/// Sets every option that has a default. Loaded plugins have been checked for defaults that are as declared.
void set_defaults(Options& options, const Plugin& plugin);

/// The option of that name, or null.
const Option* find_option(const Plugin& plugin, std::string_view name);

/// That the plugin has no such option: with the nearest one it has, and all of them.
Problem unknown_option(const Plugin& plugin, std::string_view name, std::string where);

/// That an option without a default was not given.
Problem missing_option(const Plugin& plugin, const Option& option, std::string where);

/// All at once: defaults, then everything given. What is wrong is appended to `problems`; `where` names the place where
/// the values stand. The result is complete when nothing was appended.
Options check(const Plugin& plugin, const json::Object& values, const std::string& where,
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

/// A JSON object of all values, ordered by name, numbers as short as they can be. It is part of what identifies a
/// sample in the result store.
std::string to_json(const Options& options);

}  // namespace unroll::plugins
