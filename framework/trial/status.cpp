// Where a trial stands.
#include "trial/status.h"

#include <fmt/core.h>

#include <array>
#include <stdexcept>

namespace unroll::trial {

namespace {

constexpr std::array<std::string_view, 6> words{"queued", "running",  "finished",
                                                "failed", "diverged", "interrupted"};  // in the order of TrialStatus

}  // namespace

std::string_view to_string(TrialStatus status) {
    return words.at(static_cast<std::size_t>(status));
}

TrialStatus parse_status(std::string_view word) {
    for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i] == word) return static_cast<TrialStatus>(i);
    throw std::invalid_argument(fmt::format("'{}' is no status of a trial", word));
}

}  // namespace unroll::trial
