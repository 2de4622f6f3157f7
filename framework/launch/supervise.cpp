// The process that stands over a task.
#include "launch/supervise.h"

#include <fmt/core.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/transient.h"
#include "launch/claims.h"
#include "launch/json_file.h"
#include "unroll/error.h"

namespace unroll::launch {

namespace fs = std::filesystem;

namespace {

/// Exit codes of a child: it was asked to end, with work left; it was not, and could not do all (EX_TEMPFAIL, and one
/// more).
constexpr int work_left = 75, work_not_done = 76;
constexpr int answered[] = {SIGUSR1, SIGTERM, SIGINT, SIGHUP};

std::atomic<bool> stop_requested{false}, asked{false}, warned{false};
std::atomic<pid_t> child{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free,
              "a signal handler may only touch lock-free atomics");

void on_signal(int number) {
    const int before = errno;
    stop_requested = asked = true;
    if (number == SIGUSR1) warned = true;
    if (const pid_t process = child) ::kill(process, number);
    errno = before;
}

fs::path make_scratch() {
    const char* const named = std::getenv("TMPDIR");
    std::string path = ((named && *named ? fs::path(named) : fs::path("/tmp")) / "unroll-task-XXXXXX").string();
    if (!::mkdtemp(path.data()))
        throw Error({path, fmt::format("cannot be made: {}", std::generic_category().message(errno)),
                     "a folder on this machine's disk", "name another one in TMPDIR"});
    return path;
}

[[noreturn]] void be_child(pid_t parent, const Attempt& attempt, const fs::path& scratch, const RunFolder& folder,
                           const TaskWork& work) {
    child = 0;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) std::_Exit(work_left);
    int code = EXIT_FAILURE;
    try {
        code = !work(attempt, scratch, stop_requested) ? EXIT_SUCCESS : asked ? work_left : work_not_done;
    } catch (...) {
        const std::string problem = base::what_is(std::current_exception());
        fmt::print(stderr, "unroll: {}\n", problem);
        write_json_quickly(folder.attempt(attempt) / "problem.json", object({{"problem", problem}}));
    }
    std::fflush(nullptr);
    std::_Exit(code);
}

/// The status that waitpid() tells.
int run_child(const Attempt& attempt, const fs::path& scratch, const RunFolder& folder, const TaskWork& work) {
    const pid_t parent = ::getpid();
    sigset_t all, before;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);  // none gets lost between the two
    const pid_t process = ::fork();
    if (process < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (process > 0) child = process;
    if (process == 0) child = 0;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (process == 0) be_child(parent, attempt, scratch, folder, work);
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    child = 0;
    return status;
}

Size failures(const RunFolder& folder, Size task) {
    const std::vector<Attempt> all = folder.attempts_at(task);
    return Size(std::count_if(all.begin(), all.end(), [&](const Attempt& one) { return !folder.ended_orderly(one); }));
}

}  // namespace

void answer_signals() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (const int number : answered) ::sigaction(number, &action, nullptr);
}

int supervise(const RunFolder& folder, Size task, Launcher& launcher, const TaskWork& work) {
    for (;;) {
        std::error_code ignored;
        if (fs::exists(folder.stop_file(), ignored)) return 0;
        if (failures(folder, task) >= most_tries) {
            fmt::print(stderr, "unroll: task {} has ended unexpectedly {} times and is not tried again\n", task,
                       most_tries);
            return 1;
        }
        const Attempt attempt = folder.begin_attempt(task);
        const fs::path scratch = make_scratch();
        const int status = asked ? work_left << 8 : run_child(attempt, scratch, folder, work);
        fs::remove_all(scratch, ignored);
        const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        const bool orderly = code == EXIT_SUCCESS || code == work_left;
        write_json(folder.attempt(attempt) / "end.json",
                   object({{"orderly", orderly},
                           {"exit", std::int64_t(code)},
                           {"signal", std::int64_t(WIFSIGNALED(status) ? WTERMSIG(status) : 0)},
                           {"at", now_text()}}));
        if (code == EXIT_SUCCESS) return 0;
        if (asked || code == work_left) {
            if (!fs::exists(folder.stop_file(), ignored))
                launcher.comes_again(warned ? Ending::warned : Ending::terminated);
            return orderly ? 0 : 1;
        }
    }
}

}  // namespace unroll::launch
