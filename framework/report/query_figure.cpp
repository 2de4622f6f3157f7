// A figure of a user's own query.
#include "report/query_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "report/words.h"
#include "unroll/error.h"

namespace unroll::report {

namespace {

using Place = std::optional<std::size_t>;
using store::Value;

constexpr const char* expected = "columns x and y, and where wanted low, high, series and panel";
constexpr const char* help = "as in: SELECT step, avg(value) AS loss, cell AS series FROM curve GROUP BY cell, step";

Place column_named(const store::Table& table, const char* name) {
    const auto found = std::find(table.columns.begin(), table.columns.end(), name);
    return found == table.columns.end() ? Place() : static_cast<std::size_t>(found - table.columns.begin());
}

bool is_null(const Value& value) {
    return std::holds_alternative<std::monostate>(value);
}

bool has_texts(const store::Table& table, std::size_t column) {
    return std::any_of(table.rows.begin(), table.rows.end(),
                       [&](const auto& row) { return std::holds_alternative<std::string>(row[column]); });
}

/// Which column is what.
struct Columns {
    std::size_t x = 0, y = 0;
    Place low, high, series, panel;
};

Columns columns_of(const store::Table& table) {
    Columns columns;
    columns.low = column_named(table, "low");
    columns.high = column_named(table, "high");
    columns.series = column_named(table, "series");
    columns.panel = column_named(table, "panel");
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        if (i != columns.low && i != columns.high && i != columns.series && i != columns.panel) others.push_back(i);
    if (others.size() < 2)
        throw Error({"query", fmt::format("{} to draw", others.empty() ? "no column" : "one column"), expected, help});
    const auto take = [&](const char* name) {
        const auto named = column_named(table, name);
        const std::size_t column = named.value_or(others.front());
        std::erase(others, column);
        return column;
    };
    columns.x = take("x");
    columns.y = take("y");
    if (!columns.series)
        for (const std::size_t column : others)
            if (!columns.series && has_texts(table, column)) columns.series = column;
    if (columns.low.has_value() != columns.high.has_value())
        throw Error({"query", fmt::format("a column '{}' alone", columns.low ? "low" : "high"), "low and high together",
                     "give both ends of the interval, or neither"});
    return columns;
}

double number(const store::Table& table, std::size_t row, std::size_t column) {
    const Value& value = table.rows[row][column];
    if (is_null(value)) return std::numeric_limits<double>::quiet_NaN();
    if (const auto found = number_in(value)) return *found;
    throw Error({fmt::format("query, row {}", row + 1),
                 fmt::format("'{}' in column {}", in_words(value), table.columns[column]), "a number", help});
}

Chart& chart_of(Figure& figure, const std::string& title) {
    for (Chart& chart : figure.charts)
        if (chart.title == title) return chart;
    return figure.charts.emplace_back(Chart{title, {}});
}

Series& series_of(Chart& chart, const std::string& name, std::vector<std::string>& names) {
    for (Series& series : chart.series)
        if (series.name == name) return series;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    Series& series = chart.series.emplace_back();
    series.name = name;
    series.hue = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    series.x.resize(1);
    return series;
}

double category(Axis& axis, const Value& value) {
    const std::string name = in_words(value);
    auto found = std::find(axis.categories.begin(), axis.categories.end(), name);
    if (found == axis.categories.end()) found = axis.categories.insert(found, name);
    return static_cast<double>(found - axis.categories.begin());
}

}  // namespace

Figure figure_of(const store::Table& table) {
    constexpr std::size_t few_points = 12;
    const Columns columns = columns_of(table);
    Figure figure;
    figure.id = "query";
    figure.x = {{table.columns[columns.x], {}, {}, false}};
    figure.y = {table.columns[columns.y], {}, {}, false};
    figure.about = fmt::format("{} by {}", figure.y.name, figure.x[0].name);
    const bool has_categories = has_texts(table, columns.x);
    std::vector<std::string> names;
    std::size_t most = 0;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto words = [&](const Place& column) { return column ? in_words(table.rows[row][*column]) : ""; };
        const double y = number(table, row, columns.y);
        if (y != y) continue;
        Series& series = series_of(chart_of(figure, words(columns.panel)),
                                   columns.series ? words(columns.series) : figure.y.name, names);
        series.x[0].push_back(has_categories ? category(figure.x[0], table.rows[row][columns.x])
                                             : number(table, row, columns.x));
        series.y.push_back(y);
        if (columns.low) {
            series.low.push_back(number(table, row, *columns.low));
            series.high.push_back(number(table, row, *columns.high));
        }
        most = std::max(most, series.y.size());
    }
    if (figure.charts.empty())
        throw Error({"query", table.rows.empty() ? "no row" : "no row with a y", "at least one point to draw",
                     "run the query with 'unroll sql' to see what it gives"});
    figure.marks = has_categories       ? Figure::Marks::intervals
                   : most <= few_points ? Figure::Marks::lines_and_points
                                        : Figure::Marks::lines;
    return figure;
}

}  // namespace unroll::report
