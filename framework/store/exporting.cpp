// An experiment's rows for other programs, in parts.
#include "store/exporting.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/database.h"
#include "store/experiments.h"
#include "store/moment.h"

namespace unroll::store {

namespace {

using Names = std::vector<std::string>;

/// Columns of the view `result` that are no results: trial_id again, the order of rows, and what becomes columns.
constexpr std::array<std::string_view, 4> hidden{"trial_id", "id", "place", "axes"};

/// What is selected, and under which name.
struct Column {
    std::string expression, name;
};

bool has(const std::vector<Column>& columns, const std::string& name) {
    return std::any_of(columns.begin(), columns.end(), [&](const Column& column) { return column.name == name; });
}

Names names_of(Database& database, const std::string& table) {
    Names names;
    database.prepared("SELECT name FROM pragma_table_info(?)")
        .each([&](const Row& row) { names.push_back(row.text(0)); }, table);
    return names;
}

/// The table's own columns, and the SQL behind FROM that gives them for one trial, whose id is the parameter.
std::vector<Column> own_columns(Database& database, ExportedTable table) {
    std::vector<Column> columns;
    if (table == ExportedTable::curve)
        return {{"series.split", "split"}, {"series.name", "name"},
                {"point.step", "step"},    {"point.step * 1.0 / result.steps_per_epoch", "epoch"},
                {"point.value", "value"},  {"point.seconds", "seconds"}};
    const bool is_sample = table == ExportedTable::sample;
    for (const std::string& name : names_of(database, is_sample ? "sample" : "result")) {
        if (is_sample && name == "id")
            columns.push_back({"sample.id", "sample_id"});
        else if (std::find(hidden.begin(), hidden.end(), name) == hidden.end())
            columns.push_back({fmt::format("{}.{}", is_sample ? "sample" : "result", quoted_name(name)), name});
    }
    return columns;
}

std::string_view source_of(ExportedTable table) {
    switch (table) {
        case ExportedTable::result:
            return "result WHERE experiment = ?1 AND result.trial_id = ?2";
        case ExportedTable::curve:
            return "result JOIN point ON point.trial_id = result.trial_id JOIN series ON series.id = point.series_id"
                   " WHERE experiment = ?1 AND result.trial_id = ?2 ORDER BY split, name, point.step";
        case ExportedTable::sample:
            break;
    }
    return "result JOIN sample ON sample.trial_id = result.trial_id WHERE experiment = ?1 AND result.trial_id = ?2"
           " ORDER BY sample.step, sample.id";
}

/// trial_id, the axes, then the rest. An everyday axis of `result` is a column there already: it moves to the front.
std::vector<Column> all_columns(Database& database, const Experiment& experiment, ExportedTable table) {
    std::vector<Column> own = own_columns(database, table), columns{{"result.trial_id", "trial_id"}};
    for (const Axis& axis : experiment.axes) {
        Column column{axis.in("result.axes"), axis.column.empty() ? axis.name : axis.column};
        if (table == ExportedTable::result && !axis.column.empty())
            std::erase_if(own, [&](const Column& other) { return other.name == column.name; });
        while (has(own, column.name) || has(columns, column.name)) column.name.insert(0, "axes.");
        columns.push_back(std::move(column));
    }
    columns.insert(columns.end(), own.begin(), own.end());
    return columns;
}

}  // namespace

void read_in_parts(Store& store, const std::string& experiment, ExportedTable table, std::size_t rows,
                   const std::function<void(const Table&)>& use) {
    Database& database = store.database();
    const Moment moment(store);
    const std::vector<Column> columns = all_columns(database, find_experiment(store, experiment), table);
    Table part;
    std::string selected;
    for (const Column& column : columns) {
        part.columns.push_back(column.name);
        selected += fmt::format("{}{}", selected.empty() ? "" : ", ", column.expression);
    }
    std::vector<Id> trials;
    database.prepared("SELECT trial_id FROM result WHERE experiment = ? ORDER BY place")
        .each([&](const Row& row) { trials.push_back(row.integer(0)); }, experiment);

    bool is_told = false;
    const auto tell = [&] {
        use(part);
        part.rows.clear();
        is_told = true;
    };
    Statement statement(database.handle(), database.file(),
                        fmt::format("SELECT {} FROM {}", selected, source_of(table)));
    for (const Id trial : trials)
        statement.each(
            [&](const Row& row) {
                auto& values = part.rows.emplace_back();
                for (int column = 0; column < static_cast<int>(columns.size()); ++column)
                    values.push_back(row.value(column));
                if (part.rows.size() == rows) tell();
            },
            experiment, trial);
    if (!part.rows.empty() || !is_told) tell();
}

}  // namespace unroll::store
