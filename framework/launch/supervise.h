// The process that stands over a task: a worker that crashes or is killed takes no more with it than its own attempt.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>

#include "launch/launcher.h"
#include "launch/run_folder.h"

namespace unroll::launch {

/// Before anything slow: SIGUSR1, the warning of a scheduler, SIGTERM, SIGINT and SIGHUP are answered from here on.
/// They may come more than once, and to several processes of a job: each means the same as the first.
void answer_signals();

/// What a task does in one attempt, with a folder of its own on this machine's disk, until it is done or `stop` is
/// raised. True when work is left.
using TaskWork = std::function<bool(const Attempt&, const std::filesystem::path& scratch, std::atomic<bool>& stop)>;

/// Runs a task in a child process. One that ends unexpectedly is begun again at once, in a new attempt, as often as a
/// task may be tried; one that was asked to end is left to the launcher. Returns the exit code: 0 when the task is done
/// or will be begun again, 1 when not. After answer_signals(), before any thread.
int supervise(const RunFolder& folder, Size task, Launcher& launcher, const TaskWork& work);

}  // namespace unroll::launch
