// The symbols that sentences are made of, and one for all others.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../common/unicode.h"
#include "unroll/dataset.h"

enum class Unit { character, byte, word };

/// A text's symbols in the given unit, spelled as asked. The text is UTF-8 unless the unit is byte.
std::vector<std::string> cut(std::string_view text, Unit unit, Spelling spelling);

/// Which symbols have tokens of their own.
struct Limit {
    unroll::Size symbols = 0;  ///< so many, the most frequent; of equal ones, the first by code points. 0: all
    unroll::Size count = 1;    ///< those that occur so often
};

/// Symbols by code points, and behind them one token for any other symbol, which is written as unknown_symbol.
class Lexicon final : public unroll::Vocabulary {
public:
    Lexicon() = default;
    Lexicon(const std::unordered_map<std::string, unroll::Size>& counts, Limit limit, Unit unit, Spelling spelling);

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
    Spelling spelling_;
};
