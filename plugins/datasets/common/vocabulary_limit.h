// A limited vocabulary: the symbols that training data has often are tokens, all others are the unknown token.
#pragma once

#include "unroll/options.h"
#include "unroll/types.h"

struct VocabularyLimit {
    unroll::Size size = 0;           ///< so many symbols, the most frequent; 0: all
    unroll::Size minimum_count = 1;  ///< only symbols that occur so often

    VocabularyLimit() = default;
    explicit VocabularyLimit(const unroll::Options& options)
        : size(static_cast<unroll::Size>(options.integer("vocabulary"))),
          minimum_count(static_cast<unroll::Size>(options.integer("minimum_count"))) {}

    explicit operator bool() const { return size > 0 || minimum_count > 1; }
};

inline constexpr unroll::Option vocabulary_option = unroll::Option::integer(
    "vocabulary", "0", 0, 1e7,
    "vocabulary size: keep the N most frequent symbols of the training split; 0: no limit; all others map to one "
    "unknown token, \u2047, which is never generated");
inline constexpr unroll::Option minimum_count_option = unroll::Option::integer(
    "minimum_count", "1", 1, 1e9, "symbols that occur less often in the training split map to the unknown token, too");
