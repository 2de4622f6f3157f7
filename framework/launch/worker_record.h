// What a worker tells of itself in its attempt's folder, and how it is read: worker.json, written again at every beat,
// and ended.jsonl, a line for each trial that has ended.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "launch/run_folder.h"
#include "sweep/observer.h"
#include "trial/cause.h"

namespace unroll::launch {

/// A trial that runs.
struct RunningTrial {
    std::string fingerprint;
    std::uint64_t from_step = 0;
    training::StepProgress now;
    std::optional<double> train, validation;  ///< the losses that were recorded last
};

struct WorkerRecord {
    std::string host, job, kernel_set, build, state;  ///< state: starting, working, stopping, ended
    Size pid = 0, beat = 0, published = 0;
    std::vector<RunningTrial> running;
    std::vector<std::string> notes;
};

struct EndedTrial {
    std::string fingerprint;
    bool trained = false;  ///< false: only what a trained one lacked was made
    training::Outcome outcome;
    std::optional<double> train, validation;
};

json::Value to_json(const WorkerRecord& record);
WorkerRecord worker_record_from(const json::Value& value);
json::Value to_json(const EndedTrial& ended);
EndedTrial ended_trial_from(const json::Value& value);

/// A sweep's observer that keeps what the record is made of. Trials are numbered as they are taken.
class WorkerObserver final : public sweep::Observer {
public:
    explicit WorkerObserver(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// The number of a trial that is about to run.
    Size add(const std::string& fingerprint, bool trains);

    void planned(const std::vector<Size>&, const std::vector<Size>&) override {}
    void started(Size index, std::uint64_t from_step) override;
    void progress(Size index, const training::StepProgress& progress) override;
    void recorded(Size index, const training::Point& point) override;
    void ended(Size index, const training::Outcome& outcome) override;

    std::vector<RunningTrial> running() const;
    /// Those that ended to be over with since the last call: what was interrupted goes on another time.
    std::vector<std::string> take_ended();
    bool has_ended() const;  ///< whether take_ended() would give any

private:
    const std::filesystem::path folder_;
    mutable std::mutex mutex_;
    std::vector<std::pair<std::string, bool>> trials_;
    std::map<Size, RunningTrial> running_;
    std::vector<std::string> ended_;
};

}  // namespace unroll::launch
