// Texts from anywhere, made fit for a terminal: what could drive it, or pass for other lines, is shown and not obeyed.
#pragma once

#include <string>
#include <string_view>

#include "unroll/utf8.h"

namespace unroll::base {

/// Characters that a terminal obeys and does not show: controls (C0, DEL, C1), and those that turn the direction of
/// what follows (U+202A to U+202E, U+2066 to U+2069).
bool drives_terminal(CodePoint code);

/// "\x1b", "\u202e": how such a character is shown.
std::string shown_as(CodePoint code);

/// The text on one line: a line break is "↵", a tab "\t"; what drives a terminal is shown, a byte that is not UTF-8 is
/// U+FFFD.
std::string visible_line(std::string_view text);

/// The same, but lines stay lines and tabs stay tabs.
std::string visible_lines(std::string_view text);

}  // namespace unroll::base
