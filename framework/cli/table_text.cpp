// The cells of a table as people read them, and the layout of a table on a terminal.
#include "cli/table_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/digits.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/terminal.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

using base::Digits;
using base::display_width;
using base::for_each_character;
using store::Table;
using store::Value;
using Texts = std::vector<std::string>;

constexpr Size gap = 2;                       ///< spaces between columns
constexpr Size comfortable = 20;              ///< texts are wrapped to this width before columns are hidden,
constexpr Size narrowest = 8;                 ///< and to this one before rows become blocks
constexpr Size most_lines = 10;               ///< of one cell
constexpr Size most_bytes = Size{512} << 20;  ///< of a table

bool contains(const Texts& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_nothing(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole == 0;
    if (const auto* real = std::get_if<double>(&value)) return *real == 0;
    return std::holds_alternative<std::monostate>(value);
}

std::vector<double> reals_of(const Table& table, Size column) {
    std::vector<double> reals;
    for (const auto& row : table.rows)
        if (const auto* real = std::get_if<double>(&row[column])) reals.push_back(*real);
    return reals;
}

Digits digits_of(const Table& table, Size column, const Look& look) {
    const std::vector<double> values = reals_of(table, column);
    if (std::find(look.exact.begin(), look.exact.end(), table.columns[column]) != look.exact.end()) return {};
    if (const auto found = look.digits.find(table.columns[column]); found != look.digits.end()) {
        const auto deviation = std::find(table.columns.begin(), table.columns.end(), found->second);
        if (deviation != table.columns.end())
            return base::digits_by_deviation(reals_of(table, Size(deviation - table.columns.begin())), values);
    }
    return base::digits_by_spread(values);
}

/// The lines of a cell, none wider than `width`: broken at spaces, words only where they are wider.
Texts wrapped(const std::string& text, Size width) {
    Texts lines;
    for (const std::string& line : base::split(base::wrap(text, width), '\n')) {
        std::string part;
        Size used = 0;
        for_each_character(line, [&](CodePoint code, std::string_view bytes) {
            const Size next = display_width(code);
            if (used + next > width) {
                lines.push_back(std::move(part));
                part.clear();
                used = 0;
            }
            part += bytes;
            used += next;
        });
        lines.push_back(std::move(part));
    }
    if (lines.size() > most_lines) {
        lines.resize(most_lines);
        lines.back() = fitting(lines.back(), width - 1) + "…";
    }
    return lines;
}

/// Lays out some of a table's columns, each so wide.
class Layout {
public:
    Layout(const TextTable& table, const Look& look) : table_(table), look_(look), shown_(table.columns.size()) {
        std::iota(shown_.begin(), shown_.end(), Size{0});
        for (Size column = 0; column < table.columns.size(); ++column) {
            Size width = display_width(table.columns[column]);
            for (const Texts& row : table.rows) width = std::max(width, display_width(row[column]));
            natural_.push_back(width);
        }
        // None can be wider than the terminal in the end.
        for (Size column = 0; look.columns && column < natural_.size(); ++column)
            if (!table.numeric[column])
                natural_[column] =
                    std::min(natural_[column], std::max(*look.columns, display_width(table.columns[column])));
        widths_ = natural_;
    }

    /// Whether the table fits, once wrapped or with columns hidden where it must be.
    bool fit() {
        if (!look_.columns || shrink(comfortable)) return true;
        for (const std::string& name : look_.hide_first) {
            hide(name);
            if (shrink(comfortable)) return true;
        }
        return shrink(narrowest);
    }

    std::string text() const {
        if (const Size size = total() * table_.rows.size(); size > most_bytes)
            throw Error({"--format table", fmt::format("{} rows, each {} characters wide", table_.rows.size(), total()),
                         "a table that fits in memory", "choose --format csv or json, or shorten texts with substr"});
        std::string text =
            line(table_.columns, [&](const std::string& part) { return colored(part, Color::bold, look_.color); });
        Texts rules;
        for (const Size width : widths_) rules.emplace_back(width, '-');
        text += line(rules, [&](const std::string& part) { return colored(part, Color::dim, look_.color); });
        for (Size row = 0; row < table_.rows.size(); ++row) {
            const bool is_best = std::find(look_.best.begin(), look_.best.end(), row) != look_.best.end();
            text += line(table_.rows[row], [&](const std::string& part) {
                return is_best ? colored(part, Color::green, look_.color) : part;
            });
        }
        if (!hidden_.empty())
            text += base::wrap(fmt::format("hidden: {} (a wider terminal or --format csv shows {})\n",
                                           fmt::join(hidden_, ", "), hidden_.size() == 1 ? "it" : "them"),
                               *look_.columns);
        return text;
    }

private:
    Size total() const {
        Size sum = shown_.empty() ? 0 : gap * (shown_.size() - 1);
        for (const Size column : shown_) sum += widths_[column];
        return sum;
    }

    /// Makes the widest texts narrower, none below `least` or its name. False when that is not enough.
    bool shrink(Size least) {
        widths_ = natural_;
        while (total() > *look_.columns) {
            Size widest = table_.columns.size();
            for (const Size column : shown_) {
                const Size floor = std::max(least, display_width(table_.columns[column]));
                if (table_.numeric[column] || widths_[column] <= floor) continue;
                if (widest == table_.columns.size() || widths_[column] > widths_[widest]) widest = column;
            }
            if (widest == table_.columns.size()) return false;
            --widths_[widest];
        }
        return true;
    }

    void hide(const std::string& name) {
        const auto found =
            std::find_if(shown_.begin(), shown_.end(), [&](Size column) { return table_.columns[column] == name; });
        if (found == shown_.end()) return;
        shown_.erase(found);
        hidden_.push_back(name);
    }

    /// One row, of as many lines as its highest cell; `paint` colours what is printed of it.
    template <class Paint>
    std::string line(const Texts& cells, Paint paint) const {
        std::vector<Texts> parts;
        Size height = 1;
        for (const Size column : shown_) {
            parts.push_back(display_width(cells[column]) > widths_[column] ? wrapped(cells[column], widths_[column])
                                                                           : Texts{cells[column]});
            height = std::max(height, parts.back().size());
        }
        std::string text;
        for (Size number = 0; number < height; ++number) {
            std::string printed;
            for (Size i = 0; i < shown_.size(); ++i) {
                const std::string part = number < parts[i].size() ? parts[i][number] : std::string();
                const std::string space(widths_[shown_[i]] - display_width(part), ' ');
                if (i > 0) printed += std::string(gap, ' ');
                printed += table_.numeric[shown_[i]] ? space + part : part + space;
            }
            printed.erase(printed.find_last_not_of(' ') + 1);
            text += (printed.empty() ? printed : paint(printed)) + '\n';
        }
        return text;
    }

    const TextTable& table_;
    const Look& look_;
    std::vector<Size> shown_, natural_, widths_;
    Texts hidden_;
};

/// A block for each row, a line for each column.
std::string in_blocks(const TextTable& table, const Look& look) {
    Size widest = 0;
    for (const std::string& name : table.columns) widest = std::max(widest, display_width(name));
    widest = std::min(widest, *look.columns / 2);
    const Size room = std::max<Size>(narrowest, *look.columns - std::min(*look.columns, widest + gap));
    std::string text;
    for (Size row = 0; row < table.rows.size(); ++row) {
        text += colored(fmt::format("--- row {}", row + 1), Color::dim, look.color) + '\n';
        for (Size column = 0; column < table.columns.size(); ++column) {
            const bool fits = display_width(table.columns[column]) <= widest;
            const std::string name =
                fits ? table.columns[column] : fitting(table.columns[column], widest - 1) + (has_utf8() ? "…" : "~");
            text += colored(name, Color::bold, look.color) + std::string(widest - display_width(name) + gap, ' ');
            const Texts lines = wrapped(table.rows[row][column], room);
            text += fmt::format("{}", fmt::join(lines, "\n" + std::string(widest + gap, ' ')));
            text.erase(text.find_last_not_of(' ') + 1);
            text += '\n';
        }
    }
    return text;
}

}  // namespace

TextTable text_of(const Table& table, const Look& look, std::string (*escape)(std::string_view)) {
    TextTable texts;
    texts.rows.resize(table.rows.size());
    for (Size column = 0; column < table.columns.size(); ++column) {
        bool has_number = false, has_text = false, has_real = false, has_something = false;
        for (const auto& row : table.rows) {
            has_real = has_real || std::holds_alternative<double>(row[column]);
            has_number = has_number || has_real || std::holds_alternative<std::int64_t>(row[column]);
            has_text = has_text || std::holds_alternative<std::string>(row[column]);
            has_something = has_something || !is_nothing(row[column]);
        }
        if (!has_something && !table.rows.empty() && contains(look.leave_out, table.columns[column])) continue;
        texts.columns.push_back(escape(table.columns[column]));
        texts.numeric.push_back(has_number && !has_text);
        const Digits digits = digits_of(table, column, look);
        for (Size row = 0; row < table.rows.size(); ++row) {
            const Value& value = table.rows[row][column];
            std::string text;
            if (const auto* whole = std::get_if<std::int64_t>(&value)) text = fmt::format("{}", *whole);
            if (const auto* real = std::get_if<double>(&value)) text = base::in_digits(*real, digits);
            if (const auto* string = std::get_if<std::string>(&value)) text = escape(*string);
            texts.rows[row].push_back(std::move(text));
        }
    }
    return texts;
}

std::string laid_out(const TextTable& table, const Look& look) {
    Layout layout(table, look);
    return layout.fit() ? layout.text() : in_blocks(table, look);
}

}  // namespace unroll::cli
