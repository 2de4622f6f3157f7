// Tables as text: for eyes, for spreadsheets, for programs, for documents.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/result_table.h"
#include "unroll/types.h"

namespace unroll::cli {

enum class Format { table, csv, json, markdown };

/// Throws Error for any other name.
Format format_of(std::string_view name);

/// How people are shown a table. csv and json show everything, whatever stands here.
struct Look {
    std::optional<Size> columns = {};          ///< table: the terminal's width; none: as wide as it takes
    bool color = false;                        ///< table: bold head, the best rows green
    std::vector<std::string> leave_out = {};   ///< columns that are not shown when all their values are NULL or 0
    std::vector<std::string> hide_first = {};  ///< table: what may be hidden from a narrow terminal, in this order
    std::map<std::string, std::string> digits = {};  ///< of a mean, say: the column of standard deviations beside it
    std::vector<std::string> exact = {};             ///< columns of settings: reals with all their digits
    std::vector<Size> best = {};                     ///< rows that stand out
};

/// `look` with the width and colour of standard output.
Look on_standard_output(Look look = {});

/// The whole text, with a newline at its end.
///
/// - table: aligned columns, numbers to the right, NULL as nothing; the reals of a column with as many decimals as tell
///   them apart (digits.h); line breaks and other control characters are made visible, so that a text cannot drive the
///   terminal. Where it is wider than the terminal, texts are wrapped; then columns are hidden, and named below; then
///   each row becomes a block of its own, a line for each column. Throws Error where it would take much more room than
///   its texts do, as rows are as wide as the widest;
/// - csv: RFC 4180 with line feeds; reals to the last digit; NULL as nothing, an empty text as ""; texts as they are,
///   but on a terminal with what could drive it made visible;
/// - json: an array of objects, a row a line; reals to the last digit, infinities as null; control characters as
///   \uXXXX, bytes that are not UTF-8 as U+FFFD; a column name that occurs again gets ":2", ":3" …;
/// - markdown: a pipe table, numbers as in `table`, line breaks as <br>.
std::string render(const store::Table& table, Format format, const Look& look = {});

/// Prints a table to standard output, for people with its caption above and the notes below. csv and json are the table
/// only: then notes go to standard error, and nobody needs a caption.
void print_table(const store::Table& table, Format format, const Look& look, const std::string& caption,
                 const std::vector<std::string>& notes = {});

/// A value within a sentence or a label, on one line: reals with six significant digits, NULL as NULL.
std::string in_words(const store::Value& value);

/// As much of a text as fits into so many columns of a terminal, on one line; control characters are made visible.
std::string fitting(std::string_view text, std::size_t columns);

}  // namespace unroll::cli
