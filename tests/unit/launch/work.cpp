// Trials as files of a run folder, and back.
#include "launch/work.h"

#include "../sweep/small_sweep.h"
#include "catch.h"
#include "json/parse.h"
#include "json/write.h"
#include "sweep/build_id.h"

using namespace unroll;
using namespace unroll::launch;

TEST_CASE("a trial's file gives the same trial back") {
    SmallSweep sweep;
    const sweep::Builds builds(sweep.catalog());
    for (const sweep::TrialPlan& trial : sweep.workload) {
        Work work = work_of(trial, builds.of(*trial.trial), "a label");
        work.before = {"0.0", "3.2"};
        work.seed = "00000.db";
        work.seeded = {"x"};
        work.tries = 2;
        const Work again = work_from(json::parse(json::dump(to_json(work)), "work"));
        CHECK(again.config == trial.row.config);
        CHECK(again.axes == trial.axes);
        CHECK(again.sampling == trial.sampling);
        CHECK(again.gradient == trial.gradient);
        CHECK(again.evaluate == trial.evaluate);
        CHECK(again.cost == trial.cost);
        CHECK(again.before == work.before);
        CHECK(again.seeded == work.seeded);
        CHECK(again.tries == 2);
        CHECK(again.build.find(' ') == again.build.npos);
        const auto prepared = prepare(again, sweep.catalog(), sweep.datasets());
        REQUIRE(prepared->workload.size() == 1);
        CHECK(prepared->workload[0].row.fingerprint == trial.row.fingerprint);
        CHECK(prepared->workload[0].row.config == trial.row.config);
        CHECK(prepared->workload[0].sampling == trial.sampling);
        CHECK(prepared->workload[0].gradient == trial.gradient);
        CHECK(prepared->workload[0].evaluate == trial.evaluate);
    }
    CHECK_THROWS_WITH(work_from(json::Value(json::Object{})), Catch::Contains("no config"));
}
