// Manifests: checked, resolved and expanded. What is accepted is a plan whose every trial is itself a manifest of the
// same trial.
#include <algorithm>

#include "../target.h"
#include "manifest/expand.h"
#include "model/model.h"
#include "small_plugins.h"
#include "store/expectations.h"

namespace {

using namespace unroll;

/// A corpus that is read from a path, of which it wants no more than the name.
class Named final : public Dataset {
public:
    explicit Named(const Options& options) : tokens_(options.text("path").size() + 100, Token{1}) {}
    Task task() const override { return {.input_tokens = 2, .target_tokens = 2}; }
    const Vocabulary* vocabulary() const override { return &letters_; }
    std::span<const Token> tokens(Split split) const override {
        return split == Split::test ? std::span<const Token>() : std::span(tokens_);
    }

private:
    CharacterVocabulary letters_{"ab"};
    std::vector<Token> tokens_;
};
constexpr Option named_options[] = {Option::path("path", "", "a file"),
                                    Option::numbers("split", "[0.9, 0.1, 0]", 0, 1, "of what"),
                                    Option::choice("unit", "\"byte\"", "byte|word", "of what")};
constinit const Plugin named = dataset_plugin<Named>("named", 1, "a corpus by its name", named_options);

const plugins::Catalog& catalog() {
    static const plugins::Catalog all = [] {
        plugins::Catalog some = small::catalog();
        some.add({&named, {}});
        return some;
    }();
    return all;
}

manifest::Plan expanded(const std::string& text, manifest::DatasetCache& datasets) {
    static const manifest::HostQueries host_queries{
        [](const trial::Trial& trial, const Task& task) {
            const model::Model<float> model(trial, task, catalog());
            return manifest::ModelSize{model.parameters().size(), model.state_size()};
        },
        store::expectation_problem};
    static const manifest::Lookup lookup{{UNROLL_FIXTURES "/manifests/"}};
    return manifest::expand(text, "input.json", {}, catalog(), lookup, datasets, host_queries);
}

}  // namespace

void fuzz::run(std::string_view input) {
    manifest::DatasetCache datasets(catalog());
    manifest::Plan plan;
    try {
        plan = expanded(std::string(input), datasets);
    } catch (const base::Problems& problems) {
        require(!problems.problems().empty(), "a refusal has a reason");
        return;
    }
    constexpr std::size_t some = 3;
    for (std::size_t i = 0; i < std::min(some, plan.trials.size()); ++i) {
        const trial::Trial& trial = plan.trials[i].trial;
        const manifest::Plan again = expanded(trial.config, datasets);
        require(again.trials.size() == 1 && again.trials.front().trial.fingerprint == trial.fingerprint,
                "a trial's config is a manifest of the same trial");
    }
}
