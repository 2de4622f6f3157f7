// Each experiment's view, with its unusual axes as columns.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/visible.h"
#include "store/axes.h"
#include "store/schema.h"
#include "store/store.h"
#include "unroll/error.h"

namespace unroll::store {

namespace {

using Names = std::vector<std::string>;

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

Names columns_of_result(Database& database) {
    Names columns;
    database.prepared("SELECT name FROM pragma_table_info('result')").each([&](const Row& row) {
        columns.push_back(lower(row.text(0)));
    });
    return columns;
}

}  // namespace

void check_experiment_name(Database& database, const std::string& name) {
    if (base::visible_line(name) != name)
        throw Error({"name", fmt::format("'{}'", base::visible_line(name)),
                     "a name in UTF-8 without line breaks, tabs and other control characters", "remove them"});
    const auto refuse = [&](const std::string& taken) {
        throw Error({"name", fmt::format("'{}'", name), fmt::format("a name of its own: {}", taken),
                     "give the experiment another name"});
    };
    if (lower(name).rfind("sqlite_", 0) == 0) refuse("those that begin with 'sqlite_' belong to SQLite");
    std::string other;
    database.prepared("SELECT name FROM experiment WHERE name = ? COLLATE NOCASE AND name <> ?")
        .each([&](const Row& row) { other = row.text(0); }, name, name);
    if (!other.empty()) refuse(fmt::format("the experiment '{}' differs in case only", other));
    const auto known = database.prepared("SELECT 1 FROM experiment WHERE name = ?").integer(name);
    const auto type = database.prepared("SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE").text(name);
    if (!known && type)
        refuse(fmt::format("the result store has {} {} '{}'", *type == "index" ? "an" : "a", *type, lower(name)));
}

void check_name(const std::string& experiment) {
    Database empty(":memory:", Database::Access::write);
    migrate(empty);
    check_experiment_name(empty, experiment);
}

void replace_experiment_view(Database& database, const std::string& name, const std::vector<std::string>& axes) {
    std::string definition = fmt::format("CREATE VIEW {} AS SELECT result.*", quoted_name(name));
    Names used = columns_of_result(database);
    for (const auto& axis : axes_in(axes)) {
        if (!axis.column.empty()) continue;
        std::string column = axis.name;
        while (std::find(used.begin(), used.end(), lower(column)) != used.end()) column.insert(0, "axes.");
        used.push_back(lower(column));
        definition += fmt::format(", {} AS {}", axis.in("axes"), quoted_name(column));
    }
    definition += fmt::format(" FROM result WHERE experiment = {}", quoted_text(name));
    // A view that is right already is left alone: readers then keep their statements.
    if (database.prepared("SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ?").text(name) == definition)
        return;
    database.execute(fmt::format("DROP VIEW IF EXISTS main.{}", quoted_name(name)));
    database.execute(definition);
}

}  // namespace unroll::store
