// `start`: trained weights in place of random ones.
#include "manifest/start.h"

#include "unroll/error.h"

namespace unroll::manifest {

namespace {

bool given(const json::Value& start, std::string_view name) {
    const json::Value* value = start.find(name);
    return value && !value->null();
}

}  // namespace

void find_start(json::Value& manifest, Checker& checker, const HostQueries& host_queries,
                base::Diagnostics& diagnostics) {
    json::Value* start = manifest.find("start");
    if (!start || start->null()) return;
    base::Diagnostics own;
    const json::Value checked = checker.check(section("start"), start, "start", manifest.at, "", own);
    const bool file = given(checked, "file"), experiment = given(checked, "experiment");
    const auto wrong = [&](std::string found, std::string expected, std::string help) {
        own.add({checker.where(start->at, "start"), std::move(found), std::move(expected), std::move(help)});
    };
    if (own.empty() && !given(checked, "digest")) {
        if (file == experiment)
            wrong(file ? "both experiment and file" : "neither experiment nor file", "one of them",
                  "name where the weights are, as in {\"experiment\": \"pretrained\"}");
        else if (file && (given(checked, "trial") || given(checked, "where")))
            wrong("a file with trial or where", "these with experiment only", "remove them");
        else if (given(checked, "trial") && given(checked, "where"))
            wrong("both trial and where", "one of them", "remove one");
        else if (!host_queries.find_start)
            wrong("a start from trained weights", "null here", "remove it");
        else
            try {
                json::Value found = host_queries.find_start(checked, checker.file());
                found.at = start->at;
                *start = std::move(found);
            } catch (const Error& error) {
                Problem problem = error.problem();
                problem.where = checker.where(start->at, problem.where);
                own.add(std::move(problem));
            }
    }
    diagnostics.add(own);
}

}  // namespace unroll::manifest
