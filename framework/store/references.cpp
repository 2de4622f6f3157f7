// Which columns of a store refer to a trial.
#include "store/references.h"

#include <fmt/format.h>

namespace unroll::store {

std::vector<Reference> references(Database& database, const std::string& to) {
    std::vector<Reference> found;
    database
        .prepared(
            "SELECT tables.name, keys.\"from\" FROM main.sqlite_schema AS tables,"
            " pragma_foreign_key_list(tables.name) AS keys WHERE tables.type = 'table' AND keys.\"table\" = ?"
            " ORDER BY tables.name, keys.\"from\"")
        .each(
            [&](const Row& row) {
                found.push_back({row.text(0), row.text(1)});
            },
            to);
    return found;
}

std::vector<std::string> columns_of(Database& database, const std::string& table) {
    std::vector<std::string> columns;
    database.prepared("SELECT name FROM pragma_table_info(?)")
        .each([&](const Row& row) { columns.push_back(row.text(0)); }, table);
    return columns;
}

void delete_trial(Database& database, std::int64_t trial) {
    for (const Reference& reference : references(database, "trial"))
        database.prepared(fmt::format("DELETE FROM {} WHERE {} = ?", reference.table, reference.column)).run(trial);
    database.prepared("DELETE FROM trial WHERE id = ?").run(trial);
}

}  // namespace unroll::store
