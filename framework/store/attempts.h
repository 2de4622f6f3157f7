// The attempts at a trial, and how the last one ended.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace unroll::store {

/// Times are UTC. A store of a version that did not tell causes has none.
struct Attempt {
    std::int64_t number = 0;  ///< from 1
    trial::TrialStatus outcome = trial::TrialStatus::running;
    std::int64_t from_step = 0;
    std::optional<std::int64_t> to_step;
    std::string started_at, heartbeat_at, ended_at;  ///< ended_at: "" when it has not ended
    std::string host, build;
    std::int64_t pid = 0, jobs = 0;
    trial::Cause cause = trial::Cause::none;
    std::optional<double> bound;  ///< the limit that ended it: seconds or bytes, as the cause says
    std::string error;
};

/// In their order.
std::vector<Attempt> attempts_of(Store& store, Id trial);

/// Why a trial ended before its time.
struct Ending {
    trial::Cause cause = trial::Cause::none;
    std::optional<double> bound;
};

/// Of the current trials of an experiment whose last attempt has a cause.
std::map<Id, Ending> endings_of(Store& store, const std::string& experiment);

}  // namespace unroll::store
