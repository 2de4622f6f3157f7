// A child process that talks through two pipes.
#include "sweep/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace unroll::sweep {

namespace {

[[noreturn]] void fail(int code) {
    throw std::system_error(code, std::generic_category(), "a process for a trial");
}

/// A descriptor that closes itself, none of those that a child process gets.
class Descriptor {
public:
    explicit Descriptor(int low) : number_(::fcntl(low, F_DUPFD_CLOEXEC, 10)) {
        const int code = errno;
        ::close(low);
        if (number_ < 0) fail(code);
    }
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;

    int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }

private:
    int number_;
};

struct Pipe {
    Descriptor reading, writing;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno);
    // The one that throws closes its own; the other end must not be left open.
    try {
        Descriptor reading(std::exchange(ends[0], -1));
        Descriptor writing(std::exchange(ends[1], -1));
        return {std::move(reading), std::move(writing)};
    } catch (...) {
        if (ends[1] >= 0) ::close(ends[1]);
        throw;
    }
}

class FileActions {
public:
    FileActions() { ::posix_spawn_file_actions_init(&actions_); }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;

    void duplicate(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

/// The child begins with the signals of a terminal held back, until it has said what they are to it.
class SpawnAttributes {
public:
    SpawnAttributes() {
        ::posix_spawnattr_init(&attributes_);
        sigset_t held;
        sigemptyset(&held);
        for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&held, number);
        ::posix_spawnattr_setsigmask(&attributes_, &held);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    }
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;

    const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command) {
    Pipe in = make_pipe(), out = make_pipe();
    FileActions actions;
    actions.duplicate(STDERR_FILENO, STDOUT_FILENO);
    actions.duplicate(in.reading.get(), child_reads_from);
    actions.duplicate(out.writing.get(), child_writes_to);
    std::vector<std::string> words = command;
    words.push_back(std::to_string(::getpid()));
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const SpawnAttributes attributes;
    if (const int code = ::posix_spawn(&id_, arguments[0], actions.get(), attributes.get(), arguments.data(), environ))
        fail(code);
    in_.emplace(in.writing.release());
    out_.emplace(out.reading.release());
}

ChildProcess::~ChildProcess() {
    if (exit_) return;
    kill();
    wait(std::chrono::milliseconds(0));
}

void ChildProcess::kill() {
    if (!exit_) ::kill(id_, SIGKILL);
}

std::optional<Exit> ChildProcess::poll() {
    int status = 0;
    const pid_t ended = ::waitpid(id_, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return std::nullopt;
    if (ended < 0) return Exit{};
    return WIFSIGNALED(status) ? Exit{0, WTERMSIG(status)} : Exit{WEXITSTATUS(status), 0};
}

Exit ChildProcess::wait(std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!exit_) {
        exit_ = poll();
        if (exit_) break;
        if (std::chrono::steady_clock::now() >= end) kill();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return *exit_;
}

}  // namespace unroll::sweep
