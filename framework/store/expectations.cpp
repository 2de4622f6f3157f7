// Judging what an experiment is expected to show.
#include "store/expectations.h"

#include <fmt/format.h>

#include <algorithm>

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

struct Trials {
    std::int64_t all = 0, diverged = 0, unfinished = 0;
    std::string statuses;  ///< of the unfinished ones: "2 failed, 1 interrupted"
};

Trials trials_of(Database& database) {
    Trials trials;
    database.prepared("SELECT status, count(*) FROM result GROUP BY status ORDER BY status").each([&](const Row& row) {
        const Status status = status_of(row.text(0));
        const std::int64_t count = row.integer(1);
        trials.all += count;
        if (status == Status::diverged) trials.diverged += count;
        if (status == Status::finished || status == Status::diverged) return;
        trials.unfinished += count;
        trials.statuses += fmt::format("{}{} {}", trials.statuses.empty() ? "" : ", ", count, row.text(0));
    });
    return trials;
}

/// Whether the verdict is yes; `remark` says why there is none.
bool is_yes(const Value& value, std::string& remark) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole != 0;
    if (const auto* real = std::get_if<double>(&value)) return *real != 0;
    remark = std::holds_alternative<std::monostate>(value) ? "the verdict is NULL, as of a value that is not there"
                                                           : "the verdict is a text, and neither true nor false";
    return false;
}

Verdict verdict_of(Store& store, const std::string& query, std::chrono::milliseconds timeout) {
    Verdict verdict;
    try {
        Table answer = store::query(store, query, {}, timeout);
        if (answer.rows.size() != 1) {
            verdict.remark = answer.rows.empty() ? "the query gives no row, and so no verdict"
                                                 : fmt::format("{} rows where one is wanted", answer.rows.size());
            return verdict;
        }
        verdict.holds = is_yes(answer.rows[0][0], verdict.remark);
        answer.columns.erase(answer.columns.begin());
        answer.rows[0].erase(answer.rows[0].begin());
        verdict.figures = std::move(answer);
    } catch (const Error& error) {
        verdict.remark = fmt::format("{}: {}", error.problem().where, error.problem().found);
    }
    return verdict;
}

}  // namespace

std::vector<Verdict> verdicts(const std::filesystem::path& database, const std::string& experiment,
                              const std::vector<std::string>& queries, std::chrono::milliseconds timeout) {
    if (queries.empty()) return {};
    Store store(database, Store::Mode::read);
    limit_to(store.database(), experiment);
    const Trials trials = trials_of(store.database());
    std::vector<Verdict> verdicts;
    for (const std::string& query : queries) {
        if (trials.unfinished) {
            verdicts.push_back({false,
                                fmt::format("{} of {} trials {} not finished: {}", trials.unfinished, trials.all,
                                            trials.unfinished == 1 ? "is" : "are", trials.statuses),
                                {}});
            continue;
        }
        Verdict verdict = verdict_of(store, query, timeout);
        if (trials.diverged)
            verdict.remark += fmt::format("{}{} of {} trials diverged", verdict.remark.empty() ? "" : "; ",
                                          trials.diverged, trials.all);
        verdicts.push_back(std::move(verdict));
    }
    return verdicts;
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
