// Which trial brings the process down: remembered in a file beside the database, for the next run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace unroll::sweep {

/// While it lives, a crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) or a call of exit() leaves the fingerprints of
/// the trials that may have caused it in <database>.crash: the one that runs on the thread, or all that run when it is
/// another thread. Then the process goes down as it would have; exit() in the middle of a trial ends it with code 1.
/// What cannot be caught (SIGKILL, _exit) leaves nothing. One at a time; the trials are those of Watched.
class CrashWatch {
public:
    explicit CrashWatch(const std::filesystem::path& database);
    ~CrashWatch();
    CrashWatch(const CrashWatch&) = delete;
    CrashWatch& operator=(const CrashWatch&) = delete;
};

/// While it lives, this thread runs the trial. The fingerprint must outlive it. Costs a few instructions.
class Watched {
public:
    explicit Watched(const std::string& fingerprint);
    ~Watched();
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

private:
    const char* before_;
    std::size_t place_;
};

struct Crash {
    std::string fingerprint;
    std::string how;  ///< as in "SIGSEGV" or "exit(0)"
};

/// What a watch has left behind; the file is gone then. For the one runner of a database.
std::vector<Crash> take_crashes(const std::filesystem::path& database);

/// "SIGSEGV (segmentation fault)".
std::string signal_name(int number);

}  // namespace unroll::sweep
