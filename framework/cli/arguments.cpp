// Command lines: parsing, help and errors that all commands share.
#include "cli/arguments.h"

#include <fmt/core.h>

#include <sstream>

#include "base/nearest.h"
#include "plugins/catalog.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

std::vector<std::string> long_names(const po::options_description& options) {
    std::vector<std::string> names;
    for (const auto& option : options.options())
        if (!option->long_name().empty()) names.push_back("--" + option->long_name());
    return names;
}

void print_help(const Command& command, const po::options_description& visible) {
    std::ostringstream options;
    options << visible;
    fmt::print("usage: {}\n\n{}\n\n{}", command.usage, command.about, options.str());
}

}  // namespace

std::optional<Arguments> parse(Command command, const Words& words) {
    po::options_description visible;
    visible.add(command.options);
    po::options_description shared("For every command");
    shared.add_options()("db", po::value<std::string>()->default_value("results/unroll.db"), "the result store")(
        "plugin-path", po::value<std::vector<std::string>>()->composing(), "a folder to look for plugins in, too")(
        "help", "print this");
    visible.add(shared);

    po::options_description all;
    all.add(visible);
    po::options_description hidden;
    po::positional_options_description positional;
    for (std::size_t i = 0; i < command.positional.size(); ++i) {
        const std::string& name = command.positional[i];
        const bool last = i + 1 == command.positional.size();
        if (last)
            hidden.add_options()(name.c_str(), po::value<std::vector<std::string>>());
        else
            hidden.add_options()(name.c_str(), po::value<std::string>());
        positional.add(name.c_str(), last ? -1 : 1);
    }
    all.add(hidden);

    Arguments arguments;
    try {
        po::store(po::command_line_parser(words)
                      .options(all)
                      .positional(positional)
                      .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
                      .run(),
                  arguments.values);
        if (arguments.values.count("help")) {
            print_help(command, visible);
            return std::nullopt;
        }
        po::notify(arguments.values);
    } catch (const po::unknown_option& unknown) {
        const std::string near = base::nearest(unknown.get_option_name(), long_names(visible));
        throw Error({"command line", fmt::format("unknown option '{}'", unknown.get_option_name()),
                     "usage: " + command.usage,
                     near.empty() ? "run the command with --help for all options" : base::did_you_mean(near)});
    } catch (const po::error& error) {
        throw Error(
            {"command line", error.what(), "usage: " + command.usage, "run the command with --help for all options"});
    }
    arguments.database = arguments.get<std::string>("db");
    if (arguments.database.empty())
        throw Error({"--db", "nothing", "a file", "leave the option out for the usual results/unroll.db"});
    if (arguments.values.count("plugin-path"))
        for (const auto& folder : arguments.get<std::vector<std::string>>("plugin-path"))
            arguments.plugin_paths.emplace_back(folder);
    return arguments;
}

std::uint64_t whole_number(const Arguments& arguments, const std::string& option, std::uint64_t least,
                           std::uint64_t most, const std::string& next) {
    const std::int64_t value = arguments.get<std::int64_t>(option);
    if (value < 0 || std::uint64_t(value) < least || std::uint64_t(value) > most)
        throw Error({"--" + option, std::to_string(value), fmt::format("a whole number, {} to {}", least, most), next});
    return std::uint64_t(value);
}

}  // namespace unroll::cli
