// The kernel set of a run: one that all nodes have.
#include <algorithm>

#include "catch.h"
#include "kernels/usable.h"
#include "launch/node.h"
#include "run.h"

using namespace unroll;
using namespace unroll::launch;

namespace {

void check(const Folder& folder, const std::string& host, const json::Array& sets, const std::string& problem = "") {
    write_json(folder.run.checks() / "00000" / (host + ".json"),
               object({{"host", host}, {"kernel_sets", sets}, {"problem", problem}}));
}

}  // namespace

TEST_CASE("the best that all nodes have, and it stays") {
    const Folder folder;
    folder.write_plan();
    CHECK(kernel_set_of_run(folder.run) == "");
    check(folder, "n1", {"AVX3", "AVX2", "SSE4", "SCALAR"});
    check(folder, "n2", {"AVX2", "SSE4", "SCALAR"});
    CHECK(known_kernel_set(folder.run) == "");
    CHECK(kernel_set_of_run(folder.run) == "AVX2");
    check(folder, "n3", {"SSE4", "SCALAR"}, "no kernel set AVX2");
    CHECK(kernel_set_of_run(folder.run) == "AVX2");
    CHECK(problems_of_nodes(folder.run, 0) == std::vector<std::string>{"node n3: no kernel set AVX2"});
    CHECK(checked_nodes(folder.run, 0) == std::vector<std::string>{"n1", "n2", "n3"});
    CHECK(problems_of_nodes(folder.run, 1).empty());
}

TEST_CASE("the one that was asked for stands above it") {
    const Folder folder;
    check(folder, "n1", {"AVX3", "AVX2", "SCALAR"});
    RunPlan plan;
    plan.launcher = "local";
    plan.kernel_set = "SCALAR";
    folder.run.write(plan);
    CHECK(kernel_set_of_run(folder.run) == "SCALAR");
    plan.kernel_set = "none of any processor";
    folder.run.write(plan);
    CHECK_THROWS_WITH(use_kernel_set(folder.run), Catch::Contains("no kernel set none of any processor"));
}

TEST_CASE("a processor has some kernel set that every one has") {
    const auto sets = usable_kernel_sets();
    REQUIRE_FALSE(sets.empty());
    CHECK(std::any_of(sets.begin(), sets.end(), [](const auto& one) { return one == "SCALAR" || one == "EMU128"; }));
}
