// Texts that may hold anything, with nothing hidden in them.
#pragma once

#include <string>
#include <string_view>

namespace unroll::report {

/// One line of valid UTF-8: control characters as control pictures (␀, ␊), characters that do not show or that turn the
/// direction of the text around them by their number (⟨U+202E⟩), bytes that are not UTF-8 as U+FFFD.
std::string visible(std::string_view text);

/// The same, with what markup is made of escaped: <, >, &, " and '.
std::string escaped_for_markup(std::string_view text);

}  // namespace unroll::report
