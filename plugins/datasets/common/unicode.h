// Code points of UTF-8 text, and how a text is spelled before it becomes tokens.
#pragma once

#include <utf8proc.h>

#include <cstddef>
#include <string>
#include <string_view>

/// The code point that begins at text[at], at < text.size(); `at` moves behind it. Where no valid UTF-8 begins: -1, and
/// `at` stays.
inline utf8proc_int32_t next_code_point(std::string_view text, std::size_t& at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
        ++at;
        return byte;
    }
    utf8proc_int32_t code_point;
    const utf8proc_ssize_t size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                                   static_cast<utf8proc_ssize_t>(text.size() - at), &code_point);
    if (size <= 0) return -1;
    at += static_cast<std::size_t>(size);
    return code_point;
}

/// Calls visit(code point) for each of the text, from the first to the last. The ends of lines of all systems ("\r\n"
/// and
/// "\r") are visited as "\n", as Python reads text. Returns where the first byte stands that is not UTF-8, or
/// text.size().
template <class Visit>
std::size_t visit_code_points(std::string_view text, Visit&& visit) {
    std::size_t at = 0;
    while (at < text.size()) {
        utf8proc_int32_t code_point = next_code_point(text, at);
        if (code_point < 0) return at;
        if (code_point == '\r') {
            if (at < text.size() && text[at] == '\n') ++at;
            code_point = '\n';
        }
        visit(code_point);
    }
    return at;
}

inline void append_code_point(std::string& text, utf8proc_int32_t code_point) {
    if (code_point < 0x80) {
        text += static_cast<char>(code_point);
        return;
    }
    utf8proc_uint8_t bytes[4];
    const utf8proc_ssize_t size = utf8proc_encode_char(code_point, bytes);
    text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

/// What happens to each symbol of the corpus, and of every text that is encoded later.
struct Spelling {
    bool lower = false;  ///< capital letters become small ones, each by itself (Unicode's simple mapping)
    bool newlines_to_blanks = false;

    utf8proc_int32_t operator()(utf8proc_int32_t code_point) const {
        if (newlines_to_blanks && code_point == '\n') return ' ';
        if (!lower) return code_point;
        if (code_point < 0x80) return code_point >= 'A' && code_point <= 'Z' ? code_point + ('a' - 'A') : code_point;
        return utf8proc_tolower(code_point);
    }
};
