// The vocabulary of labelled texts: their symbols, and one unknown token for all others.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../common/normalizer.h"
#include "../common/vocabulary_limit.h"
#include "unroll/dataset.h"

enum class Unit { character, byte, word };

/// A text's symbols in the given unit, normalized as asked. The text is UTF-8 unless the unit is byte.
std::vector<std::string> cut(std::string_view text, Unit unit, Normalizer normalizer);

/// Symbols by code points, and behind them one token for any other symbol, which is written as unknown_symbol. Where
/// the limit has to choose between equally frequent symbols, the first by code points stay.
class Lexicon final : public unroll::Vocabulary {
public:
    Lexicon() = default;
    Lexicon(const std::unordered_map<std::string, unroll::Size>& counts, const VocabularyLimit& limit, Unit unit,
            Normalizer normalizer);

    unroll::Token token(const std::string& symbol) const;

    unroll::Size size() const override { return symbols_.size(); }
    bool can_generate(unroll::Token token) const override {
        return static_cast<unroll::Size>(token) + 1 < symbols_.size();
    }
    /// Knows every symbol; fails on what is not UTF-8 alone.
    std::optional<std::vector<unroll::Token>> encode(std::string_view text, std::string& unknown) const override;
    std::string decode(std::span<const unroll::Token> tokens) const override;

private:
    std::vector<std::string> symbols_;
    std::unordered_map<std::string, unroll::Token> token_of_;
    Unit unit_ = Unit::word;
    Normalizer normalizer_;
};
