// Texts from anywhere, made fit for a terminal.
#include "base/visible.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/utf8.h"

namespace unroll::base {

namespace {

constexpr CodePoint line_separator = 0x2028, paragraph_separator = 0x2029;

bool is_plain_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace

bool drives_terminal(CodePoint code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

std::string shown_as(CodePoint code) {
    return code < 0x100 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
}

std::string visible_line(std::string_view text) {
    if (is_plain_ascii(text)) return std::string(text);
    std::string line;
    for_each_character(text, [&](CodePoint code, std::string_view bytes) {
        if (code == '\n' || code == line_separator || code == paragraph_separator)
            line += "↵";
        else if (code == '\t')
            line += "\\t";
        else if (drives_terminal(code))
            line += shown_as(code);
        else
            line += bytes;
    });
    return line;
}

std::string visible_lines(std::string_view text) {
    if (is_plain_ascii(text)) return std::string(text);
    std::string lines;
    bool after_return = false;  // one that stands before a line break ends the line, too
    for_each_character(text, [&](CodePoint code, std::string_view bytes) {
        if (after_return && code != '\n') lines += shown_as('\r');
        after_return = code == '\r';
        if (after_return) return;
        lines += drives_terminal(code) && code != '\n' && code != '\t' ? shown_as(code) : std::string(bytes);
    });
    if (after_return) lines += shown_as('\r');
    return lines;
}

}  // namespace unroll::base
