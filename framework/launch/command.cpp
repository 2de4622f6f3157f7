// Other programs, run for what they say.
#include "launch/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace unroll::launch {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    int read = -1, write = -1;
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
        read = ends[0];
        write = ends[1];
    }
    ~Pipe() {
        close(read);
        close(write);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    static void close(int& end) {
        if (end >= 0) ::close(end);
        end = -1;
    }
};

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> all;
    for (std::string& word : words) all.push_back(word.data());
    all.push_back(nullptr);
    return all;
}

bool is_named(std::string_view entry, const std::string& pattern) {
    const std::string_view name = entry.substr(0, entry.find('='));
    if (pattern.ends_with('*')) return name.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
    return name == pattern;
}

std::vector<std::string> environment(const std::vector<std::string>& without) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry; ++entry) {
        bool wanted = true;
        // Which cluster it is, programs inside a job must know as well.
        for (const std::string& pattern : without)
            wanted = wanted && (!is_named(*entry, pattern) || is_named(*entry, "SLURM_CONF"));
        if (wanted) all.emplace_back(*entry);
    }
    return all;
}

/// Reads both until they end; false when the time is over before.
bool read_all(Pipe& out, Pipe& err, CommandResult& result, Clock::time_point end) {
    std::array<char, 4096> buffer{};
    std::array<pollfd, 2> files{{{out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
    while (files[0].fd >= 0 || files[1].fd >= 0) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0) return false;
        if (::poll(files.data(), files.size(), static_cast<int>(left)) < 0 && errno != EINTR) return false;
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (files[i].fd < 0 || !files[i].revents) continue;
            const ssize_t size = ::read(files[i].fd, buffer.data(), buffer.size());
            if (size > 0)
                (i ? result.err : result.out).append(buffer.data(), static_cast<std::size_t>(size));
            else if (size == 0 || errno != EINTR)
                files[i].fd = -1;
        }
    }
    return true;
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& words, std::chrono::seconds patience,
                          const std::vector<std::string>& without) {
    CommandResult result;
    Pipe out, err;
    std::vector<std::string> arguments = words, variables = environment(without);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
    pid_t process = -1;
    const int error = ::posix_spawnp(&process, arguments[0].c_str(), &actions, nullptr, pointers(arguments).data(),
                                     pointers(variables).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error) {
        result.code = -1;
        result.found = error != ENOENT;
        result.err = std::generic_category().message(error);
        return result;
    }
    Pipe::close(out.write);
    Pipe::close(err.write);
    if (!read_all(out, err, result, Clock::now() + patience)) {
        result.overdue = true;
        ::kill(process, SIGKILL);
    }
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    result.code = WIFEXITED(status) && !result.overdue ? WEXITSTATUS(status) : -1;
    return result;
}

pid_t start_detached(const std::vector<std::string>& words, const std::filesystem::path& log) {
    std::vector<std::string> arguments = words;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    pid_t process = -1;
    const int error =
        ::posix_spawnp(&process, arguments[0].c_str(), &actions, &attributes, pointers(arguments).data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error) throw std::system_error(error, std::generic_category(), words[0]);
    return process;
}

unsigned long long start_tick(pid_t process) {
    std::ifstream file(fmt::format("/proc/{}/stat", process));
    std::string line;
    if (!std::getline(file, line)) return 0;
    const auto name_end = line.rfind(") ");  // a name may have anything in it
    if (name_end == line.npos) return 0;
    std::istringstream rest(line.substr(name_end + 2));
    std::string field;
    constexpr int start_time = 20;  // counted from the state, which is the first behind the name
    for (int i = 1; i <= start_time && rest >> field; ++i) {
        if (i == 1 && (field == "Z" || field == "X")) return 0;
        if (i == start_time) return std::stoull(field);
    }
    return 0;
}

}  // namespace unroll::launch
