// The limited vocabulary of a corpus.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include "../common/unknown.h"
#include "../common/vocabulary_limit.h"
#include "unroll/dataset.h"

/// What a corpus keeps; of equally frequent symbols, those that come first.
struct CorpusLimit : VocabularyLimit {
    std::function<unroll::Size(unroll::Size)> training;  ///< tokens of the training split, of so many
};

/// The tokens that `limit` keeps, of a corpus with a vocabulary of `size`, ascending; never `unknown`. Throws Error
/// when it keeps none.
std::vector<unroll::Token> frequent(std::span<const unroll::Token> corpus, unroll::Size size, const CorpusLimit& limit,
                                    unroll::Token unknown);

/// Leaves the frequent ones of `symbols`, sorted, and makes tokens of these; any other symbol becomes the token
/// symbols.size().
template <class Symbol>
void keep_frequent(const CorpusLimit& limit, const Symbol& unknown, std::vector<Symbol>& symbols,
                   std::vector<unroll::Token>& corpus) {
    const auto found = std::lower_bound(symbols.begin(), symbols.end(), unknown);
    const bool has_unknown = found != symbols.end() && *found == unknown;
    const auto kept =
        frequent(corpus, symbols.size(), limit, has_unknown ? static_cast<unroll::Token>(found - symbols.begin()) : -1);

    std::vector<unroll::Token> token_of(symbols.size(), static_cast<unroll::Token>(kept.size()));
    std::vector<Symbol> left;
    for (const unroll::Token token : kept) {
        const auto place = static_cast<unroll::Size>(token);
        token_of[place] = static_cast<unroll::Token>(left.size());
        left.push_back(std::move(symbols[place]));
    }
    symbols = std::move(left);
    for (unroll::Token& token : corpus) token = token_of[static_cast<unroll::Size>(token)];
}
