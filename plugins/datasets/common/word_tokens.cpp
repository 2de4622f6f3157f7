// The word tokenizer of datasets.
#include "word_tokens.h"

namespace {

bool between(unroll::CodePoint value, unroll::CodePoint first, unroll::CodePoint last) {
    return first <= value && value <= last;
}

bool is_apostrophe(unroll::CodePoint code_point) {
    return code_point == '\'' || code_point == 0x2019;
}
bool is_letter(unroll::CodePoint code_point) {
    return kind_of(code_point) == CharacterKind::letter;
}
bool is_digit(unroll::CodePoint code_point) {
    return utf8proc_category(code_point) == UTF8PROC_CATEGORY_ND;
}

/// The code point at text[at], or 0 at the end.
unroll::CodePoint peek(std::string_view text, std::size_t at) {
    return at < text.size() ? unroll::next_code_point(text, at) : 0;
}

/// Whether a character that is no letter belongs to the word that it stands in.
bool joins(unroll::CodePoint before, unroll::CodePoint code_point, unroll::CodePoint after) {
    if (is_apostrophe(code_point)) return is_letter(after);
    if (code_point == '-') return is_letter(after);
    if (code_point == '.' || code_point == ',') return is_digit(before) && is_digit(after);
    return false;
}

unroll::CodePoint first_of(std::string_view token) {
    return peek(token, 0);
}

unroll::CodePoint last_of(std::string_view token) {
    std::size_t at = unroll::code_point_begin(token, token.size() - 1);
    return unroll::next_code_point(token, at);
}

bool is_opening(unroll::CodePoint code_point) {
    if (code_point < 0x80)
        return std::string_view("([{$#@").find(static_cast<char>(code_point)) != std::string_view::npos;
    const auto category = utf8proc_category(code_point);
    return category == UTF8PROC_CATEGORY_PS || category == UTF8PROC_CATEGORY_PI || code_point == 0xA1 ||
           code_point == 0xBF || code_point == 0xA3;  // ¡ ¿ £
}

bool is_closing(unroll::CodePoint code_point) {
    if (code_point < 0x80)
        return std::string_view(")]}.,;:!?%'").find(static_cast<char>(code_point)) != std::string_view::npos;
    const auto category = utf8proc_category(code_point);
    return category == UTF8PROC_CATEGORY_PE || category == UTF8PROC_CATEGORY_PF || code_point == 0x2026;  // …
}

CharacterKind kind_beyond_ascii(unroll::CodePoint code_point) {
    if (between(code_point, 0x3005, 0x3007) || between(code_point, 0x3040, 0x30FF) ||
        between(code_point, 0x3400, 0x4DBF) || between(code_point, 0x4E00, 0x9FFF) ||
        between(code_point, 0xF900, 0xFAFF) || between(code_point, 0x20000, 0x3FFFF)) {
        return CharacterKind::ideograph;
    }
    const auto category = utf8proc_category(code_point);
    if (between(category, UTF8PROC_CATEGORY_ZS, UTF8PROC_CATEGORY_CC)) return CharacterKind::blank;
    // Letters, marks that combine with them, numbers; and format characters, such as a soft hyphen.
    if (between(category, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_NO) || category == UTF8PROC_CATEGORY_CF) {
        return CharacterKind::letter;
    }
    const bool of_ideographs = between(code_point, 0x3000, 0x303F) || between(code_point, 0xFF00, 0xFFEF);
    return of_ideographs ? CharacterKind::ideograph : CharacterKind::mark;
}

}  // namespace

CharacterKind kind_of(unroll::CodePoint code_point) {
    if (code_point >= 0x80) return kind_beyond_ascii(code_point);
    if (code_point == '\n') return CharacterKind::newline;
    if (code_point <= ' ' || code_point == 0x7F) return CharacterKind::blank;
    const bool letter = between(code_point | 0x20, 'a', 'z') || between(code_point, '0', '9') || code_point == '_';
    return letter ? CharacterKind::letter : CharacterKind::mark;
}

std::size_t token_end(std::string_view text, std::size_t begin) {
    std::size_t at = begin;
    unroll::CodePoint code_point = unroll::next_code_point(text, at);
    const CharacterKind kind = kind_of(code_point);
    if (kind == CharacterKind::newline || kind == CharacterKind::ideograph) return at;
    const bool word = kind == CharacterKind::letter || (is_apostrophe(code_point) && is_letter(peek(text, at)));
    while (at < text.size()) {
        std::size_t end = at;
        const unroll::CodePoint next = unroll::next_code_point(text, end);
        const bool belongs = word ? is_letter(next) || joins(code_point, next, peek(text, end)) : next == code_point;
        if (!belongs) break;
        code_point = next;
        at = end;
    }
    return at;
}

bool WordJoiner::blank_before(std::string_view token) const {
    if (previous_.empty()) return false;
    const unroll::CodePoint before = last_of(previous_), after = first_of(token);
    for (CharacterKind kind : {kind_of(before), kind_of(after)}) {
        if (kind == CharacterKind::newline || kind == CharacterKind::ideograph) return false;
    }
    if (before == after && !is_letter(before)) return true;  // together they would be one token
    if (token == "\"") return !quoted_ && !is_opening(before);
    if (kind_of(after) == CharacterKind::mark && is_closing(after) && !is_letter(last_of(token))) return false;
    if (previous_ == "\"") return !quoted_;
    return !(kind_of(before) == CharacterKind::mark && is_opening(before));
}

void WordJoiner::add(std::string_view token) {
    if (blank_before(token)) text_ += ' ';
    text_ += token;
    if (token == "\"") quoted_ = !quoted_;
    if (token == "\n") quoted_ = false;
    previous_ = token;
}
