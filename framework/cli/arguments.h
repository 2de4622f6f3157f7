// Command lines: what all commands share. Boost.Program_options does the work.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace unroll::cli {

namespace po = boost::program_options;

/// Exit codes of the contract. unmet: a trial failed, an expectation does not hold, values differ; bad_request: nothing
/// was done.
enum ExitCode : int { success = 0, unmet = 1, bad_request = 2, interrupted = 130 };

/// A command's own options and its help.
struct Command {
    std::string usage;  ///< as in "unroll sql QUERY|@FILE [--format …]"
    std::string about;  ///< paragraphs of sentences; lines are broken when printed
    /// Its own; shared_options() are added. A value_name A|B|C makes these words the only ones that the option takes.
    po::options_description options{"Options"};
    std::vector<std::string> positional;  ///< names of positional arguments; the last takes all that remain
    std::vector<std::string> choices{};   ///< the only words that the last positional argument takes; empty: any
};

/// --db, --plugin-path, --trust-plugins and --help.
po::options_description shared_options();

/// How help names an option's value, as in N or table|csv; "" when it takes none.
std::string value_name(const po::option_description& option);

/// The words that an option takes; empty when it takes others, too.
std::vector<std::string> choices_of(const po::option_description& option);

/// A parsed command line. `database` and `plugin_paths` are there for every command.
struct Arguments {
    po::variables_map values;
    std::filesystem::path database;
    std::vector<std::filesystem::path> plugin_paths;

    bool has(const std::string& name) const { return values.count(name) != 0 && !values[name].defaulted(); }
    template <class T>
    const T& get(const std::string& name) const {
        return values[name].as<T>();
    }
    /// The words given for the last positional argument, or for an option that may be repeated; empty when none is.
    std::vector<std::string> list(const std::string& name) const;
};

/// None when --help was asked for and printed. Throws Error for an unknown option, with the nearest known one, and for
/// a value that is none of an option's choices.
std::optional<Arguments> parse(Command command, const Words& words);

/// Throws Error, with `where` in its first line, for a path that can be no database: a folder, a device, or, unless its
/// folder `may_be_made`, a file in a folder that is not there.
void check_database(const std::filesystem::path& database, const std::string& where, bool may_be_made);

/// Exactly `count` words for the last positional argument, which is called `name`. Throws Error otherwise: "2 trials,
/// expected: exactly one trial: `what`".
std::vector<std::string> exactly(const Arguments& arguments, const std::string& name, std::size_t count,
                                 const std::string& what, const std::string& help);

/// An option that was declared as po::value<std::int64_t>(). Throws Error when it is not within `least` and `most`.
std::uint64_t whole_number(const Arguments& arguments, const std::string& option, std::uint64_t least,
                           std::uint64_t most, const std::string& help);

}  // namespace unroll::cli
