// How a run is, told from its folder and its scheduler: for `unroll status`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launch/launcher.h"
#include "launch/worker_record.h"

namespace unroll::launch {

struct TaskReport {
    Size task = 0, attempts = 0, waiting_trials = 0, ended = 0;
    std::string state;   ///< waits, runs, ended, stopped, gone
    std::string reason;  ///< why it waits, or what went wrong
    std::string host, job;
    std::vector<RunningTrial> running;
    double silent = 0;  ///< seconds since its last sign of life, as this machine's clock tells
};

struct RunState {
    RunPlan plan;
    Size waiting = 0, begun = 0, done = 0, given_up = 0;  ///< trials
    bool answers = true;                                  ///< the scheduler does
    std::string kernel_set;
    std::vector<std::string> problems;  ///< of nodes
    std::vector<TaskReport> tasks;
};

/// Throws Error when the folder is none of a run.
RunState state_of(const RunFolder& folder, Launcher& launcher);

/// What a trial is called in the files of the run; its fingerprint's beginning when none is left.
std::string label_of(const RunFolder& folder, const std::string& fingerprint);

}  // namespace unroll::launch
