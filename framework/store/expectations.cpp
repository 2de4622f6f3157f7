// Asking what an experiment is expected to show: queries over its own trials.
#include "store/expectations.h"

#include <fmt/format.h>

#include "store/database.h"
#include "store/query.h"
#include "store/schema.h"
#include "store/store.h"

namespace unroll::store {

namespace {

/// Temporary views come before the file's own of the same name.
void limit_to(Database& database, const std::string& experiment) {
    database.execute("PRAGMA temp_store = MEMORY");
    for (const char* view : {"result", "curve"})
        database.execute(fmt::format("CREATE TEMP VIEW {0} AS SELECT * FROM main.{0} WHERE experiment = {1}", view,
                                     quoted_text(experiment)));
}

}  // namespace

void limit_to(Store& store, const std::string& experiment, const std::string& alias) {
    limit_to(store.database(), experiment);
    if (!alias.empty() && alias != experiment)
        store.database().execute(
            fmt::format("CREATE TEMP VIEW {} AS SELECT * FROM main.{}", quoted_name(alias), quoted_name(experiment)));
}

std::optional<Problem> expectation_problem(const std::string& experiment, const std::vector<std::string>& axes,
                                           const std::string& query) {
    Database empty(":memory:", Database::Access::write);
    migrate(empty);
    try {
        check_experiment_name(empty, experiment);
    } catch (const Error& refused) {
        return std::nullopt;  // there will be no view of this name, nor an experiment
    }
    replace_experiment_view(empty, experiment, axes);
    limit_to(empty, experiment);
    try {
        check_query(empty, query);
    } catch (const Error& error) {
        return error.problem();
    }
    return std::nullopt;
}

}  // namespace unroll::store
