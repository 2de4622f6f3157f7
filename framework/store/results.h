// The tables with a trial's results, as they are copied from one trial to another.
#pragma once

#include <array>
#include <string_view>

#include "store/store.h"

namespace unroll::store {

struct ResultTable {
    std::string_view name;
    std::string_view columns;  ///< but trial_id and an id of its own
};

/// Without checkpoints, whose files are a matter of their own (link_checkpoints).
inline constexpr std::array<ResultTable, 5> result_tables{{
    {"point", "series_id, step, seconds, value"},
    {"gradient", "step, lag, norm"},
    {"loss_by_position", "split, position, step, value, accuracy"},
    {"judgement", "step, judge_id, images, confidence, spread"},
    {"sample",
     "step, epoch, kind, sampler, options, temperature, prompt, prompt_key, seed, number, length, memory, text, target,"
     " correct, image, known_word_rate, distinct_3, repetition, longest_copy"},
}};

/// Copies what `kept` does not have of `other`, which is of the same trajectory and build: rows, and checkpoints into
/// `folder`.
void unite_results(Store& store, Id kept, Id other, const std::filesystem::path& folder);

/// Gives a trial the results that another one of its trajectory had after `step`, as if it had been trained to there
/// itself: all but samples and gradients of the other's last step, which a longer trial may not want, and checkpoints
/// up to it, in `folder`.
void take_over_part(Store& store, Id trial, const std::string& from, std::uint64_t step,
                    const std::filesystem::path& folder);

}  // namespace unroll::store
