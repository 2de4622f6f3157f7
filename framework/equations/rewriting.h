// What becomes of a recorded graph before it is scheduled.
#pragma once

#include "equations/graph.h"

namespace unroll {

/// Joins products with the biases that are added to them, and takes apart by columns what is used by slices alone: the
/// gates that one product makes become a product each, by some rows of the same matrix, so that none is copied out of
/// their common row, nor its gradient back into it. Products of tokens become lookups. Where weights lie does not
/// change.
void rewrite(Equations::Graph& graph);

}  // namespace unroll
