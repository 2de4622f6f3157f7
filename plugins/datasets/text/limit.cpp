// Which symbols are frequent.
#include "limit.h"

#include <fmt/format.h>

#include "unroll/error.h"

using unroll::Size;
using unroll::Token;

std::vector<Token> frequent(std::span<const Token> corpus, Size size, const CorpusLimit& limit, Token unknown) {
    const std::span<const Token> training = corpus.first(limit.training(corpus.size()));
    std::vector<Size> counts(size, 0);
    std::vector<Token> kept;  // in the order in which they come
    for (const Token token : training)
        if (counts[static_cast<Size>(token)]++ == 0 && token != unknown) kept.push_back(token);
    const auto count = [&](Token token) { return counts[static_cast<Size>(token)]; };
    std::stable_sort(kept.begin(), kept.end(), [&](Token a, Token b) { return count(a) > count(b); });
    const Size most = kept.empty() ? 0 : count(kept.front());

    std::erase_if(kept, [&](Token token) { return count(token) < limit.minimum_count; });
    if (kept.empty()) {
        throw unroll::Error(
            {"minimum_count",
             fmt::format("{}, but no symbol occurs that often in the training split", limit.minimum_count),
             fmt::format("at most {}, the count of the most frequent symbol", most),
             "lower it or enlarge the training split"});
    }
    if (limit.size > 0 && kept.size() > limit.size) kept.resize(limit.size);
    std::sort(kept.begin(), kept.end());
    return kept;
}
