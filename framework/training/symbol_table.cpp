// A vocabulary without its dataset.
#include "training/symbol_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <stdexcept>

#include "unroll/utf8.h"

namespace unroll::training {

namespace {

constexpr Size most_probed = 4096;

std::string text_of(const Vocabulary& vocabulary, std::initializer_list<Token> tokens) {
    return vocabulary.decode(std::span(tokens.begin(), tokens.size()));
}

bool is_small_letter(char c) {
    return c >= 'a' && c <= 'z';
}

/// Of which words are made: letters, digits and whatever is not ASCII.
bool is_of_word(char c) {
    return is_small_letter(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
}

std::string in_capitals(std::string text) {
    for (char& c : text)
        if (is_small_letter(c)) c = static_cast<char>(c - 'a' + 'A');
    return text;
}

/// Whether the vocabulary reads the text as this one token.
bool reads_as(const Vocabulary& vocabulary, const std::string& text, Token token) {
    std::string unknown;
    const auto tokens = vocabulary.encode(text, unknown);
    return tokens && tokens->size() == 1 && tokens->front() == token;
}

}  // namespace

SymbolTable SymbolTable::of(const Vocabulary& vocabulary, std::span<const Token> probe) {
    SymbolTable table;
    std::optional<Token> word;  // of small letters: what is beside it shows where blanks stand
    for (Token token = 0; Size(token) < vocabulary.size(); ++token) {
        Symbol& symbol = table.symbols_.emplace_back();
        symbol.text = text_of(vocabulary, {token});
        symbol.is_generated = vocabulary.can_generate(token);
        if (!word && !symbol.text.empty() && std::all_of(symbol.text.begin(), symbol.text.end(), is_small_letter))
            word = token;
    }
    if (word) {
        const std::string own = table.symbols_[Size(*word)].text;
        table.joined_ = text_of(vocabulary, {*word, *word}) == own + ' ' + own;
        table.lower_ = reads_as(vocabulary, in_capitals(own), *word);
        for (Token token = 0; table.joined_ && Size(token) < vocabulary.size(); ++token) {
            Symbol& symbol = table.symbols_[Size(token)];
            symbol.blank_before = text_of(vocabulary, {*word, token}) == own + ' ' + symbol.text;
            symbol.blank_after = text_of(vocabulary, {token, *word}) == symbol.text + ' ' + own;
        }
    }
    table.index();
    if (const auto blank = table.tokens_.find(" "); blank != table.tokens_.end() && !table.tokens_.contains("\n"))
        table.newlines_as_blank_ = reads_as(vocabulary, "\n", blank->second);
    std::vector<Token> all(std::min(vocabulary.size(), most_probed));
    std::iota(all.begin(), all.end(), Token{0});
    table.exact_ = table.writes_as(vocabulary, all) &&
                   table.writes_as(vocabulary, probe.first(std::min(probe.size(), most_probed)));
    return table;
}

std::string SymbolTable::text_of_all() const {
    constexpr Size long_enough = 1 << 16, often_enough = 16;  // to be split, and to be frequent words
    std::string once, text;
    for (const Symbol& symbol : symbols_) {
        if (!symbol.is_generated) continue;
        once += symbol.text;
        if (joined_) once += ' ';
    }
    for (Size times = 0; !once.empty() && (times < often_enough || text.size() < long_enough); ++times) text += once;
    return text;
}

bool SymbolTable::has_symbols_of(const Vocabulary& vocabulary) const {
    if (vocabulary.size() != size()) return false;
    for (Token token = 0; Size(token) < size(); ++token)
        if (text_of(vocabulary, {token}) != symbols_[Size(token)].text ||
            vocabulary.can_generate(token) != can_generate(token))
            return false;
    return true;
}

bool SymbolTable::writes_as(const Vocabulary& vocabulary, std::span<const Token> tokens) const {
    const std::string text = vocabulary.decode(tokens);
    std::string unknown, also_unknown;
    return decode(tokens) == text && encode(text, unknown) == vocabulary.encode(text, also_unknown);
}

void SymbolTable::index() {
    Size never = 0;
    for (Token token = 0; Size(token) < symbols_.size(); ++token) {
        const Symbol& symbol = symbols_[Size(token)];
        if (!symbol.text.empty()) tokens_.emplace(symbol.text, token);
        longest_ = std::max(longest_, symbol.text.size());
        if (symbol.is_generated) continue;
        ++never;
        unknown_ = token;
    }
    if (never != 1) unknown_.reset();
}

std::string SymbolTable::normalized(std::string_view text) const {
    std::string normal;
    for (Size i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '\r' && !tokens_.contains("\r")) {  // the line breaks of other systems
            if (i + 1 < text.size() && text[i + 1] == '\n') continue;
            c = '\n';
        }
        if (lower_ && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (newlines_as_blank_ && c == '\n') c = ' ';
        normal += c;
    }
    return normal;
}

/// The length of the longest symbol that the text has here; 0: none.
Size SymbolTable::match(std::string_view text, Size at) const {
    for (Size length = std::min(longest_, text.size() - at); length > 0; --length) {
        const bool within_word =
            joined_ && at + length < text.size() && is_of_word(text[at + length - 1]) && is_of_word(text[at + length]);
        if (!within_word && tokens_.contains(std::string(text.substr(at, length)))) return length;
    }
    return 0;
}

std::optional<std::vector<Token>> SymbolTable::encode(std::string_view given, std::string& unknown) const {
    const std::string text = normalized(given);
    std::vector<Token> tokens;
    for (Size at = 0; at < text.size();) {
        if (joined_ && text[at] == ' ') {
            ++at;
            continue;
        }
        if (const Size length = match(text, at)) {
            tokens.push_back(tokens_.at(text.substr(at, length)));
            at += length;
            continue;
        }
        const Size begin = at;
        if (joined_ && is_of_word(text[at]))
            while (at < text.size() && is_of_word(text[at])) ++at;
        else
            next_character(text, at);
        if (!unknown_) {
            unknown = text.substr(begin, at - begin);
            return std::nullopt;
        }
        tokens.push_back(*unknown_);
    }
    return tokens;
}

std::string SymbolTable::decode(std::span<const Token> tokens) const {
    std::string text;
    bool wants_blank = false;
    for (const Token token : tokens) {
        const Symbol& symbol = symbols_.at(Size(token));
        if (wants_blank && symbol.blank_before) text += ' ';
        text += symbol.text;
        wants_blank = symbol.blank_after;
    }
    return text;
}

/// "1 " (exact) or "0 " and three flags, then each symbol's bytes in hexadecimal with its marks: ! never generated, < a
/// blank before it, > one after it.
std::string SymbolTable::save() const {
    std::string text = fmt::format("{:d} {:d}{:d}{:d}", exact_, joined_, lower_, newlines_as_blank_);
    for (const Symbol& symbol : symbols_) {
        text += ' ';
        for (const char c : symbol.text) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
        text += fmt::format("{}{}{}", symbol.is_generated ? "" : "!", symbol.blank_before ? "<" : "",
                            symbol.blank_after ? ">" : "");
    }
    return text;
}

SymbolTable SymbolTable::load(std::string_view text) {
    const auto refuse = [] { throw std::invalid_argument("no table of symbols"); };
    if (!(text.starts_with("1 ") || text.starts_with("0 ")) || text.size() < 5) refuse();
    SymbolTable table;
    table.exact_ = text[0] == '1';
    table.joined_ = text[2] == '1';
    table.lower_ = text[3] == '1';
    table.newlines_as_blank_ = text[4] == '1';
    text.remove_prefix(5);
    while (!text.empty()) {
        if (text[0] != ' ') refuse();
        text.remove_prefix(1);
        Symbol& symbol = table.symbols_.emplace_back();
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        const std::string_view digits = word.substr(0, word.find_first_of("!<>")), marks = word.substr(digits.size());
        for (Size i = 0; i + 1 < digits.size(); i += 2) {
            unsigned char byte = 0;
            const char* const end = digits.data() + i + 2;
            if (std::from_chars(digits.data() + i, end, byte, 16).ptr != end) refuse();
            symbol.text += static_cast<char>(byte);
        }
        if (digits.size() % 2 != 0) refuse();
        symbol.is_generated = marks.find('!') == marks.npos;
        symbol.blank_before = marks.find('<') != marks.npos;
        symbol.blank_after = marks.find('>') != marks.npos;
    }
    table.index();
    return table;
}

}  // namespace unroll::training
