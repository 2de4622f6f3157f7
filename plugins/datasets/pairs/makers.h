// Pairs that are made by a rule.
#pragma once

#include <string>

#include "pair.h"
#include "unroll/options.h"
#include "unroll/random.h"
#include "unroll/types.h"

/// How questions of one kind are made.
struct Maker {
    /// A pair, whose question may have come before.
    Pair (*make)(const unroll::Options& options, unroll::RandomStream& stream);
    /// Whether all answers have equally many symbols, so that no end-of-sequence token is needed.
    bool equal_answers;
};

/// The maker of a kind: "addition", "dates" or "reversal".
const Maker& maker(const std::string& kind);
