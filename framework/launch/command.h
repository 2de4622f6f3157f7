// Other programs, run for what they say.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace unroll::launch {

struct CommandResult {
    int code = 0;  ///< exit code; -1 when it could not be run, or was killed
    std::string out, err;
    bool found = true;     ///< false: there is no such program
    bool overdue = false;  ///< killed, since it had not ended in time
};

/// Runs a program, looked for in PATH, and waits for it; `without` are names of variables that it is not to have, each
/// a name or a prefix that ends in '*'.
CommandResult run_command(const std::vector<std::string>& words, std::chrono::seconds patience,
                          const std::vector<std::string>& without = {});

/// Starts a program that outlives this one, in a session of its own; both outputs are appended to `log`. Throws
/// std::system_error.
pid_t start_detached(const std::vector<std::string>& words, const std::filesystem::path& log);

/// The clock tick at which a process started: with it a pid that was given again is not taken for the old one. 0 for a
/// process that is no more.
unsigned long long start_tick(pid_t process);

}  // namespace unroll::launch
