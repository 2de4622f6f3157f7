// The vocabulary of labelled texts.
#include "lexicon.h"

#include <algorithm>
#include <utility>

#include "../common/unknown.h"
#include "../common/word_tokens.h"

using unroll::Size;
using unroll::Token;

std::vector<std::string> cut(std::string_view text, Unit unit, Normalizer normalizer) {
    std::vector<std::string> symbols;
    if (unit == Unit::byte) {
        for (const char byte : text) {
            const auto value = static_cast<unsigned char>(byte);
            symbols.emplace_back(1, value < 0x80 ? static_cast<char>(normalizer(value)) : byte);
        }
        return symbols;
    }
    std::string normalized;
    visit_code_points(text, [&](unroll::CodePoint code_point) {
        unroll::append_code_point(normalized, normalizer(code_point));
        if (unit == Unit::character) symbols.push_back(std::exchange(normalized, {}));
    });
    if (unit == Unit::word) visit_word_tokens(normalized, [&](std::string_view word) { symbols.emplace_back(word); });
    return symbols;
}

Lexicon::Lexicon(const std::unordered_map<std::string, Size>& counts, const VocabularyLimit& limit, Unit unit,
                 Normalizer normalizer)
    : unit_(unit), normalizer_(normalizer) {
    std::vector<std::pair<std::string, Size>> all(counts.begin(), counts.end());
    std::erase_if(
        all, [&](const auto& entry) { return entry.second < limit.minimum_count || entry.first == unknown_symbol; });
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    if (limit.size > 0 && all.size() > limit.size) all.resize(limit.size);
    for (auto& [symbol, count] : all) symbols_.push_back(std::move(symbol));
    std::sort(symbols_.begin(), symbols_.end());
    symbols_.emplace_back(unknown_symbol);
    for (Size i = 0; i < symbols_.size(); ++i) token_of_.emplace(symbols_[i], static_cast<Token>(i));
}

Token Lexicon::token(const std::string& symbol) const {
    const auto found = token_of_.find(symbol);
    return found == token_of_.end() ? static_cast<Token>(symbols_.size() - 1) : found->second;
}

std::optional<std::vector<Token>> Lexicon::encode(std::string_view text, std::string& unknown) const {
    if (unit_ != Unit::byte) {
        const Size end = unroll::first_invalid_utf8(text);
        if (end < text.size()) {
            unknown = text[end];
            return std::nullopt;
        }
    }
    std::vector<Token> tokens;
    for (const std::string& symbol : cut(text, unit_, normalizer_)) tokens.push_back(token(symbol));
    return tokens;
}

std::string Lexicon::decode(std::span<const Token> tokens) const {
    WordJoiner joiner;
    std::string text;
    for (const Token token : tokens) {
        const std::string& symbol = symbols_.at(static_cast<Size>(token));
        unit_ == Unit::word ? joiner.add(symbol) : void(text += symbol);
    }
    return unit_ == Unit::word ? joiner.text() : text;
}
