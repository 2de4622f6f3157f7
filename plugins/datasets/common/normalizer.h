// How a text is normalized before it becomes tokens: line breaks and case.
#pragma once

#include <utf8proc.h>

#include <string_view>

#include "unroll/utf8.h"

/// Calls visit(code point) for each of the text, from the first to the last. The line breaks of all systems ("\r\n" and
/// "\r") are visited as "\n", as Python reads text. Returns where the first byte stands that is not UTF-8, or
/// text.size().
template <class Visit>
std::size_t visit_code_points(std::string_view text, Visit&& visit) {
    std::size_t at = 0;
    while (at < text.size()) {
        unroll::CodePoint code_point = unroll::next_code_point(text, at);
        if (code_point < 0) return at;
        if (code_point == '\r') {
            if (at < text.size() && text[at] == '\n') ++at;
            code_point = '\n';
        }
        visit(code_point);
    }
    return at;
}

/// What happens to each code point of the corpus, and of every text that is encoded later.
struct Normalizer {
    bool lower = false;  ///< to lower case, each code point by itself (Unicode's simple mapping)
    bool newlines_to_spaces = false;

    unroll::CodePoint operator()(unroll::CodePoint code_point) const {
        if (newlines_to_spaces && code_point == '\n') return ' ';
        if (!lower) return code_point;
        if (code_point < 0x80) return code_point >= 'A' && code_point <= 'Z' ? code_point + ('a' - 'A') : code_point;
        return utf8proc_tolower(code_point);
    }
};
