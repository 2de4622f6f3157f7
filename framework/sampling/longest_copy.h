// How much of a text is copied.
#pragma once

#include <span>
#include <vector>

#include "unroll/types.h"

namespace unroll::sampling {

/// For each text, the length of its longest run of tokens that stands in `source` too (the longest common substring).
/// `source` is read once for all texts, or a few times when there are very many: a suffix automaton of the texts
/// (Blumer et al. 1985) tells at each token of it how long a run of a text ends there. Time is linear in both, memory
/// in the texts. Tokens are >= 0.
std::vector<Size> longest_copies(std::span<const std::vector<Token>> texts, std::span<const Token> source);

}  // namespace unroll::sampling
