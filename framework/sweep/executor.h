// Where a trial runs: on a thread of this process; another implementation may use a child process or another machine.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sampling/sample.h"
#include "store/store.h"
#include "training/measure.h"
#include "training/record.h"
#include "training/trainer.h"
#include "trial/trial.h"
#include "unroll/types.h"

namespace unroll::sweep {

/// A trial that this one goes on from: of the same trajectory, with a checkpoint that this one comes past.
struct EarlierPart {
    std::string fingerprint;
    std::vector<training::CheckpointInfo> checkpoints;  ///< up to where this one goes on, oldest first
};

/// What is to be done with a trial, as plain data: all that crosses to where it runs.
struct Assignment {
    std::string fingerprint, config;                    ///< the trial is rebuilt from its config (runnable.h)
    bool train = true;                                  ///< false: only samples or gradients are missing
    std::string build;                                  ///< of this process, for this trial
    Size jobs = 1;                                      ///< threads of the process, as the attempt tells
    std::filesystem::path folder;                       ///< for its checkpoints
    std::vector<trial::SamplingSettings> sampling;      ///< what any of the experiments wants
    std::vector<trial::When> gradient;                  ///< likewise: when it is measured by lag
    std::vector<training::CheckpointInfo> checkpoints;  ///< to go on from, and to sample from; oldest first
    std::set<sampling::SampleKey> present;              ///< samples that are there already
    std::set<std::uint64_t> gradients;                  ///< steps at which they were measured
    training::Samples unmeasured;                       ///< of those, the ones that still want their figures
    std::vector<trial::When> evaluate;                  ///< likewise: when validation is evaluated
    std::vector<training::Unevaluated> unevaluated;     ///< to be measured from checkpoints of a trained trial
    std::optional<EarlierPart> earlier;                 ///< whose results are taken over, if its checkpoint is whole
    Size threads = 1;                                   ///< of computation, where it runs in a process of its own
    bool isolated = false;                              ///< it is to have one
    std::optional<double> time_limit;                   ///< seconds that this attempt may take
    std::optional<double> memory_limit;                 ///< bytes that a process of its own may take
};

/// What a trial tells of itself, to where its results are kept.
class AttemptSink : public training::Sink {
public:
    /// Before the first record of a trial that is trained. Returns once files past its step are gone. `start` tells
    /// where it runs and from which step.
    virtual void start(const store::AttemptStart& start) = 0;
    /// The training has come to its end, before what is made from its last checkpoint: nothing that happens from here
    /// on takes it back, unless that shows that the trial has diverged.
    virtual void trained(const training::Outcome& outcome) = 0;
    /// After what a trained trial lacked has been measured.
    virtual void measured() = 0;
    /// Asked after each step, once what it gave is recorded.
    virtual training::Decision decide() = 0;
};

class Executor {
public:
    virtual ~Executor() = default;

    /// Calls `worker` on each of its workers at once, and returns when all calls have; rethrows what one of them threw.
    /// A call is meant to run trials until there are none.
    virtual void on_workers(const std::function<void()>& worker) = 0;

    /// Runs one trial to its end, on the worker that calls; what goes wrong is told by the outcome. `stop` ends it
    /// after its step, with a checkpoint.
    virtual training::Outcome run(const Assignment& assignment, AttemptSink& sink, const std::atomic<bool>& stop) = 0;
};

}  // namespace unroll::sweep
