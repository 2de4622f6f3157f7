// Why an attempt at a trial ended before its time.
#include "trial/cause.h"

#include <fmt/core.h>

#include <array>
#include <stdexcept>

namespace unroll::trial {

namespace {

constexpr std::array<std::string_view, 6> words{"",      "trial",      "machine",
                                                "crash", "time_limit", "memory_limit"};  // in the order of Cause

}  // namespace

std::string_view to_string(Cause cause) {
    return words.at(static_cast<std::size_t>(cause));
}

Cause parse_cause(std::string_view word) {
    for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i] == word) return static_cast<Cause>(i);
    throw std::invalid_argument(fmt::format("'{}' is no cause that a trial ends by", word));
}

}  // namespace unroll::trial
