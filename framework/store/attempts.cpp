// The attempts at a trial, and how the last one ended.
#include "store/attempts.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/database.h"
#include "store/references.h"

namespace unroll::store {

namespace {

bool tells_causes(Database& database) {
    const auto columns = columns_of(database, "attempt");
    return std::find(columns.begin(), columns.end(), "cause") != columns.end();
}

trial::Cause cause_in(const Row& row, int column) {
    return row.is_null(column) ? trial::Cause::none : trial::parse_cause(row.text(column));
}

}  // namespace

std::vector<Attempt> attempts_of(Store& store, Id trial) {
    std::vector<Attempt> attempts;
    store.database()
        .prepared(fmt::format("SELECT number, outcome, from_step, to_step, started_at, heartbeat_at, ended_at, host,"
                              " build, pid, jobs, error, {} FROM attempt WHERE trial_id = ? ORDER BY number",
                              tells_causes(store.database()) ? "cause, bound" : "NULL, NULL"))
        .each(
            [&](const Row& row) {
                Attempt& attempt = attempts.emplace_back();
                attempt.number = row.integer(0);
                attempt.outcome = trial::parse_status(row.text(1));
                attempt.from_step = row.integer(2);
                if (!row.is_null(3)) attempt.to_step = row.integer(3);
                attempt.started_at = row.text(4);
                attempt.heartbeat_at = row.text(5);
                attempt.ended_at = row.text(6);
                attempt.host = row.text(7);
                attempt.build = row.text(8);
                attempt.pid = row.integer(9);
                attempt.jobs = row.integer(10);
                attempt.error = row.text(11);
                attempt.cause = cause_in(row, 12);
                attempt.bound = row.optional_real(13);
            },
            trial);
    return attempts;
}

std::map<Id, Ending> endings_of(Store& store, const std::string& experiment) {
    std::map<Id, Ending> endings;
    if (!tells_causes(store.database())) return endings;
    store.database()
        .prepared(
            "SELECT attempt.trial_id, attempt.cause, attempt.bound FROM result JOIN attempt USING (trial_id)"
            " WHERE experiment = ? ORDER BY attempt.trial_id, number")
        .each(
            [&](const Row& row) {
                if (row.is_null(1))
                    endings.erase(row.integer(0));
                else
                    endings[row.integer(0)] = {cause_in(row, 1), row.optional_real(2)};
            },
            experiment);
    return endings;
}

}  // namespace unroll::store
