// Following a run from where the user is: what its workers have written becomes what a local sweep tells of itself.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "launch/run_folder.h"
#include "launch/worker_record.h"
#include "sweep/observer.h"
#include "sweep/sweep.h"

namespace unroll::launch {

class Follower {
public:
    /// `places`: where a trial, by its fingerprint, stands in the workload. Everything must outlive it.
    Follower(const RunFolder& folder, const std::map<std::string, Size>& places, sweep::Observer& observer);

    /// Attempts up to now are history, but for those at these tasks that go on: what they have told counts no more.
    void skip_past(const std::set<Size>& alive);

    /// Reads what is new and tells it. Returns whether anything was.
    bool look();

    /// Adds what has ended since the beginning.
    void count(sweep::Summary& summary) const;

    /// The kernel sets that were in use, each with the hosts; more than one means that bits may differ.
    const std::map<std::string, std::set<std::string>>& kernel_sets() const { return kernel_sets_; }
    /// What workers had to say, each once.
    std::vector<std::string> take_notes();

private:
    struct Seen {
        std::uint64_t offset = 0;  ///< in ended.jsonl
        std::string record;        ///< worker.json as it was
        std::set<std::string> running;
        bool is_over = false;  ///< nothing more comes of it
    };

    bool read_ended(const Attempt& attempt, Seen& seen);
    bool read_record(const Attempt& attempt, Seen& seen);
    void tell_running(const RunningTrial& trial, Seen& seen);

    const RunFolder& folder_;
    const std::map<std::string, Size>& places_;
    sweep::Observer& observer_;
    std::map<Attempt, Seen> attempts_;
    std::map<std::string, EndedTrial> ended_;
    std::map<std::string, std::set<std::string>> kernel_sets_;
    std::set<std::string> noted_;
    std::vector<std::string> notes_;
};

}  // namespace unroll::launch
