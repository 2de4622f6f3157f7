// Texts that may hold anything, character by character, and how wide they are on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "unroll/utf8.h"

namespace unroll::base {

/// What stands for a byte that is not UTF-8.
inline constexpr CodePoint replacement_character = 0xFFFD;

/// Calls use(code point, its bytes in UTF-8) for each character; a byte that is not UTF-8 comes as U+FFFD.
template <class Use>
void for_each_character(std::string_view text, Use use) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        if (const CodePoint code = next_code_point(text, at); code >= 0) {
            use(code, text.substr(begin, at - begin));
        } else {
            use(replacement_character, std::string_view("\xEF\xBF\xBD"));
            ++at;
        }
    }
}

/// Whether every program reads the text as it is: valid UTF-8 without a NUL, at which many end.
bool is_readable(std::string_view text);

/// The text as every program reads it: U+FFFD in the place of each NUL and of each byte that is not UTF-8.
std::string readable(std::string_view text);

/// Columns of a terminal that a character takes: 0 for combining and control characters, 2 for wide ones.
std::size_t display_width(CodePoint code);
std::size_t display_width(std::string_view text);

}  // namespace unroll::base
