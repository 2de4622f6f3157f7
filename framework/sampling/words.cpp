// The words of a text.
#include "sampling/words.h"

#include <utf8proc.h>

#include "unroll/utf8.h"

namespace unroll::sampling {

namespace {

enum class Kind { letter, part, apostrophe, other };  ///< part: stands in a word, but makes none

bool between(char32_t value, char32_t first, char32_t last) {
    return first <= value && value <= last;
}

/// Scripts without blanks between words.
bool runs_on(char32_t c) {
    return between(c, 0x0E00, 0x0EFF) ||                                                              // Thai, Lao
           between(c, 0x1000, 0x109F) || between(c, 0xA9E0, 0xA9FF) || between(c, 0xAA60, 0xAA7F) ||  // Burmese
           between(c, 0x1780, 0x17FF) ||                                                              // Khmer
           between(c, 0x3005, 0x3007) || between(c, 0x3400, 0x4DBF) || between(c, 0x4E00, 0x9FFF) ||  // Han
           between(c, 0xF900, 0xFAFF) || between(c, 0x20000, 0x3FFFF) ||                              // Han
           between(c, 0x3040, 0x30FF) || between(c, 0x31F0, 0x31FF) || between(c, 0xFF66, 0xFF9F);    // kana
}

Kind kind_of(char32_t c) {
    if (c < 0x80) {
        if (between(c | 0x20, 'a', 'z')) return Kind::letter;
        if (c == '\'') return Kind::apostrophe;
        return between(c, '0', '9') || c == '_' ? Kind::part : Kind::other;
    }
    if (c == 0x2019) return Kind::apostrophe;
    if (runs_on(c)) return Kind::other;
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
            return Kind::letter;
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_PC:
        case UTF8PROC_CATEGORY_CF:  // soft hyphens and joiners
            return Kind::part;
        default:
            return Kind::other;
    }
}

bool in_word(Kind kind) {
    return kind == Kind::letter || kind == Kind::part;
}

bool word_goes_on(std::string_view text, std::size_t at) {
    return at < text.size() && in_word(kind_of(static_cast<char32_t>(next_character(text, at))));
}

void append_lower(std::string& word, char32_t c) {
    if (c < 0x80) {
        word += static_cast<char>(between(c, 'A', 'Z') ? c + ('a' - 'A') : c);
    } else {
        append_code_point(word, utf8proc_tolower(static_cast<CodePoint>(c)));
    }
}

}  // namespace

void visit_words(std::string_view text, const std::function<void(const std::string&)>& visit) {
    std::string word;
    bool has_letter = false;
    const auto end_word = [&] {
        if (has_letter) visit(word);
        word.clear();
        has_letter = false;
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto c = static_cast<char32_t>(next_character(text, at));
        const Kind kind = kind_of(c);
        if (in_word(kind)) {
            append_lower(word, c);
            has_letter = has_letter || kind == Kind::letter;
        } else if (kind == Kind::apostrophe && !word.empty() && word_goes_on(text, at)) {
            word += '\'';
        } else {
            end_word();
        }
    }
    end_word();
}

std::string_view without_cut_words(std::string_view text) {
    std::size_t first = text.size(), last = text.size();  // the whole: from the first character that is in no word
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        if (kind_of(static_cast<char32_t>(next_character(text, at))) != Kind::other) continue;
        first = std::min(first, begin);
        last = at;
    }
    return text.substr(first, last - first);
}

}  // namespace unroll::sampling
