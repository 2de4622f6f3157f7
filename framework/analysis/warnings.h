// What may mislead the reader of a comparison.
#pragma once

#include <string>
#include <vector>

#include "analysis/comparison.h"

namespace unroll::analysis {

struct Warning {
    enum class Kind {
        same_split,   ///< best choices were chosen by the values that are shown
        edge,         ///< a best value is the lowest or highest that was tried
        untuned,      ///< different cells, each at one learning rate
        pooled,       ///< a group's interval is not over seeds alone
        one_seed,     ///< groups without an interval
        parameters,   ///< groups of one block differ in their number of weights by more than 5%
        initializer,  ///< the weights of different groups start differently
    };
    Kind kind;
    std::string text;  ///< what was found, and what to do about it
};

/// In the order of Kind. A comparison without a finished trial has none.
std::vector<Warning> warnings_of(const Comparison& comparison);

}  // namespace unroll::analysis
