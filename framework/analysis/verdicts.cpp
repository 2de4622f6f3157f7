// Whether an experiment shows what its manifest expects of it.
#include "analysis/verdicts.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/text.h"
#include "store/expectations.h"
#include "store/experiments.h"
#include "store/query.h"
#include "unroll/error.h"

namespace unroll::analysis {

namespace {

struct Trials {
    std::int64_t all = 0, diverged = 0, unfinished = 0;
    std::string statuses;  ///< of the unfinished ones: "2 failed, 1 interrupted"
};

Trials trials_of(store::Store& store, const std::string& experiment) {
    Trials trials;
    for (const auto& [status, count] : store::status_counts(store, experiment)) {
        trials.all += count;
        if (status == trial::TrialStatus::diverged) trials.diverged += count;
        if (status == trial::TrialStatus::finished || status == trial::TrialStatus::diverged) continue;
        trials.unfinished += count;
        trials.statuses += fmt::format("{}{} {}", trials.statuses.empty() ? "" : ", ", count, trial::to_string(status));
    }
    return trials;
}

/// Whether the answer is yes; otherwise `remark` says so when there is none.
bool is_yes(const store::Value& value, std::string& remark) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole != 0;
    if (const auto* real = std::get_if<double>(&value)) return *real != 0;
    remark = std::holds_alternative<std::monostate>(value)
                 ? "the query's first column is NULL: a value that it uses is missing"
                 : "the query's first column is a text, expected true or false (1 or 0)";
    return false;
}

Verdict verdict_of(store::Store& store, const manifest::Expectation& expectation, const store::QueryLimits& limits) {
    Verdict verdict;
    verdict.expectation = expectation.name;
    try {
        store::Table answer = store::query(store, expectation.query, {}, limits);
        if (answer.rows.size() != 1) {
            verdict.remark = answer.rows.empty()
                                 ? "the query returns no row, expected exactly one"
                                 : fmt::format("the query returns {} rows, expected exactly one", answer.rows.size());
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
                              const std::vector<manifest::Expectation>& expectations, const store::QueryLimits& limits,
                              const std::string& alias) {
    if (expectations.empty()) return {};
    store::Store store(database, store::Store::Mode::read);
    store::limit_to(store, experiment, alias);
    const Trials trials = trials_of(store, experiment);
    std::vector<Verdict> verdicts;
    for (const manifest::Expectation& expectation : expectations) {
        if (trials.unfinished) {
            verdicts.push_back(
                {expectation.name,
                 false,
                 fmt::format("{} of {} not finished: {}", trials.unfinished,
                             base::count_of(static_cast<std::uint64_t>(trials.all), "trial"), trials.statuses),
                 {}});
            continue;
        }
        Verdict verdict = verdict_of(store, expectation, limits);
        if (trials.diverged)
            verdict.remark += fmt::format("{}{} of {} diverged", verdict.remark.empty() ? "" : "; ", trials.diverged,
                                          base::count_of(static_cast<std::uint64_t>(trials.all), "trial"));
        verdicts.push_back(std::move(verdict));
    }
    return verdicts;
}

}  // namespace unroll::analysis
