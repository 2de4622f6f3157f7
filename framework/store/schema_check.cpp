// Whether a file's tables and views are those that unroll makes.
#include "store/schema_check.h"

#include <fmt/core.h>

#include <map>
#include <string>

#include "unroll/error.h"

namespace unroll::store {

namespace {

/// What an object is, by its name: "table", "virtual table", or a view with its definition.
std::map<std::string, std::string> objects_of(Database& database) {
    std::map<std::string, std::string> objects;
    Statement(database.handle(), database.file(),
              "SELECT name, type, ifnull(rootpage, 0), sql FROM sqlite_schema WHERE type IN ('table', 'view')")
        .each([&](const Row& row) {
            std::string what = row.text(1) == "view" ? row.text(3) : row.integer(2) ? "table" : "virtual table";
            objects.emplace(row.text(0), std::move(what));
        });
    return objects;
}

}  // namespace

void check_objects(Database& database, std::span<const MigrationStep> steps) {
    Database made(":memory:", Database::Access::write);
    migrate(made, steps);
    const std::map<std::string, std::string> found = objects_of(database);
    for (const auto& [name, expected] : objects_of(made)) {
        const auto there = found.find(name);
        if (there != found.end() && there->second == expected) continue;
        const char* what = expected == "table" ? "table" : "view";
        throw Error({database.file(),
                     there == found.end()
                         ? fmt::format("no {} '{}'", what, name)
                         : fmt::format("something else than unroll's {} under the name '{}'", what, name),
                     "the tables and views that unroll makes",
                     "the file is damaged or was made by somebody else: restore it from a copy, or name another file "
                     "with --db; this one was left as it is"});
    }
}

}  // namespace unroll::store
