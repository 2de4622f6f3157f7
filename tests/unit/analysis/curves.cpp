// Learning curves: by trial, of one trial, and their mean.
#include "analysis/curves.h"

#include "cells.h"

using namespace scratch;
using analysis::Curve;
using Status = trial::TrialStatus;

namespace {

struct Fixture : Cells {
    std::vector<analysis::TrialCurve> curves(const analysis::CurveRequest& request) const {
        Store store(file, Store::Mode::read);
        return analysis::curves(store, request);
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "every trial of an experiment has a curve of the metric, finished or not") {
    make(three_systems);
    const auto all = curves({"cells", "", {"system"}});
    REQUIRE(all.size() == three_systems.size());
    CHECK(all[0].trial.fingerprint == "trial0");
    CHECK(all[0].trial.columns == std::vector<store::Value>{std::string("rnn")});
    CHECK(all[0].curve.split == "validation");
    CHECK(all[0].curve.name == "loss");
    REQUIRE(all[0].curve.points.size() == 2);
    CHECK(all[0].curve.points[0].step == 50);
    CHECK(all[0].curve.points[0].value == 9);
    CHECK(all[0].curve.points[1].step == 100);
    CHECK(all[0].curve.points[1].epoch == 2.5);
    CHECK(all[0].curve.points[1].value == 3);
    CHECK(all[0].curve.points[1].seconds == 10);
    CHECK(all[4].trial.status == Status::interrupted);
    CHECK(all[4].curve.points.size() == 2);
    CHECK(all[3].curve.points.empty());  // queued

    const auto accuracy = curves({"cells", "validation/accuracy", {}});
    CHECK(accuracy[0].curve.points.size() == 1);
    CHECK(accuracy[1].curve.points.empty());
    CHECK(accuracy[0].trial.columns.empty());
}

TEST_CASE_METHOD(Fixture, "a trial has all of its series") {
    make(three_systems);
    Store store(file, Store::Mode::read);
    const auto all = analysis::curves_of(store, 1);
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "accuracy");
    CHECK(all[0].points.size() == 1);
    CHECK(all[1].name == "loss");
    CHECK(all[1].points.size() == 2);
    CHECK(analysis::curves_of(store, 77).empty());
}

TEST_CASE_METHOD(Fixture, "a curve of what does not exist is an error with what does") {
    make(three_systems);
    CHECK_THAT(message_of([&] { curves({"cell", "", {}}); }), contains("no experiment 'cell'"));
    CHECK_THAT(message_of([&] { curves({"cells", "validation/los", {}}); }), contains("no metric 'validation/los'"));
    CHECK_THAT(message_of([&] { curves({"cells", "", {"sytem"}}); }), contains("no axis 'sytem'"));
}

TEST_CASE("a mean curve has the steps of all its curves, each over those that have it") {
    const std::vector<Curve> curves{{"validation", "loss", {{50, 1, 4, 5}, {100, 2, 2, 10}}},
                                    {"validation", "loss", {{50, 3, 6, 7}}},
                                    {"validation", "loss", {}}};
    const auto mean = analysis::mean_curve(curves);
    REQUIRE(mean.size() == 2);
    CHECK(mean[0].step == 50);
    CHECK(mean[0].epoch == 2);
    CHECK(mean[0].of.n == 2);
    CHECK(mean[0].of.mean == 5.0);
    CHECK(mean[1].step == 100);
    CHECK(mean[1].of.n == 1);
    CHECK(mean[1].of.mean == 2.0);
    CHECK(analysis::mean_curve({}).empty());
}
