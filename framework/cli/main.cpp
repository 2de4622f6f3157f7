// unroll: the program. Finds the command, runs it, and turns errors into a message and an exit code.
#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "cli/command_table.h"
#include "cli/help.h"
#include "cli/version.h"
#include "fetch/download.h"
#include "unroll/error.h"

namespace {

using namespace unroll;

/// Throws Error when not all of the output could be written: a full disk must not pass for a short result.
int delivered(int code) {
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
        throw Error({"standard output", fmt::format("cannot be written: {}", std::strerror(errno)),
                     "a destination that takes the whole output", "free disk space, or redirect the output elsewhere"});
    return code;
}

int dispatch(const cli::Words& words) {
    if (words.empty() || words[0] == "--help" || words[0] == "-h") {
        cli::print_overview();
        return cli::success;
    }
    if (words[0] == "--version") {
        fmt::print("{}", cli::version_text());
        return cli::success;
    }
    return cli::command_named(words[0]).run({words.begin() + 1, words.end()});
}

}  // namespace

int main(int count, char** words) {
    try {
        return delivered(dispatch({words + 1, words + count}));
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
