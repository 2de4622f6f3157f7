// Tables as text: for eyes, for spreadsheets, for programs, for documents.
#include "cli/table.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <map>

#include "base/text.h"
#include "base/utf8.h"
#include "base/visible.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/table_text.h"
#include "cli/terminal.h"
#include "json/write.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

using base::display_width;
using base::for_each_character;
using store::Table;
using store::Value;

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
                base::drives_terminal(code) ? cell += '\\' + base::shown_as(code) : cell += bytes;
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

std::string json_text(std::string_view text) {
    return visible_json(json::dump(in_utf8(text)));
}

std::string csv_value(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
    if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
    if (const auto* text = std::get_if<std::string>(&value)) return in_csv(*text);
    return {};
}

std::string as_csv(const Table& table) {
    std::string result;
    for (std::size_t column = 0; column < table.columns.size(); ++column)
        result += (column > 0 ? "," : "") + in_csv(table.columns[column]);
    result += '\n';
    for (const auto& row : table.rows) {
        for (std::size_t column = 0; column < row.size(); ++column)
            result += (column > 0 ? "," : "") + csv_value(row[column]);
        result += '\n';
    }
    return result;
}

std::string json_value(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return json::dump(*whole);
    if (const auto* number = std::get_if<double>(&value); number && std::isfinite(*number)) return json::dump(*number);
    if (const auto* text = std::get_if<std::string>(&value)) return json_text(*text);
    return json::dump({});
}

std::string as_json(const Table& table) {
    std::vector<std::string> keys;
    std::map<std::string, int> seen;
    for (const auto& name : table.columns) {
        const int times = ++seen[name];
        keys.push_back(json_text(times == 1 ? name : fmt::format("{}:{}", name, times)));
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

std::string as_markdown(const TextTable& table) {
    std::string result = "|";
    for (const auto& name : table.columns) result += fmt::format(" {} |", name);
    result += "\n|";
    for (const bool right : table.numeric) result += right ? "---:|" : "---|";
    result += '\n';
    for (const auto& row : table.rows) {
        result += '|';
        for (const auto& value : row) result += fmt::format(" {} |", value);
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

Look on_standard_output(Look look) {
    look.columns = output_columns();
    look.color = takes_color(STDOUT_FILENO);
    return look;
}

std::string render(const Table& table, Format format, const Look& look) {
    switch (format) {
        case Format::csv:
            return look.columns ? base::visible_lines(as_csv(table)) : as_csv(table);
        case Format::json:
            return as_json(table);
        case Format::markdown:
            return as_markdown(text_of(table, look, in_markdown));
        case Format::table:
            break;
    }
    return laid_out(text_of(table, look, base::visible_line), look);
}

void print_table(const Table& table, Format format, const Look& look, const std::string& caption,
                 const std::vector<std::string>& notes) {
    const bool for_people = format == Format::table || format == Format::markdown;
    const std::string between = format == Format::markdown ? "\n" : "";
    const auto wrapped = [&](const std::string& text) {
        const std::string line = base::visible_line(text);
        return look.columns ? base::wrap(line, *look.columns) : line;
    };
    if (for_people && !caption.empty()) print("{}\n{}", Ready{wrapped(caption)}, Ready{between});
    print("{}", Ready{render(table, format, look)});
    deliver();  // before what goes to standard error
    for (const std::string& note : notes) {
        const std::string line = "note: " + note;
        if (for_people)
            print("{}{}\n", Ready{between}, Ready{wrapped(line)});
        else
            message("{}\n", line);
    }
}

std::string in_words(const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
    if (const auto* real = std::get_if<double>(&value)) return fmt::format("{:.6g}", *real);
    if (const auto* text = std::get_if<std::string>(&value)) return base::visible_line(*text);
    return "NULL";
}

std::string fitting(std::string_view text, std::size_t columns) {
    std::string fits;
    std::size_t width = 0;
    for_each_character(base::visible_line(text), [&](CodePoint code, std::string_view bytes) {
        width += display_width(code);
        if (width <= columns) fits += bytes;
    });
    return fits;
}

}  // namespace unroll::cli
