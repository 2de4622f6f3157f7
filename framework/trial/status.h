// Where a trial stands.
#pragma once

#include <string_view>

namespace unroll::trial {

/// Of a trial, and of an attempt at one (which is never queued). The words are those of the result store.
enum class TrialStatus {
    queued,       ///< planned, never run
    running,      ///< an attempt is under way, or was cut off without a chance to say so
    finished,     ///< trained to its end
    failed,       ///< an error ended it
    diverged,     ///< its loss or its weights are no longer finite, or its final loss is far above guessing
    interrupted,  ///< goes on from its last checkpoint
};

std::string_view to_string(TrialStatus status);
/// Throws std::invalid_argument for a word that is no status.
TrialStatus parse_status(std::string_view word);

/// Whether nothing is left to train.
constexpr bool is_done(TrialStatus status) {
    return status == TrialStatus::finished || status == TrialStatus::diverged;
}

}  // namespace unroll::trial
