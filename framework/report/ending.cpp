// Why an attempt ended before its time, in words.
#include "report/ending.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace unroll::report {

namespace {

/// In the units of a manifest's training.memory_limit.
std::string memory(double bytes) {
    for (const auto& [size, unit] : {std::pair{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}})
        if (bytes >= size) return fmt::format("{:.4g} {}", bytes / size, unit);
    return fmt::format("{:.0f} bytes", bytes);
}

}  // namespace

store::Value cause_in_words(const store::Ending& ending) {
    if (ending.cause == trial::Cause::none) return {};
    std::string words(trial::to_string(ending.cause));
    if (!ending.bound) return words;
    if (ending.cause == trial::Cause::memory_limit) words += ", " + memory(*ending.bound);
    if (ending.cause == trial::Cause::time_limit) words += fmt::format(", {:g} s", *ending.bound);
    return words;
}

}  // namespace unroll::report
