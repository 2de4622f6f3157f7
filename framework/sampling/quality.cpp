// Figures of generated texts.
#include "sampling/quality.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "sampling/longest_copy.h"
#include "sampling/words.h"
#include "unroll/error.h"
#include "unroll/utf8.h"

namespace unroll::sampling {

std::optional<double> known_word_rate(std::string_view text, const std::unordered_set<std::string>& known) {
    Size words = 0, hits = 0;
    visit_words(without_cut_words(text), [&](const std::string& word) {
        ++words;
        hits += known.contains(word);
    });
    if (words == 0) return std::nullopt;
    return double(hits) / double(words);
}

std::optional<double> distinct_3(std::span<const Token> tokens) {
    if (tokens.size() < 3) return std::nullopt;
    std::vector<std::array<Token, 3>> trigrams;
    for (Size i = 0; i + 3 <= tokens.size(); ++i) trigrams.push_back({tokens[i], tokens[i + 1], tokens[i + 2]});
    const double all = double(trigrams.size());
    std::sort(trigrams.begin(), trigrams.end());
    trigrams.erase(std::unique(trigrams.begin(), trigrams.end()), trigrams.end());
    return double(trigrams.size()) / all;
}

std::optional<double> repetition(std::string_view text) {
    std::u32string characters;
    for (std::size_t at = 0; at < text.size();) characters += static_cast<char32_t>(next_character(text, at));
    if (characters.size() <= passage) return std::nullopt;

    const std::u32string_view all = characters;
    std::vector<Size> starts(all.size() - passage + 1);
    std::iota(starts.begin(), starts.end(), Size{0});
    const auto at = [&](Size start) { return all.substr(start, passage); };
    std::sort(starts.begin(), starts.end(), [&](Size a, Size b) { return at(a) < at(b); });
    std::vector<bool> repeated(starts.size(), false);  // the passage that begins here
    for (Size i = 1; i < starts.size(); ++i)
        if (at(starts[i - 1]) == at(starts[i])) repeated[starts[i - 1]] = repeated[starts[i]] = true;
    Size covered = 0, end = 0;
    for (Size i = 0; i < all.size(); ++i) {
        if (i < repeated.size() && repeated[i]) end = i + passage;
        covered += i < end;
    }
    return double(covered) / double(all.size());
}

std::vector<Quality> TrainingText::measure(std::span<const std::string> texts) const {
    std::vector<Quality> all;
    std::vector<std::vector<Token>> tokens;
    for (const std::string& text : texts) {
        std::string unknown;
        auto all_tokens = corpus_->vocabulary()->encode(text, unknown);
        if (!all_tokens)
            throw Error({"the dataset's vocabulary", fmt::format("'{}' in a text that it has decoded itself", unknown),
                         "symbols that it can encode",
                         "correct decode or encode of the vocabulary in the dataset's plugin"});
        tokens.push_back(std::move(*all_tokens));
        all.push_back({known_word_rate(text, words()), distinct_3(tokens.back()), repetition(text), {}});
    }
    const auto copies = longest_copies(tokens, corpus_->tokens(Split::train));
    for (Size i = 0; i < texts.size(); ++i) all[i].longest_copy = copies[i];
    return all;
}

const std::unordered_set<std::string>& TrainingText::words() const {
    std::call_once(collected_, [&] {
        visit_words(corpus_->vocabulary()->decode(corpus_->tokens(Split::train)),
                    [&](const std::string& word) { words_.insert(word); });
    });
    return words_;
}

}  // namespace unroll::sampling
