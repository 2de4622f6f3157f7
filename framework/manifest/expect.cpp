// Reading `expect`.
#include "manifest/expect.h"

#include <fmt/core.h>

#include "json/write.h"

namespace unroll::manifest {

std::vector<Expectation> read_expectations(const json::Value* given, const std::string& experiment,
                                           const std::vector<std::string>& axes, const HostQueries& host_queries,
                                           const Checker& checker, base::Diagnostics& diagnostics) {
    std::vector<Expectation> all;
    if (!given) return all;
    if (!given->object()) {
        diagnostics.add({checker.where(given->at, "expect"), json::excerpt(*given), "an object of NAME: SQL",
                         "write it as in {\"it learns\": \"SELECT max(validation_loss) < 2 FROM result\"}"});
        return all;
    }
    for (const json::Member& member : *given->object()) {
        const std::string where = checker.where(member.at, child("expect", member.key));
        if (member.key.empty())
            diagnostics.add({where, "a claim without a name", "a name for the claim", "give it one"});
        if (!member.value.text()) {
            diagnostics.add({where, json::excerpt(member.value),
                             "an SQL query as a string, its first column the verdict",
                             "write it as in \"SELECT max(validation_loss) < 2 FROM result\""});
            continue;
        }
        if (auto problem = host_queries.query_problem(experiment, axes, *member.value.text())) {
            problem->found = fmt::format("{}: {}", problem->where, problem->found);
            problem->where = where;
            diagnostics.add(std::move(*problem));
        }
        all.push_back({member.key, *member.value.text()});
    }
    return all;
}

}  // namespace unroll::manifest
