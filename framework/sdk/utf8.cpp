// UTF-8 through utf8proc, which refuses overlong forms, surrogates and what lies beyond 0x10FFFF.
#include "unroll/utf8.h"

#include <utf8proc.h>

namespace unroll {

CodePoint detail::next_beyond_ascii(std::string_view text, std::size_t& at) {
    utf8proc_int32_t code_point;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                       static_cast<utf8proc_ssize_t>(text.size() - at), &code_point);
    if (size <= 0) return -1;
    at += static_cast<std::size_t>(size);
    return code_point;
}

void append_code_point(std::string& text, CodePoint code_point) {
    utf8proc_uint8_t bytes[4];
    const auto size = utf8proc_encode_char(code_point, bytes);
    text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::size_t first_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && next_code_point(text, at) >= 0) {
    }
    return at;
}

}  // namespace unroll
