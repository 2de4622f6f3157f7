// Which trial brings the process down. What runs in a signal's handler calls nothing but what POSIX allows there.
#include "sweep/crash_watch.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

namespace unroll::sweep {

namespace fs = std::filesystem;

namespace {

constexpr std::array<int, 5> crashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t most_trials = 1024;  ///< --jobs goes no further
constexpr std::size_t fingerprint_length = 64;
constexpr std::size_t most_bytes = 1 << 18;  ///< of the file; what is longer is not ours

std::array<std::atomic<const char*>, most_trials> running{};
thread_local const char* own = nullptr;
std::array<char, 4096> path{};
std::array<struct sigaction, crashes.size()> before{};
std::atomic<bool> watching{false};

void put(int file, const char* text) {
    if (::write(file, text, std::strlen(text)) < 0) return;  // best effort
}

void put_line(int file, const char* fingerprint, const char* how, const char* number) {
    put(file, fingerprint);
    put(file, " ");
    put(file, how);
    put(file, number);
    put(file, "\n");
}

/// Leaves word of the trials that may have done it; whether there are any.
bool leave_word(const char* how, const char* number) {
    const char* const mine = own;
    bool any = mine != nullptr;
    for (const auto& trial : running) any = any || trial.load();
    if (!watching.exchange(false) || !any) return false;
    const int file = ::open(path.data(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file >= 0 && mine) put_line(file, mine, how, number);
    for (const auto& trial : running)
        if (const char* other = trial.load(); file >= 0 && !mine && other) put_line(file, other, how, number);
    if (file >= 0) ::close(file);
    put(STDERR_FILENO,
        "\nunroll: a trial has crashed the program. Run the same command again: it goes on, with this "
        "trial in a process of its own\n");
    return true;
}

/// The digits of a small number, without the heap.
struct Digits {
    std::array<char, 16> text{};
    explicit Digits(int number) { std::to_chars(text.data(), text.data() + text.size() - 1, number); }
};

void on_crash(int number, siginfo_t* info, void*) {
    leave_word("signal ", Digits(number).text.data());
    for (std::size_t i = 0; i < crashes.size(); ++i)
        if (crashes[i] == number) ::sigaction(number, &before[i], nullptr);
    // The instruction that has crashed does so again on return; a signal that was sent does not come back by itself.
    if (info->si_code <= 0) ::raise(number);
}

void on_exit_call(int code, void*) {
    if (leave_word("exit ", Digits(code).text.data())) ::_exit(1);
}

/// A stack for the handler, as an overflow leaves none; of each thread, as long as that lives.
void provide_stack() {
    constexpr std::size_t size = 1 << 16;
    thread_local const std::unique_ptr<char[]> memory(new char[size]);
    thread_local bool provided = false;
    if (provided) return;
    stack_t stack{};
    stack.ss_sp = memory.get();
    stack.ss_size = size;
    provided = ::sigaltstack(&stack, nullptr) == 0;
}

fs::path file_of(const fs::path& database) {
    fs::path file = fs::absolute(database).lexically_normal();
    file += ".crash";
    return file;
}

}  // namespace

CrashWatch::CrashWatch(const fs::path& database) {
    const std::string file = file_of(database).string();
    if (file.size() >= path.size()) return;
    std::memcpy(path.data(), file.c_str(), file.size() + 1);
    struct sigaction action {};
    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < crashes.size(); ++i) ::sigaction(crashes[i], &action, &before[i]);
    static const bool registered = ::on_exit(on_exit_call, nullptr) == 0;
    watching = registered;
}

CrashWatch::~CrashWatch() {
    watching = false;
    struct sigaction now {};
    for (std::size_t i = 0; i < crashes.size(); ++i)
        if (::sigaction(crashes[i], nullptr, &now) == 0 && now.sa_sigaction == on_crash)
            ::sigaction(crashes[i], &before[i], nullptr);
}

Watched::Watched(const std::string& fingerprint) : before_(own), place_(most_trials) {
    provide_stack();
    own = fingerprint.c_str();
    for (std::size_t i = 0; i < most_trials && place_ == most_trials; ++i)
        if (const char* none = nullptr; running[i].compare_exchange_strong(none, own)) place_ = i;
}

Watched::~Watched() {
    if (place_ < most_trials) running[place_] = nullptr;
    own = before_;
}

std::string signal_name(int number) {
    const char* name = ::sigabbrev_np(number);
    const char* meaning = ::sigdescr_np(number);
    return name ? fmt::format("SIG{} ({})", name, meaning ? meaning : "") : fmt::format("signal {}", number);
}

std::vector<Crash> take_crashes(const fs::path& database) {
    const fs::path file = file_of(database);
    std::vector<Crash> found;
    std::error_code ignored;
    if (!fs::is_regular_file(fs::symlink_status(file, ignored)) || fs::file_size(file, ignored) > most_bytes)
        return found;
    std::ifstream stream(file);
    std::string fingerprint, kind;
    for (int number = 0; stream >> fingerprint >> kind >> number;)
        if (fingerprint.size() == fingerprint_length && (kind == "signal" || kind == "exit"))
            found.push_back({fingerprint, kind == "signal" ? signal_name(number) : fmt::format("exit({})", number)});
    stream.close();
    fs::remove(file, ignored);
    return found;
}

}  // namespace unroll::sweep
