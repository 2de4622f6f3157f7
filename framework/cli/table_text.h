// The cells of a table as people read them, and the layout of a table on a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/table.h"

namespace unroll::cli {

/// A table whose cells are texts, without the columns that are left out.
struct TextTable {
    std::vector<std::string> columns;
    std::vector<bool> numeric;  ///< columns of numbers only (and NULLs)
    std::vector<std::vector<std::string>> rows;
};

/// `escape` makes a text fit for the format; numbers need none.
TextTable text_of(const store::Table& table, const Look& look, std::string (*escape)(std::string_view));

/// As render() does it for Format::table.
std::string laid_out(const TextTable& table, const Look& look);

}  // namespace unroll::cli
