// A child process that talks through two pipes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sweep/pipe.h"

namespace unroll::sweep {

/// The descriptors that a child process finds its pipes at.
inline constexpr int child_reads_from = 3, child_writes_to = 4;

/// How a process has ended.
struct Exit {
    int code = 0;    ///< exit code, when no signal ended it
    int signal = 0;  ///< or 0
};

/// It begins with SIGINT, SIGTERM and SIGHUP blocked. Killed and waited for when this is destroyed. Its standard output
/// is this process's standard error, so that what a plugin prints gets into no result.
class ChildProcess {
public:
    /// Runs `command` with the id of this process as its last word. Throws std::system_error when that cannot be.
    explicit ChildProcess(const std::vector<std::string>& command);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    MessageWriter& in() { return *in_; }
    MessageReader& out() { return *out_; }

    void kill();
    /// Waits for its end; kills it after `patience`.
    Exit wait(std::chrono::milliseconds patience);

private:
    std::optional<Exit> poll();

    pid_t id_ = -1;
    std::optional<Exit> exit_;
    std::optional<MessageWriter> in_;
    std::optional<MessageReader> out_;
};

}  // namespace unroll::sweep
