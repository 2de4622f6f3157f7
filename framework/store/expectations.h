// What an experiment is expected to show: queries over its results, the first column of which is the verdict.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "store/table.h"
#include "unroll/error.h"

namespace unroll::store {

/// What came of one query.
struct Verdict {
    bool holds = false;
    std::string remark;  ///< why there is no verdict; and how many trials diverged, which most means pass over
    Table figures;       ///< the columns after the verdict, with one row; without any when there was not one row
};

/// Judges queries over an experiment, each for itself. While they are asked, `result` and `curve` have nothing but the
/// experiment's current trials; `main.result` and `main.curve` are the whole ones. A query holds when it gives one row
/// that begins with a number other than 0. It does not hold, with a remark, when it gives no row or several, NULL or a
/// text; when it fails or takes longer than `timeout`; and, without being asked, while a trial of the experiment is
/// without an end. A diverged trial has ended: what it shows is for the query to say.
///
/// Changes nothing in the file. Throws Error when it cannot be read.
std::vector<Verdict> verdicts(const std::filesystem::path& database, const std::string& experiment,
                              const std::vector<std::string>& queries,
                              std::chrono::milliseconds timeout = std::chrono::seconds(60));

/// What is wrong with a query, as far as it can be known without results; none when it can be asked. `experiment` would
/// have members with these `axes`, JSON objects, for its own view. Needs no file.
std::optional<Problem> expectation_problem(const std::string& experiment, const std::vector<std::string>& axes,
                                           const std::string& query);

}  // namespace unroll::store
