// `sampling.judge`: generated images are shown to a classifier, the best trial of another experiment.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "manifest/dataset_cache.h"
#include "manifest/plan.h"
#include "plugins/catalog.h"
#include "store/store.h"
#include "sweep/runnable.h"

namespace unroll::sweep {

/// What is to be told of a round of judging.
struct JudgingReport {
    std::vector<std::string> notes;     ///< why there is no judge yet
    std::vector<std::string> problems;  ///< what went wrong
};

/// Everything that plans want to have judged. All that it is given must outlive it.
class Judges {
public:
    Judges(const std::vector<manifest::Plan>& plans, const plugins::Catalog& catalog, manifest::DatasetCache& datasets,
           std::filesystem::path database);

    /// Before anything is run: throws Error when an experiment that is named has a best trial which is no classifier of
    /// these images. One that has none yet may get it from the same command.
    void check();

    /// After the sweep: judges every finished trial at each kept checkpoint at which it was not judged yet, on so many
    /// threads, and writes that to the store.
    JudgingReport judge(Size threads, const std::atomic<bool>& stop);

private:
    struct Pair {
        std::string experiment;  ///< that asks for it
        const trial::Trial* trial;
        std::string judge;  ///< an experiment
    };

    RunnableTrial fitting(const store::FoundTrial& judge, const Pair& pair);
    model::Model<float> model_of(const trial::Trial& trial);
    void judge_all(const std::atomic<bool>& stop, JudgingReport& report);
    void judge(store::Store& store, const Pair& pair, const std::atomic<bool>& stop, JudgingReport& report);
    std::string why_none(store::Store& store, const Pair& pair) const;

    const plugins::Catalog& catalog_;
    manifest::DatasetCache& datasets_;
    std::filesystem::path database_;
    std::vector<Pair> pairs_;  ///< each once
};

}  // namespace unroll::sweep
