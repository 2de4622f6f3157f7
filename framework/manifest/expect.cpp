// Reading `expect`.
#include "manifest/expect.h"

#include <fmt/core.h>

namespace unroll::manifest {

std::vector<Expectation> read_expectations(const Json* given, const std::string& experiment,
                                           const std::vector<std::string>& axes, const Above& above,
                                           const Checker& checker, Report& report) {
    std::vector<Expectation> all;
    if (!given) return all;
    if (!given->object()) {
        report.add({checker.where(given->at, "expect"), excerpt(*given), "an object of NAME: SQL",
                    "write it as in {\"lstm learns\": \"SELECT max(validation_loss) < 2 FROM result\"}"});
        return all;
    }
    for (const Json::Member& member : *given->object()) {
        const std::string where = checker.where(member.at, child("expect", member.key));
        if (member.key.empty())
            report.add({where, "an expectation without a name", "a name, which its verdict is told by", "give it one"});
        if (!member.value.text()) {
            report.add({where, excerpt(member.value), "SQL in quotes, the first column of which is the verdict",
                        "write it as in \"SELECT max(validation_loss) < 2 FROM result\""});
            continue;
        }
        if (auto problem = above.query_problem(experiment, axes, *member.value.text())) {
            problem->found = fmt::format("{}: {}", problem->where, problem->found);
            problem->where = where;
            report.add(std::move(*problem));
        }
        all.push_back({member.key, *member.value.text()});
    }
    return all;
}

}  // namespace unroll::manifest
