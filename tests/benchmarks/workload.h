// What the benchmarks train: a text of random tokens in memory, and the trial that a few numbers make.
#pragma once

#include <string>
#include <vector>

#include "manifest/schema.h"
#include "plugins/loader.h"
#include "plugins/options_check.h"
#include "trial/trial.h"
#include "unroll/dataset.h"
#include "unroll/error.h"
#include "unroll/random.h"

namespace unroll::benchmarks {

/// Nothing can be learned from it; a step takes as long as with any other text.
class RandomText final : public Dataset {
public:
    RandomText(Size vocabulary, Size length) : tokens_(length) {
        RandomStream stream(1, "benchmark");
        for (Token& token : tokens_) token = static_cast<Token>(stream.below(vocabulary));
        task_.input_tokens = task_.target_tokens = vocabulary;
    }
    Task task() const override { return task_; }
    std::span<const Token> tokens(Split split) const override {
        return split == Split::train ? std::span<const Token>(tokens_) : std::span<const Token>();
    }

private:
    Task task_;
    std::vector<Token> tokens_;
};

/// One row of the table.
struct Workload {
    std::string cell;
    Size layers = 1, hidden = 128, heads = 0;  ///< heads 0: the cell has none
    Size batch = 64, length = 64, vocabulary = 65, embedding = 0;
    bool last = false;  ///< predicts after the last step only
};

inline trial::PluginChoice choose(const plugins::Catalog& catalog, Plugin::Kind kind, const std::string& name) {
    const Plugin* plugin = catalog.find(kind, name);
    if (!plugin) throw Error(catalog.missing(kind, name));
    trial::PluginChoice choice{name, {}};
    plugins::set_defaults(choice.options, *plugin);
    return choice;
}

/// The settings of the peers' programs: Adam without clipping for a recurrent cell, and for attention the recipe of
/// a small GPT: AdamW, norm clipped to 1, no biases.
inline trial::Trial trial_of(const Workload& work, const plugins::Catalog& catalog) {
    trial::Trial trial = manifest::default_trial();
    trial.dataset.plugin = "random-text";
    trial.model.embedding = work.embedding;
    trial::CellSettings cell{choose(catalog, Plugin::Kind::cell, work.cell), work.hidden, work.layers, 0,
                             unroll::Initializer::uniform};
    trial::TrainingSettings& training = trial.training;
    if (work.heads) {
        cell.choice.options.set("heads", static_cast<std::int64_t>(work.heads));
        cell.choice.options.set("bias", false);
        cell.initializer = unroll::Initializer::normal;
        training.optimizer = manifest::default_optimizer("adamw");
        training.clip = {trial::Clip::Kind::norm, 1};
    }
    trial.cells = {cell};
    training.sequence_length = training.evaluate_length = work.length;
    training.batch = work.batch;
    training.steps = 1000000;
    training.predict = work.last ? trial::Predict::last : trial::Predict::every;
    training.evaluate_every = training.checkpoint_every = {trial::When::Kind::never, 0};
    trial.config = "{}";
    return trial;
}

}  // namespace unroll::benchmarks
