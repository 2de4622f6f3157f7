// `sampling.judge`: generated images are shown to a classifier, the best trial of another experiment.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/stored_trial.h"
#include "manifest/expand.h"

namespace unroll::cli {

/// Everything that plans want to have judged. The plans and the session must outlive it.
class Judges {
public:
    Judges(const std::vector<manifest::Plan>& plans, Session& session, std::filesystem::path database);

    /// Before anything is run: throws Error when an experiment that is named has a best trial which cannot tell these
    /// images apart. One that has none yet may get it from the same command.
    void check();

    /// After the sweep: judges every finished trial at each kept checkpoint at which it was not judged yet, on so many
    /// threads, and writes that to the store. Where the judge is not there yet, a note on standard error says so. False
    /// when something went wrong, which is told there, too.
    bool judge(Size threads, const std::atomic<bool>& stop);

private:
    struct Pair {
        std::string experiment;  ///< that asks for it
        const trial::Trial* trial;
        std::string judge;  ///< an experiment
    };

    StoredTrial fitting(store::Store& store, const store::FoundTrial& judge, const Pair& pair);
    model::Model<float> model_of(const trial::Trial& trial);
    bool judge_all(const std::atomic<bool>& stop);
    void judge(store::Store& store, const Pair& pair, const std::atomic<bool>& stop);
    void note_none(store::Store& store, const Pair& pair);

    Session& session_;
    std::filesystem::path database_;
    std::vector<Pair> pairs_;  ///< each once
};

}  // namespace unroll::cli
