// Learning, in short: each cell that we ship soon predicts a small text better than who looks at the last character
// alone could. The full figures are measured by tests/benchmarks/learning.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.h"
#include "manifest/schema.h"
#include "plugins/loader.h"
#include "plugins/options_check.h"
#include "temporary_folder.h"
#include "training/trainer.h"
#include "unroll/random.h"

using namespace unroll;

namespace {

/// Words in any order, of few letters that are in many words, so that one has to remember how a word began.
class Words final : public Dataset {
public:
    Words() {
        const std::vector<std::string> words{"banana", "ananas", "cabana", "saccas", "bassan", "casbah"};
        RandomStream stream(1, "words");
        while (tokens_.size() < 20000) {
            for (const char letter : words[stream.below(words.size())])
                tokens_.push_back(static_cast<Token>(letters.find(letter)));
            tokens_.push_back(static_cast<Token>(letters.find(' ')));
        }
    }
    Task task() const override {
        Task task;
        task.input_tokens = task.target_tokens = letters.size();
        return task;
    }
    std::span<const Token> tokens(Split split) const override {
        const std::span<const Token> all(tokens_);
        if (split == Split::train) return all.first(18000);
        return split == Split::validation ? all.subspan(18000) : std::span<const Token>();
    }

private:
    static constexpr std::string_view letters = " abchns";
    std::vector<Token> tokens_;
};

struct Sizes {
    Size T = 16, B = 16, H = 32;
};

/// Validation loss after `steps` steps of a small layer.
double validation_loss(const std::string& cell, Size steps, const Sizes& sizes = {}) {
    const plugins::Catalog catalog = plugins::load_file(UNROLL_PLUGINS "/cells/" + cell + ".so");
    REQUIRE(catalog.found().size() == 1);
    trial::Trial trial = manifest::default_trial();
    trial::CellSettings settings{{cell, {}}, sizes.H, 1, 0, catalog.found().front().plugin->initializer};
    plugins::set_defaults(settings.choice.options, *catalog.found().front().plugin);
    if (plugins::find_option(*catalog.found().front().plugin, "heads") && sizes.H < 4)
        settings.choice.options.set("heads", std::int64_t{1});
    trial.cells = {settings};
    trial.training.sequence_length = sizes.T;
    trial.training.evaluate_length = std::min<Size>(sizes.T, 16);
    trial.training.batch = sizes.B;
    trial.training.steps = steps;
    trial.training.optimizer.learning_rate = 0.01;
    trial.training.clip = {trial::Clip::Kind::norm, 1};
    trial.config = "{}";
    const Words words;
    const model::Model<float> model(trial, words.task(), catalog);
    const TemporaryFolder folder;
    double loss = std::nan("");
    training::Listener last_loss([&](const training::Record& record) {
        const auto* point = std::get_if<training::Point>(&record);
        if (point && point->split == Split::validation && point->name == "loss") loss = point->value;
    });
    const std::atomic<bool> stop{false};
    training::train({trial, words, model, catalog, {}, folder.path(), {}}, last_loss, stop);
    return loss;
}

/// Entropy of a letter when the one before it is known: the best that a cell without memory can do.
double entropy_after_one() {
    const Words words;
    const auto tokens = words.tokens(Split::validation);
    const Size V = words.task().input_tokens;
    std::vector<double> pairs(V * V), firsts(V);
    for (Size i = 0; i + 1 < tokens.size(); ++i) {
        pairs[Size(tokens[i]) * V + Size(tokens[i + 1])] += 1;
        firsts[Size(tokens[i])] += 1;
    }
    double sum = 0;
    for (Size i = 0; i < V * V; ++i)
        if (pairs[i] > 0) sum -= pairs[i] * std::log(pairs[i] / firsts[i / V]);
    return sum / double(tokens.size() - 1);
}

}  // namespace

TEST_CASE("each cell with a memory soon beats what one letter tells") {
    const double one_letter = entropy_after_one();
    for (const char* cell : {"rnn", "lstm", "gru", "minimal-gated", "self-attention"}) {
        const double loss = validation_loss(cell, 200);
        UNSCOPED_INFO(cell << ' ' << loss << ' ' << one_letter);
        CHECK(loss < 0.5);
        CHECK(loss < 0.6 * one_letter);
    }
}

TEST_CASE("a cell without memory comes near what one letter tells and never beats it") {
    const double loss = validation_loss("dense", 200), one_letter = entropy_after_one();
    UNSCOPED_INFO(loss << ' ' << one_letter);
    CHECK(loss < 1.03 * one_letter);
    CHECK(loss > 0.99 * one_letter);
}

TEST_CASE("each cell trains at T = B = H = 1, and on sequences of 16,384 steps") {
    const double guessing = std::log(7.0);
    for (const char* cell : {"rnn", "lstm", "gru", "minimal-gated", "dense", "self-attention"}) {
        INFO(cell);
        CHECK(validation_loss(cell, 300, {1, 1, 1}) < guessing + 0.1);
        CHECK(validation_loss(cell, 2, {16'384, 1, 4}) < guessing + 0.5);  // hardly begun
    }
}
