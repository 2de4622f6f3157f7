// What the tests of tuned comparisons share: trials of systems over lengths, learning rates and seeds.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "../store/scratch.h"

namespace scratch {

struct TunedRun {
    std::string system;
    Size length = 64;
    double rate = 0.01;
    std::uint64_t seed = 1;
    std::optional<double> validation = {}, test = {};  ///< losses at the last step
    std::int64_t parameters = 1000;
    std::string initializer = "uniform";
    trial::TrialStatus status = trial::TrialStatus::finished;
};

/// Every seed's run of these, with `steps[seed - 1]` added to both losses.
inline std::vector<TunedRun> over_seeds(const std::vector<TunedRun>& runs, const std::vector<double>& steps) {
    std::vector<TunedRun> all;
    for (const TunedRun& run : runs)
        for (std::size_t i = 0; i < steps.size(); ++i) {
            all.push_back(run);
            all.back().seed = i + 1;
            if (run.validation) all.back().validation = *run.validation + steps[i];
            if (run.test) all.back().test = *run.test + steps[i];
        }
    return all;
}

/// An experiment "tuned" in `file`; its axes are system, training.sequence_length, training.optimizer.learning_rate and
/// seed.
inline void make_tuned(const fs::path& file, const std::vector<TunedRun>& runs, store::ExperimentRow experiment) {
    Store store(file, Store::Mode::write);
    experiment.name = "tuned";
    experiment.manifest = "{}";
    std::vector<store::TrialRow> rows;
    std::vector<store::Membership> members;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const TunedRun& run = runs[i];
        rows.push_back(a_trial(fmt::format("trial{}", i), run.system, run.seed, run.length));
        const std::string training = fmt::format(
            R"("training":{{"sequence_length":{},"optimizer":{{"learning_rate":{}}}}})", run.length, run.rate);
        rows.back().parameters = static_cast<Size>(run.parameters);
        rows.back().config =
            fmt::format(R"({{"cell":{{"plugin":"{}","initializer":"{}"}},{}}})", run.system, run.initializer, training);
        members.push_back({rows.back().fingerprint,
                           fmt::format(R"({{"system":"{}",{},"seed":{}}})", run.system, training, run.seed)});
    }
    store.plan(experiment, rows, members);
    store.begin();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        store.write(attempt_start(rows[i].fingerprint));
        if (runs[i].validation) store.write(rows[i].fingerprint, point(100, "validation", "loss", *runs[i].validation));
        if (runs[i].test) store.write(rows[i].fingerprint, point(100, "test", "loss", *runs[i].test));
        store.write(end(rows[i].fingerprint, runs[i].status));
    }
    store.commit();
    store.close();
}

}  // namespace scratch
