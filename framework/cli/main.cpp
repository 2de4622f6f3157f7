// unroll: the program. Finds the command, runs it, and turns errors into a message and an exit code.
#include <fmt/core.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <exception>
#include <string>

#include "base/interrupted.h"
#include "base/transient.h"
#include "cli/command_table.h"
#include "cli/help.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/terminal.h"
#include "cli/version.h"
#include "cli/worker.h"
#include "store/waiting.h"
#include "unroll/error.h"

namespace {

using namespace unroll;

void tell(const char* what) {
    const std::string name = cli::colored("unroll:", cli::Color::red, cli::takes_color(STDERR_FILENO));
    cli::message("{} {}\n", cli::Ready{name}, cli::Lines{what});
}

/// The exit code of a command: a full disk must not pass for a short result. A reader who has left (`| head`) wants no
/// more and is told nothing.
int delivered(int code) {
    const cli::Delivery delivery = cli::deliver();
    if (delivery.whole() || code != cli::success) return code;
    if (delivery.reader_has_left) return 128 + SIGPIPE;
    tell(to_string({"standard output", fmt::format("cannot be written: {}", delivery.problem),
                    "a destination that takes the whole output", "free disk space, or redirect the output elsewhere"})
             .c_str());
    return cli::bad_request;
}

/// Nothing of the program's own calls exit() within a command.
bool running = false;

/// What a plugin that does must not pass for: success.
void on_exit_call(int code, void*) {
    if (!running) return;
    tell(fmt::format("a plugin has ended the program with exit({}); what was stored until then stays", code).c_str());
    ::_exit(code == 0 ? cli::unmet : code);
}

int dispatch(const cli::Words& words) {
    if (words.empty() || words[0] == "--help" || words[0] == "-h") {
        cli::print_overview();
        return cli::success;
    }
    if (words[0] == "--version") {
        cli::print("{}", cli::Ready{cli::version_text()});
        return cli::success;
    }
    if (words[0] == cli::worker_word) {
        running = false;  // the exit code tells the process that waits for it
        return cli::worker({words.begin() + 1, words.end()});
    }
    if (words[0] == cli::query_word) {
        running = false;
        return cli::query_worker({words.begin() + 1, words.end()});
    }
    return cli::command_named(words[0]).run({words.begin() + 1, words.end()});
}

int run(const cli::Words& words) {
    try {
        int code = cli::success;
        cli::print_if_possible([&] { code = dispatch(words); });
        return delivered(code);
    } catch (const base::Interrupted& stop) {
        tell(stop.what());
        return cli::interrupted;
    } catch (...) {
        tell(base::what_is(std::current_exception()).c_str());
    }
    return cli::bad_request;
}

}  // namespace

int main(int count, char** words) {
    cli::hold_standard_streams();
    store::set_wait_monitor({[](const std::string& wait) { cli::message("note: {}\n", wait); }});
    ::on_exit(on_exit_call, nullptr);
    running = true;
    const int code = run({words + 1, words + count});
    running = false;
    return code;
}
