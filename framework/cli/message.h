// Messages to whoever sits before the program: notes, problems, progress, on standard error.
#pragma once

#include <fmt/core.h>

#include <string_view>

#include "cli/printable.h"

namespace unroll::cli {

/// Writes the text to standard error, as it is. Where nobody can read it (a closed pipe or terminal, a full disk), it
/// is dropped: where messages go decides over nothing that the program does.
void message(std::string_view text) noexcept;

/// Each value as printable() makes it.
template <class... Values>
void message(fmt::format_string<Printable<Values>...> format, const Values&... values) {
    message(std::string_view(fmt::format(format, printable(values)...)));
}

}  // namespace unroll::cli
