// Run folders for tests.
#pragma once

#include "launch/claims.h"
#include "launch/json_file.h"
#include "launch/run_folder.h"
#include "temporary_folder.h"

struct Folder {
    TemporaryFolder place;
    unroll::launch::RunFolder run{place.path() / "run"};

    Folder() { run.make(); }

    void write_plan(unroll::Size jobs = 1) const {
        unroll::launch::RunPlan plan;
        plan.name = "small";
        plan.launcher = "local";
        plan.jobs = jobs;
        plan.tasks = 4;
        run.write(plan);
    }
    /// As a supervisor does at the end of an attempt.
    void end(const unroll::launch::Attempt& attempt, bool orderly) const {
        unroll::launch::write_json(run.attempt(attempt) / "end.json", unroll::launch::object({{"orderly", orderly}}));
    }
};

inline unroll::launch::Work work_named(const std::string& fingerprint, double cost = 1) {
    unroll::launch::Work work;
    work.fingerprint = fingerprint;
    work.config = R"({"seed":1})";
    work.axes = "{}";
    work.cost = cost;
    return work;
}
