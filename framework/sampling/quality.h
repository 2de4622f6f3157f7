// How good generated texts are: figures from the texts and the training split alone, without a model.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "unroll/dataset.h"

namespace unroll::sampling {

/// Figures of one text, without its prompt. None where there is nothing to count.
struct Quality {
    /// The share of its words (words.h) that occur in the training split, in small or capital letters. A word that
    /// touches either end of the text may be cut off, and is left out. None without words, as in Chinese.
    std::optional<double> known_word_rate;
    /// Distinct token trigrams over all of them: distinct-3 of Li et al. (2016), who count words. None below 3 tokens.
    std::optional<double> distinct_3;
    /// The share of its characters that lie in a passage of `passage` characters which stands in it more than once,
    /// there or elsewhere: the duplicate n-gram fraction of Rae et al. (2021), of which seq-rep-n of Welleck et al.
    /// (2020) is a variant that counts n-grams, with 24 characters for their four or five words. A text stuck in a loop
    /// is near 1, prose of up to 1,000 characters below 0.01. None when it is too short to repeat anything.
    std::optional<double> repetition;
    /// Tokens of its longest run that stands in the training split too.
    std::optional<std::uint64_t> longest_copy;

    bool operator==(const Quality&) const = default;
};

constexpr Size passage = 24;

std::optional<double> known_word_rate(std::string_view text, const std::unordered_set<std::string>& known);
std::optional<double> distinct_3(std::span<const Token> tokens);
std::optional<double> repetition(std::string_view text);

/// The training split of a corpus, which texts are measured by. Any number of threads may use it at once; what is
/// computed once, its words, is computed when the first text is measured.
class TrainingText {
public:
    /// A dataset with a vocabulary whose task is the next token.
    explicit TrainingText(std::shared_ptr<const Dataset> corpus) : corpus_(std::move(corpus)) {}

    /// In the order of the texts, each of which the vocabulary has decoded; all at once is cheaper than one by one,
    /// since the split is read through each time.
    std::vector<Quality> measure(std::span<const std::string> texts) const;

private:
    const std::unordered_set<std::string>& words() const;

    std::shared_ptr<const Dataset> corpus_;
    mutable std::once_flag collected_;
    mutable std::unordered_set<std::string> words_;
};

}  // namespace unroll::sampling
