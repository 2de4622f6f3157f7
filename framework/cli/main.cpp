// unroll: the program. Finds the command, runs it, and turns errors into a message and an exit code.
#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "base/nearest.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "fetch/download.h"
#include "plugins/catalog.h"
#include "unroll/error.h"

namespace {

using namespace unroll;

struct Entry {
    std::string_view name;
    int (*run)(const cli::Words&);
    std::string_view about;
};

constexpr std::array entries{
    Entry{"run", cli::run, "train and sample everything that a manifest asks for and is not there yet"},
    Entry{"plan", cli::plan, "list every trial that a manifest comes to"},
    Entry{"check", cli::check, "validate a manifest, or put a plugin through the conformance tests"},
    Entry{"plugins", cli::plugins, "list cells, datasets and samplers with their options; and what was refused"},
    Entry{"sample", cli::sample, "generate text from a trained trial"},
    Entry{"compare", cli::compare, "mean, spread and interval of a metric by group"},
    Entry{"diff", cli::diff, "what differs between two trials"},
    Entry{"sql", cli::sql, "query the results, read-only"},
    Entry{"verify", cli::verify, "run a trial again and compare the losses bit for bit"},
};

int help() {
    fmt::print("usage: unroll COMMAND …\n\nCompares sequence-model cells: one manifest in, one SQLite file out.\n\n");
    for (const Entry& entry : entries) fmt::print("  {:<9} {}\n", entry.name, entry.about);
    fmt::print("\n'unroll COMMAND --help' tells more.\n");
    return cli::well;
}

/// What was printed must have arrived: a full disk is not a short result.
int delivered(int code) {
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
        throw Error({"standard output", fmt::format("cannot be written: {}", std::strerror(errno)),
                     "room for the whole output", "free some, or send the output elsewhere"});
    return code;
}

int dispatch(const cli::Words& words) {
    if (words.empty() || words[0] == "--help" || words[0] == "help") return help();
    std::vector<std::string> names;
    for (const Entry& entry : entries) {
        if (entry.name == words[0]) return delivered(entry.run({words.begin() + 1, words.end()}));
        names.emplace_back(entry.name);
    }
    const std::string near = base::nearest(words[0], names);
    throw Error({"command line", fmt::format("unknown command '{}'", words[0]), "a command of 'unroll --help'",
                 near.empty() ? "run 'unroll --help' for all commands" : base::did_you_mean(near)});
}

}  // namespace

int main(int count, char** words) {
    try {
        return dispatch({words + 1, words + count});
    } catch (const fetch::Interrupted& stop) {
        fmt::print(stderr, "unroll: {}\n", stop.what());
        return cli::interrupted;
    } catch (const Error& error) {
        fmt::print(stderr, "unroll: {}\n", error.what());
    } catch (const std::exception& error) {
        fmt::print(stderr, "unroll: {}\n", error.what());
    }
    return cli::wrong;
}
