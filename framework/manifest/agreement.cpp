// Agreement of settings.
#include "manifest/agreement.h"

#include <fmt/core.h>

#include <algorithm>

#include "json/write.h"
#include "manifest/path.h"
#include "trial/topology.h"

namespace unroll::manifest {
namespace {

bool given(const json::Value* settings, std::string_view name) {
    const json::Value* value = settings ? settings->find(name) : nullptr;
    return value && !value->null();
}

/// Whether an embedding has anything to embed: the inputs, or what a decoder has predicted before.
bool reads_tokens(const Task& task, trial::Bridge bridge) {
    return task.input_tokens > 0 || (trial::topology_of(task).separate_target && bridge != trial::Bridge::repeat);
}

class Agreement {
public:
    Agreement(const json::Value& manifest, const Resolved& resolved, const Checker& checker,
              base::Diagnostics& diagnostics)
        : manifest_(manifest),
          resolved_(resolved),
          trial_(resolved.trial),
          dataset_(resolved.dataset.get()),
          checker_(checker),
          diagnostics_(diagnostics) {}

    void check() {
        check_duration();
        check_betas(manifest_, *training().find("optimizer"), "training.optimizer", checker_, diagnostics_);
        check_warmup();
        check_stride();
        if (!training().find("stop")->null()) check_stop();
        check_embedding();
        check_gradient();
    }

private:
    const json::Value& training() const { return *resolved_.settings.find("training"); }

    void wrong(std::string_view path, std::string found, std::string wanted, std::string next) {
        diagnostics_.add({checker_.where(nearest_at(manifest_, path).at, path), std::move(found), std::move(wanted),
                          std::move(next)});
    }

    void check_duration() {
        const json::Value* written = manifest_.find("training");
        const bool steps = given(written, "steps"), epochs = given(written, "epochs");
        if (steps && epochs)
            wrong("training.epochs", "both steps and epochs", "one of them", "remove \"steps\" or \"epochs\"");
        if (!steps && !epochs && !checker_.tolerates_missing())
            wrong("training", "neither steps nor epochs", "one of them",
                  "set how long to train, as in \"steps\": 2000");
        const auto number = steps ? written->find("steps")->number() : std::nullopt;
        if (number && *number == 0 && !given(&manifest_, "start"))
            wrong("training.steps", "0, without a start from trained weights", "a whole number, at least 1",
                  "set how long to train, as in \"steps\": 2000");
    }

    void check_warmup() {
        const Size steps = trial_.training.steps, warmup = trial_.training.schedule.warmup;
        const bool limited = given(manifest_.find("training"), "steps");
        if (limited && steps && warmup && warmup >= steps)
            wrong("training.schedule.warmup", std::to_string(warmup),
                  fmt::format("fewer than training.steps, {}", steps), "warm up for fewer steps, or train longer");
    }

    void check_stride() {
        const bool examples = dataset_ && !trial::topology_of(dataset_->task()).corpus;
        if (examples && trial_.training.stride > 1)
            wrong("training.stride", std::to_string(trial_.training.stride),
                  "nothing: the dataset has examples, not a corpus to cut windows from", "remove it");
    }

    void check_stop() {
        const json::Value& stop = *training().find("stop");
        if (dataset_ && !trial::topology_of(dataset_->task()).evaluated)
            wrong("training.stop", "early stopping of adversarial training",
                  "null: early stopping is not available for GANs", "remove it");
        if (!given(&stop, "target") && trial_.training.stop.patience == 0)
            wrong("training.stop", "neither target nor patience", "at least one of them",
                  "set when to stop, as in \"patience\": 5");
        const json::Value& every = *training().find("evaluate_every");
        if ((every.text() && *every.text() == "end") || every.boolean())
            wrong("training.stop", fmt::format("\"stop\", but evaluate_every is {}", json::dump(every)),
                  "evaluations during training", "set training.evaluate_every, as in \"epoch\"");
        if (dataset_ && dataset_->task().target_tokens == 0 && trial_.training.stop.metric == "validation/accuracy")
            wrong("training.stop.metric", "\"validation/accuracy\"",
                  "\"validation/loss\": accuracy is not defined for real-valued targets", "stop by the loss");
        if (dataset_ && dataset_->tokens(Split::validation).empty() && dataset_->examples(Split::validation) == 0)
            wrong("training.stop", "\"stop\", but the dataset has no validation split", "a validation split",
                  "give the dataset one, or remove \"stop\"");
    }

    void check_embedding() {
        const trial::ModelSettings& model = trial_.model;
        if (dataset_ && model.embedding && !reads_tokens(dataset_->task(), model.bridge))
            wrong("model.embedding", std::to_string(model.embedding), "0: inputs are real numbers, not tokens",
                  "remove it");
        if (model.tied && !model.embedding)
            wrong("model.tied", "true, but there is no embedding", "model.embedding above 0",
                  "set model.embedding to the output width of the top cell, or remove \"tied\"");
    }

    void check_gradient() {
        if (resolved_.gradient.kind == trial::When::Kind::never || !dataset_) return;
        const trial::Topology& topology = trial::topology_of(dataset_->task());
        if (!topology.has_upstream()) return;
        wrong("diagnostics.gradient",
              fmt::format("a gradient by lag, but the model has two parts, {} and {}", topology.upstream,
                          topology.predictor),
              "a model of one part: lags are not defined between two",
              "remove it, or choose a dataset of another task");
    }

    const json::Value& manifest_;
    const Resolved& resolved_;
    const trial::Trial& trial_;
    const Dataset* dataset_;
    const Checker& checker_;
    base::Diagnostics& diagnostics_;
};

}  // namespace

void check_agreement(const json::Value& manifest, const Resolved& resolved, const Checker& checker,
                     base::Diagnostics& diagnostics) {
    Agreement(manifest, resolved, checker, diagnostics).check();
}

void check_betas(const json::Value& manifest, const json::Value& optimizer, const std::string& path,
                 const Checker& checker, base::Diagnostics& diagnostics) {
    const json::Value* betas = optimizer.find("betas");
    if (!betas || !betas->array()) return;
    const auto below_one = [](const json::Value& beta) { return *beta.number() < 1; };
    if (betas->array()->size() == 2 && std::all_of(betas->array()->begin(), betas->array()->end(), below_one)) return;
    const std::string at = child(path, "betas");
    diagnostics.add({checker.where(nearest_at(manifest, at).at, at), json::excerpt(*betas),
                     "two numbers, at least 0 and below 1", "change them, or leave them out for [0.9, 0.999]"});
}

}  // namespace unroll::manifest
