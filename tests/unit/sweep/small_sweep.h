// Sweeps of small trials, and what they leave in the store.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "manifest/expand.h"
#include "plugin.h"
#include "small_plugins.h"
#include "store/database.h"
#include "store/expectations.h"
#include "store/query.h"
#include "sweep/sweep.h"
#include "temporary_folder.h"

/// Eight trials with momentum, dropout and carried streams; losses, checkpoints and texts on the way.
inline const std::string small_manifest = R"({
    "name": "small",
    "dataset":  { "plugin": "small-corpus" },
    "cell":     { "plugin": "small-gated", "hidden": 6, "layers": 2, "dropout": 0.2 },
    "training": { "sequence_length": 6, "batch": 4, "steps": 20, "windows": "streams",
                  "optimizer": { "name": "sgd", "learning_rate": 0.1, "momentum": 0.9 },
                  "clip": 1, "log_every": 3, "evaluate_every": 8, "checkpoint_every": 9 },
    "sampling": { "sampler": { "plugin": "small-draw" }, "temperature": [0.5, 1.0], "length": 8, "count": 2,
                  "prompt": ["ab", { "from": "validation", "length": 4 }], "every": 10 },
    "diagnostics": { "gradient": 10 },
    "sweep":    { "cell.hidden": [4, 6], "seed": [1, 2, 3, 4] }
})";

/// Counts what it is told, and calls `happened` at each step of a trial.
struct Told final : unroll::sweep::Observer {
    std::function<void(unroll::Size index, std::uint64_t step)> happened = [](unroll::Size, std::uint64_t) {};
    std::mutex mutex;
    std::vector<unroll::Size> to_train, to_sample, ended_order;
    std::map<unroll::Size, std::uint64_t> from;
    std::map<unroll::Size, unroll::training::Outcome> endings;

    void planned(const std::vector<unroll::Size>& train, const std::vector<unroll::Size>& sample) override {
        to_train = train;
        to_sample = sample;
    }
    void started(unroll::Size index, std::uint64_t from_step) override {
        const std::lock_guard lock(mutex);
        from[index] = from_step;
    }
    void progress(unroll::Size index, const unroll::training::StepProgress& progress) override {
        happened(index, progress.step);
    }
    void ended(unroll::Size index, const unroll::training::Outcome& outcome) override {
        const std::lock_guard lock(mutex);
        endings[index] = outcome;
        ended_order.push_back(index);
    }
};

class SmallSweep {
public:
    explicit SmallSweep(std::vector<std::string> manifests = {small_manifest},
                        const std::vector<unroll::manifest::Override>& overrides = {})
        : catalog_(small::catalog()), datasets_(catalog_) {
        for (const std::string& text : manifests)
            plans.push_back(unroll::manifest::expand(text, "small.json", overrides, catalog_,
                                                     unroll::manifest::Lookup{}, datasets_,
                                                     {{}, unroll::store::expectation_problem}));
        workload = unroll::sweep::distinct_trials(plans, catalog_, datasets_);
    }

    unroll::sweep::Summary run(const unroll::sweep::Settings& settings) {
        std::atomic<bool> stop{false};
        return run(settings, stop);
    }
    unroll::sweep::Summary run(const unroll::sweep::Settings& settings, std::atomic<bool>& stop) {
        return unroll::sweep::run(plans, workload, catalog_, datasets_, settings, told, stop);
    }

    std::vector<unroll::manifest::Plan> plans;
    std::vector<unroll::sweep::TrialPlan> workload;
    Told told;
    const unroll::plugins::Catalog& catalog() const { return catalog_; }
    unroll::manifest::DatasetCache& datasets() { return datasets_; }

private:
    unroll::plugins::Catalog catalog_;
    unroll::manifest::DatasetCache datasets_;
};

using StoredRows = std::vector<std::vector<unroll::store::Value>>;

inline StoredRows rows(const std::filesystem::path& database, const std::string& sql) {
    unroll::store::Store store(database, unroll::store::Store::Mode::read);
    return unroll::store::query(store, sql).rows;
}

/// Everything that has to be the same however a sweep was run.
inline StoredRows all_rows(const std::filesystem::path& database) {
    StoredRows all;
    for (const char* sql :
         {"SELECT fingerprint, split, name, metric.step, value FROM metric JOIN trial ON trial.id = trial_id "
          "WHERE name <> 'tokens_per_second' ORDER BY 1, 2, 3, 4",
          "SELECT fingerprint, sample.step, epoch, sampler, temperature, prompt, prompt_key, sample.seed, number, "
          "text, "
          "known_word_rate, distinct_3, repetition, longest_copy FROM sample JOIN trial ON trial.id = trial_id ORDER "
          "BY 1, 2, 4, 5, 7, 9",
          "SELECT fingerprint, split, position, loss_by_position.step, value FROM loss_by_position "
          "JOIN trial ON trial.id = trial_id ORDER BY 1, 2, 3",
          "SELECT fingerprint, gradient.step, lag, norm FROM gradient JOIN trial ON trial.id = trial_id "
          "ORDER BY 1, 2, 3",
          "SELECT fingerprint, status, step, tokens, train_loss, validation_loss, test_loss, best_validation_loss, "
          "best_step, error FROM trial ORDER BY 1"})
        for (auto& row : rows(database, sql)) all.push_back(std::move(row));
    return all;
}

inline std::int64_t count(const std::filesystem::path& database, const std::string& from) {
    return std::get<std::int64_t>(rows(database, "SELECT count(*) FROM " + from).at(0).at(0));
}
