// Standard output, on which a command's result is delivered.
#include "cli/output.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace unroll::cli {

namespace {

/// The first error of standard output, of which stdio keeps only that there was one.
int first_error = 0;
bool settled = false;

}  // namespace

void hold_standard_streams() {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF)
            // The lowest free number is this one.
            if (::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
}

Delivery deliver() {
    if (std::fflush(stdout) != 0 && first_error == 0) first_error = errno;
    if (first_error == 0 && std::ferror(stdout)) first_error = EIO;
    if (first_error == 0 || settled) return {};
    return {std::strerror(first_error), first_error == EPIPE};
}

void settle_output() {
    settled = true;
}

void print_if_possible(const std::function<void()>& print) {
    try {
        print();
    } catch (const std::system_error& error) {
        if (!std::ferror(stdout)) throw;
        if (first_error == 0) first_error = error.code().value();
    }
}

}  // namespace unroll::cli
