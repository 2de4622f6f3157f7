// The sections of a chapter. One without data has no blocks.
#pragma once

#include "report/page.h"
#include "report/source.h"

namespace unroll::report {

/// The question's answer: the comparison in words, as a table and as intervals; its notes; whether expectations hold.
Section answer(const Source& source);

/// Means over trials by step; every series that has more than one point.
Section learning_curves(const Source& source);

/// The metric by each axis of numbers, by what was tuned, by the number of weights.
Section by_axis(const Source& source);

/// Loss and accuracy by position in a sequence, the gradient by lag.
Section within_sequences(const Source& source);

/// Texts, answers and images of one trial of each group, and the measures of all their texts.
Section generated(const Source& source);

/// How many trials are finished; what they cost; what diverged or failed, and why.
Section state_and_cost(const Source& source);

/// Manifest, versions, machines, fingerprints, and the command.
Section how_to_repeat(const Source& source);

}  // namespace unroll::report
