// A child process that loads, and a pipe that tells how far it has come.
#include "plugins/probe.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>

namespace unroll::plugins {

namespace {

using Files = std::span<const std::filesystem::path>;
using Load = std::function<void(const std::filesystem::path&)>;

/// The child: a byte for each file that was loaded.
[[noreturn]] void load_all(Files files, const Load& load, int progress) {
    ::signal(SIGINT, SIG_IGN);  // meant for the parent, which ends this
    for (const int fault : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGHUP}) ::signal(fault, SIG_DFL);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (nowhere >= 0) ::dup2(nowhere, standard);
    for (const auto& file : files) {
        try {
            load(file);
        } catch (...) {  // a reason to refuse it, which the parent will meet and tell
        }
        if (::write(progress, "+", 1) != 1) break;
    }
    ::_exit(0);
}

/// How many files the child has loaded when it has loaded all, when it is gone, or when one takes too long; then
/// `is_late` is set.
std::size_t follow(int progress, std::size_t count, std::chrono::milliseconds patience, bool& is_late) {
    std::size_t done = 0;
    while (done < count) {
        pollfd ready{progress, POLLIN, 0};
        const int events = ::poll(&ready, 1, static_cast<int>(patience.count()));
        if (events < 0 && errno == EINTR) continue;
        is_late = events == 0;
        char bytes[64];
        const ssize_t read = events > 0 ? ::read(progress, bytes, sizeof bytes) : 0;
        if (read <= 0) break;
        done += static_cast<std::size_t>(read);
    }
    return done;
}

std::string end_of(int status) {
    if (WIFEXITED(status)) return fmt::format("loading it ended the process with exit code {}", WEXITSTATUS(status));
    const int signal = WTERMSIG(status);
    return fmt::format("loading it was ended by signal {} ({})", signal, ::strsignal(signal));
}

/// Loads files in one child until one of them does harm; how many were loaded. `harm` tells what the next one did.
std::size_t load_in_child(Files files, const Load& load, std::chrono::milliseconds patience, std::string& harm) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return files.size();
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        load_all(files, load, ends[1]);
    }
    ::close(ends[1]);
    if (child < 0) {
        ::close(ends[0]);
        return files.size();
    }
    bool is_late = false;
    const std::size_t done = follow(ends[0], files.size(), patience, is_late);
    ::close(ends[0]);
    if (is_late) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (done < files.size())
        harm = is_late
                   ? fmt::format("loading it takes longer than {:g} s", static_cast<double>(patience.count()) / 1000)
                   : end_of(status);
    return done;
}

}  // namespace

std::vector<std::string> probe(const std::vector<std::filesystem::path>& files, const Load& load,
                               std::chrono::milliseconds patience) {
    std::vector<std::string> harms(files.size());
    for (std::size_t next = 0; next < files.size();) {
        std::string harm;
        next += load_in_child(Files(files).subspan(next), load, patience, harm);
        if (next < files.size()) harms[next++] = std::move(harm);
    }
    return harms;
}

}  // namespace unroll::plugins
