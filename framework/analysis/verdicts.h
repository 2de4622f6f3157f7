// Whether an experiment shows what its manifest expects of it: a verdict for each query.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "manifest/plan.h"
#include "store/guard.h"
#include "store/result_table.h"

namespace unroll::analysis {

/// What came of one expectation.
struct Verdict {
    std::string expectation;  ///< its name
    bool holds = false;
    std::string remark;    ///< why there is no answer; and how many trials diverged, which most means pass over
    store::Table figures;  ///< the columns after the first, with one row; no columns when there was not one row
};

/// Answers the expectations of an experiment, each for itself. While they are asked, `result` and `curve` have nothing
/// but the experiment's current trials; `main.result` and `main.curve` are the whole ones. A query holds when it gives
/// one row that begins with a number other than 0. It does not hold, with a remark, when it gives no row or several,
/// NULL or a text; when it fails or passes a limit; and, without being asked, while a trial of the
/// experiment is unfinished. A diverged trial counts as finished here: what it shows is for the query to say.
///
/// A query may name the experiment's view by `alias`, too, unless that is "". Changes nothing in the file. Throws Error
/// when it cannot be read, base::Interrupted when limits.stop says so.
std::vector<Verdict> verdicts(const std::filesystem::path& database, const std::string& experiment,
                              const std::vector<manifest::Expectation>& expectations,
                              const store::QueryLimits& limits = {}, const std::string& alias = "");

}  // namespace unroll::analysis
