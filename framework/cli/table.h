// Tables as text: for eyes, for spreadsheets, for programs, for documents.
#pragma once

#include <string>
#include <string_view>

#include "store/result_table.h"

namespace unroll::cli {

enum class Format { table, csv, json, markdown };

/// Throws Error for any other name.
Format format_of(std::string_view name);

/// The whole text, with a newline at its end.
///
/// - table: aligned columns, numbers to the right, reals with six significant digits, NULL as nothing; line breaks and
///   other control characters are made visible, so that a row stays a line and a text cannot drive the terminal;
/// - csv: RFC 4180 with line feeds; reals to the last digit; NULL as nothing, an empty text as "";
/// - json: an array of objects, a row a line; reals to the last digit, infinities as null; bytes that are not UTF-8
///   become U+FFFD; a column name that occurs again gets ":2", ":3" …;
/// - markdown: a pipe table, numbers as in `table`, line breaks as <br>.
std::string render(const store::Table& table, Format format);

/// As much of a text as fits into so many columns of a terminal, on one line; control characters are made visible.
std::string fitting(std::string_view text, std::size_t columns);

}  // namespace unroll::cli
