// Pairs of texts: a question and its answer.
#pragma once

#include <string>
#include <vector>

#include "unroll/options.h"
#include "unroll/random.h"
#include "unroll/types.h"

struct Pair {
    std::string question, answer;
    std::string key = question;  ///< of pairs that ask the same, which have one key, only the first is kept
};

/// How questions of one kind are made.
struct Maker {
    /// A pair, whose question may have come before.
    Pair (*make)(const unroll::Options& options, unroll::RandomStream& stream);
    /// Whether all answers are written with equally many symbols, so that nothing has to say where they end.
    bool equal_answers;
};

/// The maker of a kind: "addition", "dates" or "reversal".
const Maker& maker(const std::string& kind);

/// Pairs of a file: a line each, QUESTION<TAB>ANSWER, UTF-8. Throws Error, `where` "path", for any other line.
/// `digest` receives the SHA-256 of what was read.
std::vector<Pair> read_pairs(const std::string& path, std::string& digest);
