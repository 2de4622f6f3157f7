// unroll: the program. Finds the command, runs it, and turns errors into a message and an exit code.
#include <fmt/format.h>

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
#include "unroll/error.h"

namespace {

using namespace unroll;

struct Entry {
    std::string_view name;
    int (*run)(const cli::Words&);
    std::string_view about;
};

constexpr std::array entries{
    Entry{"run", cli::run, "train and sample every trial of a manifest that the store does not have"},
    Entry{"plan", cli::plan, "list the trials of a manifest with their size, cost and status"},
    Entry{"check", cli::check, "validate a manifest, or run the conformance tests on a plugin"},
    Entry{"plugins", cli::plugins, "list cells, datasets and samplers and their options"},
    Entry{"sample", cli::sample, "generate text or images from a trained trial"},
    Entry{"compare", cli::compare, "show mean, standard deviation and 95% interval of a metric by group"},
    Entry{"diff", cli::diff, "show how the settings and results of two trials differ"},
    Entry{"schema", cli::schema, "print a JSON Schema of manifests for editors, or a reference of all settings"},
    Entry{"sql", cli::sql, "query the results with SQL, read-only"},
    Entry{"verify", cli::verify, "train a trial again and compare the losses bit for bit"},
};

int help() {
    fmt::print(
        "usage: unroll COMMAND [ARGUMENTS]\n\nTrains and compares sequence models: one manifest in, one SQLite file "
        "out.\n\n");
    for (const Entry& entry : entries) fmt::print("  {:<9} {}\n", entry.name, entry.about);
    fmt::print("\nRun 'unroll COMMAND --help' for the options of a command.\n");
    return cli::success;
}

/// Throws Error when not all of the output could be written: a full disk must not pass for a short result.
int delivered(int code) {
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
        throw Error({"standard output", fmt::format("cannot be written: {}", std::strerror(errno)),
                     "a destination that takes the whole output", "free disk space, or redirect the output elsewhere"});
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
    throw Error({"command line", fmt::format("unknown command '{}'", words[0]),
                 fmt::format("one of: {}", fmt::join(names, ", ")),
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
    return cli::bad_request;
}
