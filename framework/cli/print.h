// What the program says on standard output.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

#include "cli/printable.h"

namespace unroll::cli {

/// JSON whose texts have no character that drives a terminal: such a one is written as \uXXXX, which is the same text.
std::string visible_json(std::string_view json);

/// Prints to standard output, each value as printable() makes it; throws std::system_error when that cannot be written.
template <class... Values>
void print(fmt::format_string<Printable<Values>...> format, const Values&... values) {
    fmt::print("{}", fmt::format(format, printable(values)...));
}

}  // namespace unroll::cli
