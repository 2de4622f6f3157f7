// unroll: the program. Finds the command, runs it, and turns errors into a message and an exit code.
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "cli/command_table.h"
#include "cli/help.h"
#include "cli/terminal.h"
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

void tell(const char* what) {
    fmt::print(stderr, "{} {}\n", cli::colored("unroll:", cli::Color::red, cli::takes_color(STDERR_FILENO)), what);
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
        tell(stop.what());
        return cli::interrupted;
    } catch (const Error& error) {
        tell(error.what());
    } catch (const std::exception& error) {
        tell(error.what());
    }
    return cli::bad_request;
}
