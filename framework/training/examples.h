// The first sequences of a split as batches hold them, one by one: for people to look at.
#pragma once

#include <vector>

#include "training/batches.h"

namespace unroll::training {

/// What the model gets of one sequence. Arrays that the task does not have are empty.
struct SeenExample {
    Size length = 0;                   ///< steps of the input
    std::vector<Token> tokens;         ///< (length)
    std::vector<float> reals;          ///< (length, D)
    std::vector<Token> target_tokens;  ///< (positions)
    std::vector<float> target_reals;   ///< (positions, width)
    std::vector<bool> counts;          ///< (positions) whether the prediction there counts
};

struct SeenSplit {
    Size items = 0;      ///< tokens of a corpus, or examples
    Size sequences = 0;  ///< windows without overlap, or examples; 0 when the split is empty or too short
    std::vector<SeenExample> first;
};

/// At most `count` of them, in the order of the data: of a corpus, windows that follow each other without overlap.
SeenSplit first_examples(const Dataset& dataset, Split split, const BatchPlan& plan, Size count);

}  // namespace unroll::training
