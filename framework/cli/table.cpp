// Tables as text: for eyes, for spreadsheets, for programs, for documents.
#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/utf8.h"
#include "json/write.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

using base::display_width;
using base::for_each_character;
using store::Table;
using store::Value;

bool is_control(CodePoint code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

std::string on_one_line(std::string_view text) {
    std::string line;
    for_each_character(text, [&](CodePoint code, std::string_view bytes) {
        if (code == '\n')
            line += "↵";
        else if (code == '\t')
            line += "\\t";
        else if (is_control(code))
            line += fmt::format("\\x{:02x}", code);
        else
            line += bytes;
    });
    return line;
}

std::string in_markdown(std::string_view text) {
    std::string cell;
    for_each_character(text, [&](CodePoint code, std::string_view bytes) {
        switch (code) {
            case '\n':
                cell += "<br>";
                break;
            case '|':
                cell += "\\|";
                break;
            case '\\':
                cell += "\\\\";
                break;
            case '<':
                cell += "&lt;";
                break;
            case '&':
                cell += "&amp;";
                break;
            default:
                is_control(code) ? cell += fmt::format("\\\\x{:02x}", code) : cell += bytes;
        }
    });
    return cell;
}

std::string in_csv(std::string_view text) {
    if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string field = "\"";
    for (const char c : text) {
        if (c == '"') field += '"';
        field += c;
    }
    return field + '"';
}

/// Texts of the store may be any bytes, JSON is UTF-8.
json::Value in_utf8(std::string_view text) {
    std::string valid;
    for_each_character(text, [&](CodePoint, std::string_view bytes) { valid += bytes; });
    return valid;
}

/// A value as text: `real` says how reals look, `text` how texts are written.
template <class Text>
std::string written(const Value& value, fmt::string_view real, Text text) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
    if (const auto* number = std::get_if<double>(&value)) return fmt::format(fmt::runtime(real), *number);
    if (const auto* string = std::get_if<std::string>(&value)) return text(*string);
    return {};
}

constexpr fmt::string_view rounded = "{:.6g}", exact = "{}";

bool is_number(const Value& value) {
    return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

/// True for columns that hold numbers only (and NULLs).
std::vector<bool> numeric_columns(const Table& table) {
    std::vector<bool> numeric(table.columns.size(), false);
    for (std::size_t column = 0; column < numeric.size(); ++column) {
        bool texts = false;
        for (const auto& row : table.rows) {
            numeric[column] = numeric[column] || is_number(row[column]);
            texts = texts || std::holds_alternative<std::string>(row[column]);
        }
        numeric[column] = numeric[column] && !texts;
    }
    return numeric;
}

std::string as_table(const Table& table) {
    const auto numeric = numeric_columns(table);
    std::vector<std::vector<std::string>> lines(1);
    for (const auto& name : table.columns) lines[0].push_back(on_one_line(name));
    for (const auto& row : table.rows) {
        auto& line = lines.emplace_back();
        for (const auto& value : row) line.push_back(written(value, rounded, on_one_line));
    }
    std::vector<std::size_t> widths(table.columns.size(), 0);
    for (const auto& line : lines)
        for (std::size_t column = 0; column < line.size(); ++column)
            widths[column] = std::max(widths[column], display_width(line[column]));

    std::string result;
    const auto append = [&](const std::vector<std::string>& line) {
        std::string row;
        for (std::size_t column = 0; column < line.size(); ++column) {
            const std::string space(widths[column] - display_width(line[column]), ' ');
            if (column > 0) row += "  ";
            row += numeric[column] ? space + line[column] : line[column] + space;
        }
        row.erase(row.find_last_not_of(' ') + 1);
        result += row + '\n';
    };
    append(lines[0]);
    std::vector<std::string> rule;
    for (const auto width : widths) rule.emplace_back(width, '-');
    append(rule);
    for (std::size_t line = 1; line < lines.size(); ++line) append(lines[line]);
    return result;
}

std::string as_csv(const Table& table) {
    std::string result;
    for (std::size_t column = 0; column < table.columns.size(); ++column)
        result += (column > 0 ? "," : "") + in_csv(table.columns[column]);
    result += '\n';
    for (const auto& row : table.rows) {
        for (std::size_t column = 0; column < row.size(); ++column)
            result += (column > 0 ? "," : "") + written(row[column], exact, in_csv);
        result += '\n';
    }
    return result;
}

std::string json_value(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return json::dump(*whole);
    if (const auto* number = std::get_if<double>(&value); number && std::isfinite(*number)) return json::dump(*number);
    if (const auto* text = std::get_if<std::string>(&value)) return json::dump(in_utf8(*text));
    return json::dump({});
}

std::string as_json(const Table& table) {
    std::vector<std::string> keys;
    std::map<std::string, int> seen;
    for (const auto& name : table.columns) {
        const int times = ++seen[name];
        keys.push_back(json::dump(in_utf8(times == 1 ? name : fmt::format("{}:{}", name, times))));
    }
    std::string result = "[";
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        result += row > 0 ? ",\n {" : "\n {";
        for (std::size_t column = 0; column < keys.size(); ++column)
            result +=
                fmt::format("{}{}: {}", column > 0 ? ", " : "", keys[column], json_value(table.rows[row][column]));
        result += '}';
    }
    return result + (table.rows.empty() ? "]\n" : "\n]\n");
}

std::string as_markdown(const Table& table) {
    const auto numeric = numeric_columns(table);
    std::string result = "|";
    for (const auto& name : table.columns) result += fmt::format(" {} |", in_markdown(name));
    result += "\n|";
    for (const bool right : numeric) result += right ? "---:|" : "---|";
    result += '\n';
    for (const auto& row : table.rows) {
        result += '|';
        for (const auto& value : row) result += fmt::format(" {} |", written(value, rounded, in_markdown));
        result += '\n';
    }
    return result;
}

}  // namespace

Format format_of(std::string_view name) {
    if (name == "table") return Format::table;
    if (name == "csv") return Format::csv;
    if (name == "json") return Format::json;
    if (name == "markdown") return Format::markdown;
    throw Error({"--format", fmt::format("'{}'", name), "table, csv, json or markdown", "choose one of these"});
}

std::string render(const Table& table, Format format) {
    switch (format) {
        case Format::csv:
            return as_csv(table);
        case Format::json:
            return as_json(table);
        case Format::markdown:
            return as_markdown(table);
        case Format::table:
            break;
    }
    return as_table(table);
}

std::string fitting(std::string_view text, std::size_t columns) {
    std::string fits;
    std::size_t width = 0;
    for_each_character(on_one_line(text), [&](CodePoint code, std::string_view bytes) {
        width += display_width(code);
        if (width <= columns) fits += bytes;
    });
    return fits;
}

}  // namespace unroll::cli
