// What the terminal behind a stream can show: its size, colour, Unicode.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "unroll/types.h"

namespace unroll::cli {

struct Terminal {
    Size columns = 80, rows = 24;
};

/// Of standard error, where progress is shown; the usual size when it does not tell.
Terminal terminal();

/// The width of the terminal behind standard output: COLUMNS where that is set, else what the terminal says. None when
/// standard output is no terminal: nothing is cut or wrapped in a file or a pipe.
std::optional<Size> output_columns();

/// The width of what is drawn on standard output, and not only cut to it: output_columns(), COLUMNS, or 80.
Size drawing_columns();

/// Whether a stream (STDOUT_FILENO or STDERR_FILENO) takes colour: a terminal, unless NO_COLOR is set or TERM is dumb;
/// CLICOLOR_FORCE other than 0 asks for colour everywhere.
bool takes_color(int stream);

/// Whether the locale (LC_ALL, LC_CTYPE, LANG) has UTF-8.
bool has_utf8();

enum class Color { bold, dim, red, green, yellow, blue, magenta, cyan };

/// The text in that colour when `enabled`; as it is otherwise.
std::string colored(std::string_view text, Color color, bool enabled);

}  // namespace unroll::cli
