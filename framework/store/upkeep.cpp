// Looking after a store by hand.
#include "store/upkeep.h"

#include <fmt/format.h>

#include "base/text.h"
#include "store/database.h"
#include "store/experiments.h"
#include "store/schema.h"
#include "unroll/error.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

const fs::path& existing(const fs::path& database) {
    std::error_code ignored;
    if (!fs::exists(database, ignored))
        throw Error(
            {database, "no such file", "a result store", "run a manifest first, or name another file with --db"});
    return database;
}

}  // namespace

Upkeep::Upkeep(const fs::path& database) : lock_(existing(database)), store_(database, Store::Mode::write) {}

void rename_experiment(Store& store, const std::string& name, const std::string& new_name) {
    Database& database = store.database();
    find_experiment(store, name);
    if (new_name.empty()) throw Error({"new name", "an empty name", "a name for the experiment", "give it one"});
    if (new_name == name)
        throw Error({"new name", fmt::format("'{}', which is its name already", name), "another name", "choose one"});
    if (has_experiment(store, new_name))
        throw Error({"new name", fmt::format("'{}', which another experiment has", new_name), "a name of its own",
                     fmt::format("choose another, or first run: unroll remove {}", new_name)});
    if (base::lower(name) != base::lower(new_name)) check_experiment_name(database, new_name);
    Transaction transaction(database);
    database.execute(fmt::format("DROP VIEW IF EXISTS main.{}", quoted_name(name)));
    database.prepared("UPDATE experiment SET name = ? WHERE name = ?").run(new_name, name);
    std::vector<std::string> axes;
    database.prepared("SELECT axes FROM result WHERE experiment = ? ORDER BY place")
        .each([&](const Row& row) { axes.push_back(row.text(0)); }, new_name);
    replace_experiment_view(database, new_name, axes);
    transaction.commit();
}

}  // namespace unroll::store
