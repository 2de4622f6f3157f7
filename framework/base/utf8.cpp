// How wide characters are on a terminal, as utf8proc knows it.
#include "base/utf8.h"

#include <utf8proc.h>

#include <algorithm>

namespace unroll::base {

bool is_readable(std::string_view text) {
    return text.find('\0') == text.npos && first_invalid_utf8(text) == text.size();
}

std::string readable(std::string_view text) {
    std::string result;
    for_each_character(text, [&](CodePoint code, std::string_view bytes) {
        code == 0 ? append_code_point(result, replacement_character) : void(result += bytes);
    });
    return result;
}

std::size_t display_width(CodePoint code) {
    return static_cast<std::size_t>(std::max(0, utf8proc_charwidth(code)));
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for_each_character(text, [&](CodePoint code, std::string_view) { width += display_width(code); });
    return width;
}

}  // namespace unroll::base
