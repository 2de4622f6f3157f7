// The symbols that sentences are made of.
#include "lexicon.h"

#include <algorithm>
#include <utility>

#include "../common/unknown.h"
#include "../common/words.h"

using unroll::Size;
using unroll::Token;

std::vector<std::string> cut(std::string_view text, Unit unit, Spelling spelling) {
    std::vector<std::string> symbols;
    if (unit == Unit::byte) {
        for (const char byte : text) {
            const auto value = static_cast<unsigned char>(byte);
            symbols.emplace_back(1, value < 0x80 ? static_cast<char>(spelling(value)) : byte);
        }
        return symbols;
    }
    std::string spelled;
    visit_code_points(text, [&](utf8proc_int32_t code_point) {
        append_code_point(spelled, spelling(code_point));
        if (unit == Unit::character) symbols.push_back(std::exchange(spelled, {}));
    });
    if (unit == Unit::word) visit_words(spelled, [&](std::string_view word) { symbols.emplace_back(word); });
    return symbols;
}

Lexicon::Lexicon(const std::unordered_map<std::string, Size>& counts, Limit limit, Unit unit, Spelling spelling)
    : unit_(unit), spelling_(spelling) {
    std::vector<std::pair<std::string, Size>> all(counts.begin(), counts.end());
    std::erase_if(all, [&](const auto& entry) { return entry.second < limit.count || entry.first == unknown_symbol; });
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    if (limit.symbols > 0 && all.size() > limit.symbols) all.resize(limit.symbols);
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
        const Size end = visit_code_points(text, [](utf8proc_int32_t) {});
        if (end < text.size()) {
            unknown = text[end];
            return std::nullopt;
        }
    }
    std::vector<Token> tokens;
    for (const std::string& symbol : cut(text, unit_, spelling_)) tokens.push_back(token(symbol));
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
