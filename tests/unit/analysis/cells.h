// What the tests of comparisons share: an experiment whose trials end as they are told to.
#pragma once

#include <string>
#include <vector>

#include "../store/scratch.h"

namespace scratch {

struct Run {
    std::string system;
    std::int64_t heads;  ///< 0: no such axis
    std::uint64_t seed;
    trial::TrialStatus status;
    double loss;
};

inline const std::vector<Run> three_systems{
    {"rnn", 0, 1, trial::TrialStatus::finished, 3.0},    {"rnn", 0, 2, trial::TrialStatus::diverged, 9.0},
    {"rnn", 0, 3, trial::TrialStatus::failed, 9.0},      {"rnn", 0, 4, trial::TrialStatus::queued, 0},
    {"rnn", 0, 5, trial::TrialStatus::interrupted, 1.0}, {"lstm", 0, 1, trial::TrialStatus::finished, 1.0},
    {"lstm", 0, 2, trial::TrialStatus::finished, 2.0},   {"lstm", 0, 3, trial::TrialStatus::finished, 4.5},
    {"gru", 0, 1, trial::TrialStatus::running, 0},
};

/// An experiment "cells", grouped by "system", with trials "trial0", "trial1" … in this order.
struct Cells {
    Folder folder;
    const fs::path file = folder / "a.db";

    /// A run that has begun has validation/loss 9 at step 50 and its own at step 100; the first one also has accuracy
    /// 0.5.
    void make(const std::vector<Run>& runs, std::vector<std::string> best = {},
              const std::string& name = "cells") const {
        Store store(file, Store::Mode::write);
        store::ExperimentRow experiment;
        experiment.name = name;
        experiment.manifest = "{}";
        experiment.by = {"system"};
        experiment.best = std::move(best);
        std::vector<store::TrialRow> rows;
        std::vector<store::Membership> members;
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const Run& run = runs[i];
            const std::string prefix = name == "cells" ? "trial" : name;
            rows.push_back(a_trial(prefix + std::to_string(i), run.system, run.seed));
            rows.back().parameters = 1000 + 100 * run.heads;
            const std::string heads = run.heads ? R"("cell":{"heads":)" + std::to_string(run.heads) + "}," : "";
            members.push_back({rows.back().fingerprint, R"({"system":")" + run.system + "\"," + heads + R"("seed":)" +
                                                            std::to_string(run.seed) + "}"});
        }
        store.plan(experiment, rows, members);
        store.begin();
        for (std::size_t i = 0; i < runs.size(); ++i) {
            if (runs[i].status == trial::TrialStatus::queued) continue;
            store.write(attempt_start(rows[i].fingerprint));
            if (runs[i].status == trial::TrialStatus::running) continue;
            store.write(rows[i].fingerprint, point(50, "validation", "loss", 9));
            store.write(rows[i].fingerprint, point(100, "validation", "loss", runs[i].loss));
            if (i == 0) store.write(rows[i].fingerprint, point(100, "validation", "accuracy", 0.5));
            store.write(end(rows[i].fingerprint, runs[i].status));
        }
        store.commit();
        store.close();
    }
};

}  // namespace scratch
