// Which symbols are frequent.
#include "limit.h"

#include <fmt/format.h>

#include "unroll/error.h"

using unroll::Size;
using unroll::Token;

std::vector<Token> frequent(std::span<const Token> corpus, Size size, const Limit& limit, Token unknown) {
    const std::span<const Token> training = corpus.first(limit.training(corpus.size()));
    std::vector<Size> counts(size, 0);
    std::vector<Token> kept;  // in the order in which they come
    for (const Token token : training)
        if (counts[static_cast<Size>(token)]++ == 0 && token != unknown) kept.push_back(token);
    const auto count = [&](Token token) { return counts[static_cast<Size>(token)]; };
    std::stable_sort(kept.begin(), kept.end(), [&](Token a, Token b) { return count(a) > count(b); });
    const Size most = kept.empty() ? 0 : count(kept.front());

    std::erase_if(kept, [&](Token token) { return count(token) < limit.count; });
    if (kept.empty()) {
        throw unroll::Error({"minimum_count",
                             fmt::format("{}: no symbol of the training part occurs so often", limit.count),
                             fmt::format("at most {}, how often the most frequent one does", most),
                             "lower it, or give the training part more of the text"});
    }
    if (limit.symbols > 0 && kept.size() > limit.symbols) kept.resize(limit.symbols);
    std::sort(kept.begin(), kept.end());
    return kept;
}
