// Options: the combinations to test in, and the refusal of what is not allowed.
#include <fmt/core.h>

#include <filesystem>

#include "conformance/recorder.h"
#include "json/parse.h"
#include "plugins/options_check.h"

namespace unroll::conformance {

namespace {

constexpr const char* command_line = "command line";

/// The plugin's problems, if any, with one value for one option.
std::optional<Problem> problem_with(const Option& option, const json::Value& value) {
    Options options;
    return plugins::set_option(options, option, value, "conformance");
}

}  // namespace

Options given_options(const Plugin& plugin, const std::vector<std::string>& words) {
    Options options;
    for (const std::string& word : words) {
        const Size equals = word.find('=');
        if (equals == std::string::npos)
            throw Error({command_line, fmt::format("'{}'", word), "NAME=JSON",
                         "name an option of the plugin and its value, as in heads=2"});
        const std::string name = word.substr(0, equals), text = word.substr(equals + 1);
        const std::string where = fmt::format("{}, option '{}'", command_line, name);
        const Option* option = plugins::find_option(plugin, name);
        if (!option) throw Error(plugins::unknown_option(plugin, name, command_line));
        const std::optional<json::Value> given = json::try_parse(text);
        if (!given)
            throw Error({where, fmt::format("'{}', which is not JSON", text), plugins::allowed(*option),
                         "write a text with its quotes, as in 'path=\"book.txt\"'"});
        if (const auto problem = plugins::set_option(options, *option, *given, where)) throw Error(*problem);
        if (option->type == Option::Type::path)
            options.set(name, std::filesystem::absolute(options.text(name)).string());
    }
    return options;
}

std::vector<Variation> variations(const Plugin& plugin, const Options& given) {
    Options base;
    plugins::set_defaults(base, plugin);
    for (const auto& [name, value] : given.values()) base.set(name, value);
    for (const Option& option : plugin.options)
        if (!base.values().contains(option.name)) throw Error(plugins::missing_option(plugin, option, command_line));

    std::vector<Variation> all{{base, ""}};
    for (const Option& option : plugin.options) {
        if (given.values().contains(option.name)) continue;
        const auto add = [&](Options::Value value, const std::string& word) {
            if (base.values().find(option.name)->second == value) return;
            Variation variation{base, fmt::format("{} = {}", option.name, word)};
            variation.options.set(option.name, std::move(value));
            all.push_back(std::move(variation));
        };
        if (option.type == Option::Type::boolean) {
            add(false, "false");
            add(true, "true");
        } else if (option.type == Option::Type::choice) {
            for (const std::string& word : plugins::words(option)) add(word, word);
        }
    }
    return all;
}

void check_options(const Plugin& plugin, Recorder& recorder) {
    const auto problem = plugins::check_declarations(plugin);
    recorder.require("options are declared correctly", !problem, problem ? to_string(*problem) : "", "");
    if (problem) return;

    const auto refused = [&](const Option& option, const char* what, const json::Value& value) {
        recorder.require("values that are not allowed are refused", problem_with(option, value).has_value(),
                         fmt::format("{} was accepted for '{}'", what, option.name), "");
    };
    for (const Option& option : plugin.options) {
        refused(option, "null", json::Value());
        switch (option.type) {
            case Option::Type::integer:
                refused(option, "a fraction", option.minimum + 0.5);
                [[fallthrough]];
            case Option::Type::number:
                refused(option, "a number below the minimum", std::nextafter(option.minimum, -INFINITY) - 1);
                refused(option, "a number above the maximum", std::nextafter(option.maximum, INFINITY) + 1);
                refused(option, "a text", std::string("1"));
                break;
            case Option::Type::numbers:
                refused(option, "a number above the maximum",
                        json::Array{std::nextafter(option.maximum, INFINITY) + 1});
                refused(option, "a number below the minimum",
                        json::Array{std::nextafter(option.minimum, -INFINITY) - 1});
                break;
            case Option::Type::boolean:
                refused(option, "a number", std::int64_t{1});
                break;
            case Option::Type::choice:
                refused(option, "a word that is not a choice", std::string("no such word"));
                refused(option, "a part of the choices", std::string(option.choices) + "|");
                break;
            case Option::Type::text:
            case Option::Type::path:
                refused(option, "a number", std::int64_t{1});
                break;
        }
    }
    std::vector<Problem> problems;
    plugins::check(plugin, {{"no_such_option", {}, json::Value(true)}}, "conformance", problems);
    recorder.require("values that are not allowed are refused", !problems.empty(),
                     "an option that is not declared was accepted", "");
}

}  // namespace unroll::conformance
