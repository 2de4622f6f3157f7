// Rows as CSV or JSON lines, part by part.
#pragma once

#include <string>
#include <utility>

#include "cli/table.h"
#include "store/result_table.h"

namespace unroll::cli {

enum class RowFormat { csv, json_lines };

/// Turns the parts of one table into the text of one file. The values are written as by render() in table.h: reals to
/// the last digit, NULL as nothing (CSV) or null. CSV begins with the names of the columns, once; JSON lines have an
/// object on every line. `look` is that of a terminal, if one is written to.
class RowText {
public:
    explicit RowText(RowFormat format, Look look = {}) : format_(format), look_(std::move(look)) {}

    /// The next part's text, each line with its end.
    std::string of(const store::Table& part);

private:
    RowFormat format_;
    Look look_;
    bool has_head_ = false;
};

}  // namespace unroll::cli
