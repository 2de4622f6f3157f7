// Command lines: parsing, help and errors that all commands share.
#include "cli/arguments.h"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "base/nearest.h"
#include "base/special_files.h"
#include "base/text.h"
#include "cli/print.h"
#include "cli/terminal.h"
#include "cli/terms.h"
#include "plugins/trust.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

/// A help text is as wide as the terminal, but no line of it too long to be read.
std::size_t help_columns() {
    return std::clamp<std::size_t>(output_columns().value_or(100), 60, 100);
}

std::vector<std::string> long_names(const po::options_description& options) {
    std::vector<std::string> names;
    for (const auto& option : options.options())
        if (!option->long_name().empty()) names.push_back("--" + option->long_name());
    return names;
}

/// By what follows the hyphens: with them, short names would all be near each other.
std::string nearest_option(std::string_view name, const std::vector<std::string>& known) {
    const auto bare = [](std::string_view option) {
        return std::string(option.substr(std::min(option.find_first_not_of('-'), option.size())));
    };
    std::vector<std::string> names;
    for (const std::string& each : known) names.push_back(bare(each));
    const std::string near = base::nearest(bare(name), names);
    return near.empty() ? near : "--" + near;
}

/// "a, b or c".
std::string alternatives(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return text;
}

void check_choice(const std::string& where, const std::string& word, const std::vector<std::string>& choices) {
    if (std::find(choices.begin(), choices.end(), word) != choices.end()) return;
    std::string meant;  // by its beginning ("val"), or by what its files end in ("md")
    for (const std::string& choice : choices)
        if (meant.empty() && (choice.starts_with(word) || (word == "md" && choice == "markdown"))) meant = choice;
    if (word.empty() || meant.empty()) meant = base::nearest(word, choices);
    throw Error({where, fmt::format("'{}'", word), alternatives(choices),
                 meant.empty() ? "choose one of these" : base::did_you_mean(meant)});
}

/// Throws Error when an option has a value that is none of its choices.
void check_choices(const po::options_description& options, const po::variables_map& values) {
    for (const auto& option : options.options()) {
        const std::vector<std::string> choices = choices_of(*option);
        const auto found = values.find(option->long_name());
        if (choices.empty() || found == values.end() || found->second.defaulted()) continue;
        check_choice("--" + option->long_name(), found->second.as<std::string>(), choices);
    }
}

}  // namespace

po::options_description shared_options() {
    po::options_description shared("Options of every command", help_columns());
    shared.add_options()("db", po::value<std::string>()->value_name("FILE")->default_value("results/unroll.db"),
                         "the result store, an SQLite file")(
        "plugin-path", po::value<std::vector<std::string>>()->composing()->value_name("FOLDER"),
        "another folder to search for plugins; repeatable")(
        "trust-plugins", "load plugins even where other users may write to them; as UNROLL_TRUST_PLUGINS=1")(
        "help,h", "print this help and exit");
    return shared;
}

std::string value_name(const po::option_description& option) {
    if (option.semantic()->max_tokens() == 0) return {};
    const std::string name = option.semantic()->name();  // Boost appends the default: "N (=400)"
    return name.substr(0, name.find(" (="));
}

std::vector<std::string> choices_of(const po::option_description& option) {
    const std::string name = value_name(option);
    return name.find('|') == name.npos ? std::vector<std::string>() : base::split(name, '|');
}

namespace {

/// Lines are broken between options, not within the brackets of one.
std::string wrapped_usage(const std::string& usage) {
    constexpr std::string_view unbreakable_space = "\u00A0";
    std::string text = "usage: ";
    int depth = 0;
    for (const char c : usage) {
        depth += (c == '[') - (c == ']');
        if (c == ' ' && depth > 0)
            text += unbreakable_space;
        else
            text += c;
    }
    text = base::wrap(text, help_columns());
    for (std::size_t at = 0; (at = text.find(unbreakable_space, at)) != text.npos;)
        text.replace(at, unbreakable_space.size(), " ");
    return text;
}

void print_help(const Command& command) {
    // Its own options again, in lines as wide as the text above.
    po::options_description own(command.options.options().empty() ? "" : "Options", help_columns());
    for (const auto& option : command.options.options()) own.add(option);
    std::ostringstream options;
    if (!command.options.options().empty()) options << own << '\n';
    options << shared_options();
    print("{}\n\n{}\n\n{}", Ready{wrapped_usage(command.usage)}, Ready{base::wrap(command.about, help_columns())},
          Ready{options.str()});
}

/// The command's positional arguments as options, which help does not show, and in `positional` as what stands where.
po::options_description positional_options(const Command& command, po::positional_options_description& positional) {
    po::options_description options;
    for (std::size_t i = 0; i < command.positional.size(); ++i) {
        const std::string& name = command.positional[i];
        const bool last = i + 1 == command.positional.size();
        if (last)
            options.add_options()(name.c_str(), po::value<std::vector<std::string>>());
        else
            options.add_options()(name.c_str(), po::value<std::string>());
        positional.add(name.c_str(), last ? -1 : 1);
    }
    return options;
}

}  // namespace

void check_database(const std::filesystem::path& database, const std::string& where, bool may_be_made) {
    const std::filesystem::path folder = std::filesystem::absolute(database).parent_path();
    std::error_code ignored;
    if (std::filesystem::is_directory(database, ignored))
        throw Error({where, fmt::format("'{}', which is a folder", database.string()), "a result store, one file",
                     fmt::format("name the file, as in {}", (database / "unroll.db").string())});
    if (const std::string kind = base::special_file(database); !kind.empty())
        throw Error({where, fmt::format("'{}', {}", database.string(), kind), "a result store, one regular file",
                     "name a file of its own"});
    if (may_be_made || std::filesystem::is_directory(folder, ignored)) return;
    throw Error({where, fmt::format("'{}', in a folder that does not exist", database.string()),
                 "a file in a folder that exists",
                 fmt::format("correct the path, or make the folder with: mkdir -p {}", folder.string())});
}

std::vector<std::string> Arguments::list(const std::string& name) const {
    return has(name) ? get<std::vector<std::string>>(name) : std::vector<std::string>();
}

std::optional<Arguments> parse(Command command, const Words& words) {
    po::options_description visible;
    visible.add(command.options).add(shared_options());

    po::options_description all;
    po::positional_options_description positional;
    all.add(visible).add(positional_options(command, positional));

    Arguments arguments;
    const char* all_options = "run the command with --help for all options";
    try {
        po::store(po::command_line_parser(words)
                      .options(all)
                      .positional(positional)
                      .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
                      .run(),
                  arguments.values);
        if (arguments.values.count("help")) {
            print_help(command);
            return std::nullopt;
        }
        po::notify(arguments.values);
        check_choices(visible, arguments.values);
        if (!command.choices.empty())
            for (const std::string& word : arguments.list(command.positional.back()))
                check_choice("command line", word, command.choices);
    } catch (const po::unknown_option& unknown) {
        const std::string& name = unknown.get_option_name();
        const std::vector<std::string> known = long_names(visible);
        const std::string term = instead_of_option(name, known), near = nearest_option(name, known);
        throw Error({"command line", fmt::format("unknown option '{}'", name), "usage: " + command.usage,
                     !term.empty()   ? term
                     : !near.empty() ? base::did_you_mean(near)
                                     : all_options});
    } catch (const po::error& error) {
        throw Error({"command line", error.what(), "usage: " + command.usage, all_options});
    }
    arguments.database = arguments.get<std::string>("db");
    if (arguments.database.empty())
        throw Error(
            {"--db", "an empty path", "the path of a result store", "leave the option out to use results/unroll.db"});
    // The folder of the usual database is made when it is missing; one that was asked for may be a slip.
    check_database(arguments.database, "--db", !arguments.has("db"));
    if (arguments.values.count("trust-plugins")) plugins::trust_everybody();
    for (const std::string& folder : arguments.list("plugin-path")) arguments.plugin_paths.emplace_back(folder);
    return arguments;
}

std::vector<std::string> exactly(const Arguments& arguments, const std::string& name, std::size_t count,
                                 const std::string& what, const std::string& help) {
    std::vector<std::string> words = arguments.list(name);
    if (words.size() == count) return words;
    const std::string number = count == 1 ? "one " + name : base::count_of(count, name);
    throw Error({"command line", words.empty() ? "no " + name : base::count_of(words.size(), name),
                 fmt::format("exactly {}: {}", number, what), help});
}

std::uint64_t whole_number(const Arguments& arguments, const std::string& option, std::uint64_t least,
                           std::uint64_t most, const std::string& help) {
    const std::int64_t value = arguments.get<std::int64_t>(option);
    if (value < 0 || std::uint64_t(value) < least || std::uint64_t(value) > most)
        throw Error({"--" + option, std::to_string(value), fmt::format("a whole number, {} to {}", least, most), help});
    return std::uint64_t(value);
}

}  // namespace unroll::cli
