// How trouble ends a trial.
#include "sweep/ending.h"

#include <fmt/core.h>

#include <array>
#include <utility>

#include "unroll/error.h"

namespace unroll::sweep {

namespace {

using trial::Cause;

/// In the largest unit that gives at least one.
std::string in_units(double number, const auto& units) {
    std::size_t unit = units.size() - 1;
    while (unit > 0 && number < units[unit].first) --unit;
    return fmt::format("{:.4g} {}", number / units[unit].first, units[unit].second);
}

}  // namespace

std::string duration_text(double seconds) {
    return in_units(seconds, std::to_array<std::pair<double, const char*>>({{1, "s"}, {60, "min"}, {3600, "h"}}));
}

std::string memory_text(double bytes) {
    return in_units(
        bytes, std::to_array<std::pair<double, const char*>>({{1, "bytes"}, {1e3, "kB"}, {1e6, "MB"}, {1e9, "GB"}}));
}

void end_by(training::Trouble trouble, const Assignment& assignment, training::Outcome& outcome) {
    if (trouble.out_of_memory && assignment.isolated && assignment.memory_limit) {
        trouble.cause = Cause::memory_limit;
        trouble.what =
            to_string({"training.memory_limit",
                       fmt::format("the trial's process needs more than {}", memory_text(*assignment.memory_limit)),
                       "a trial that gets by with it", "raise it, or lower training.batch"});
    }
    if (trouble.cause == Cause::memory_limit) outcome.bound = assignment.memory_limit;
    if (trouble.cause == Cause::time_limit) outcome.bound = assignment.time_limit;
    outcome.status = !assignment.train                 ? trial::TrialStatus::finished
                     : trouble.cause == Cause::machine ? trial::TrialStatus::interrupted
                                                       : trial::TrialStatus::failed;
    outcome.cause = trouble.cause;
    outcome.error = std::move(trouble.what);
}

std::string out_of_time(const Assignment& assignment, std::uint64_t step) {
    return to_string({"training.time_limit",
                      fmt::format("{} were over after step {}", duration_text(assignment.time_limit.value_or(0)), step),
                      "a trial that ends within it", "raise it: the trial then goes on from its last checkpoint"});
}

}  // namespace unroll::sweep
