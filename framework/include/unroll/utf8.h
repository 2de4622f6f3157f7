// UTF-8 text as Unicode code points.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "unroll/export.h"

namespace unroll {

/// A Unicode code point, 0 … 0x10FFFF without surrogates; -1 where there is none.
using CodePoint = std::int32_t;

namespace detail {
UNROLL_EXPORT CodePoint next_beyond_ascii(std::string_view text, std::size_t& at);
}

/// The code point that begins at text[at], at < text.size(); `at` moves behind it. Where no valid UTF-8 begins: -1, and
/// `at` stays. Any thread, as all functions here.
inline CodePoint next_code_point(std::string_view text, std::size_t& at) {
    if (const auto byte = static_cast<unsigned char>(text[at]); byte < 0x80) {
        ++at;
        return byte;
    }
    return detail::next_beyond_ascii(text, at);
}

/// The same for text from anywhere: a byte that is not UTF-8 is one U+FFFD, the replacement character.
inline CodePoint next_character(std::string_view text, std::size_t& at) {
    const CodePoint code_point = next_code_point(text, at);
    if (code_point >= 0) return code_point;
    ++at;
    return 0xFFFD;
}

/// Appends a code point, which must be valid, in UTF-8.
UNROLL_EXPORT void append_code_point(std::string& text, CodePoint code_point);

/// Where the first byte stands that is not UTF-8; text.size() when the whole text is valid.
UNROLL_EXPORT std::size_t first_invalid_utf8(std::string_view text);

/// Whether a byte stands within a code point, behind its first byte.
constexpr bool continues_code_point(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// Where the code point begins that text[at] belongs to; text.size() for at = text.size().
constexpr std::size_t code_point_begin(std::string_view text, std::size_t at) {
    while (at > 0 && at < text.size() && continues_code_point(text[at])) --at;
    return at;
}

/// Where the code point ends that text[at] belongs to, at < text.size().
constexpr std::size_t code_point_end(std::string_view text, std::size_t at) {
    do ++at;
    while (at < text.size() && continues_code_point(text[at]));
    return at;
}

/// How many code points a text has.
constexpr std::size_t count_code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return !continues_code_point(byte); }));
}

}  // namespace unroll
