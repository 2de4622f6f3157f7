// Checkpoints as safetensors files. The names in them never change, so that older ones can be read.
#include "training/checkpoint.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "training/checkpoint_file.h"
#include "training/saved_dataset.h"
#include "training/torch_weights.h"
#include "unroll/error.h"

namespace unroll::training {

namespace {

constexpr std::string_view optimizer_prefix = "optimizer.";
constexpr const char* state_tensor = "state";

/// The shortest text that reads back as the same double.
std::string text_of(double value) {
    return fmt::format("{}", value);
}

template <class Number>
Number number_of(const SafetensorsFile& file, const std::string& key) {
    const std::string& text = file.metadata(key);
    const char* const end = text.data() + text.size();
    Number number{};
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || rest != end)
        throw Error({key, fmt::format("\"{}\"", text), "a number",
                     "remove the checkpoint; training then goes on from an earlier one or from the start"});
    return number;
}

void put(Metadata& metadata, const std::string& prefix, const model::LossSums& sums) {
    metadata[prefix + ".loss"] = text_of(sums.loss);
    metadata[prefix + ".correct"] = text_of(sums.correct);
    metadata[prefix + ".predictions"] = std::to_string(sums.predictions);
}

model::LossSums sums_of(const SafetensorsFile& file, const std::string& prefix) {
    model::LossSums sums;
    sums.loss = number_of<double>(file, prefix + ".loss");
    sums.correct = number_of<double>(file, prefix + ".correct");
    sums.predictions = number_of<Size>(file, prefix + ".predictions");
    return sums;
}

/// A checkpoint of a larger model has all the tensors that a smaller one looks for, and more.
[[noreturn]] void refuse_tensor(const std::filesystem::path& path, const std::string& name) {
    throw Error({path.string(), fmt::format("tensor \"{}\"", name), "the tensors of this trial's model and no others",
                 "give the checkpoint of this trial"});
}

bool is_weight(const Tensor& tensor) {
    return tensor.name != state_tensor && !tensor.name.starts_with(optimizer_prefix);
}

/// Fills `weights` and refuses tensors that would be weights of another model.
void read_weights(const SafetensorsFile& file, const std::filesystem::path& path, const model::Model<float>& model,
                  float* weights) {
    for (const model::Parameter& parameter : model.parameters().list()) {
        const auto values = file.values<float>(parameter.name, parameter.weight.shape);
        std::copy(values.begin(), values.end(), weights + parameter.offset);
    }
    const auto& parameters = model.parameters().list();
    for (const Tensor& tensor : file.tensors())
        if (is_weight(tensor) && std::none_of(parameters.begin(), parameters.end(),
                                              [&](const auto& parameter) { return parameter.name == tensor.name; }))
            refuse_tensor(path, tensor.name);
}

}  // namespace

std::pair<std::filesystem::path, std::string> TrainingState::save(const std::filesystem::path& folder,
                                                                  const trial::Trial& trial,
                                                                  const model::Model<float>& model,
                                                                  const PartOptimizers& optimizers,
                                                                  const Dataset& dataset) const {
    std::vector<Tensor> tensors;
    const auto add = [&](std::string name, const std::vector<Size>& shape, const float* values, Size size) {
        tensors.push_back({std::move(name), shape, std::span<const float>(values, size)});
    };
    for (const model::Parameter& parameter : model.parameters().list()) {
        const Size size = parameter.weight.size();
        add(parameter.name, parameter.weight.shape, weights.data() + parameter.offset, size);
        optimizers.for_each_slot(parameter, [&](std::string name, Size place) {
            add(std::move(name), parameter.weight.shape, slots.data() + place, size);
        });
    }
    if (carried.size()) add(state_tensor, {carried.size()}, carried.data(), carried.size());

    Metadata metadata;
    metadata["format"] = "unroll checkpoint 1";
    metadata["config"] = trial.config;
    save_dataset(dataset, metadata);
    if (const Vocabulary* vocabulary = dataset.vocabulary())
        if (std::string list = list_of(*vocabulary); !list.empty()) metadata["vocabulary"] = std::move(list);
    metadata["step"] = std::to_string(step);
    metadata["tokens"] = std::to_string(tokens);
    metadata["seconds"] = text_of(seconds);
    put(metadata, "since_log", since_log);
    put(metadata, "since_epoch", since_epoch);
    put(metadata, "deceived_since_log", auxiliary_since_log);
    metadata["recent_losses"] = recent.save();
    metadata["gradient_norm"] = text_of(gradient_norm);
    metadata["learning_rate"] = text_of(learning_rate);
    metadata["stopping"] = stopping.rule.save();
    metadata["best"] = stopping.best.save();
    metadata["stopped_early"] = stopping.stopped_early ? "yes" : "no";
    metadata["pending"] = pending ? "yes" : "no";
    const std::filesystem::path path = folder / fmt::format("{}.safetensors", step);
    std::string sha256 = write_safetensors(path, tensors, metadata);
    return {path, std::move(sha256)};
}

void TrainingState::load(const CheckpointInfo& checkpoint, const model::Model<float>& model,
                         const PartOptimizers& optimizers) {
    const SafetensorsFile file = open_checkpoint(checkpoint);
    const std::filesystem::path& path = checkpoint.path;
    read_weights(file, path, model, weights.data());
    std::set<std::string, std::less<>> known;
    for (const model::Parameter& parameter : model.parameters().list())
        optimizers.for_each_slot(parameter, [&](std::string name, Size) { known.insert(std::move(name)); });
    for (const Tensor& tensor : file.tensors())
        if (!is_weight(tensor) && !known.contains(tensor.name) && !(tensor.name == state_tensor && carried.size()))
            refuse_tensor(path, tensor.name);
    for (const model::Parameter& parameter : model.parameters().list())
        optimizers.for_each_slot(parameter, [&](const std::string& name, Size place) {
            const auto values = file.values<float>(name, parameter.weight.shape);
            std::copy(values.begin(), values.end(), slots.data() + place);
        });
    if (carried.size()) {
        const auto values = file.values<float>(state_tensor, {carried.size()});
        std::copy(values.begin(), values.end(), carried.data());
    }
    step = number_of<std::uint64_t>(file, "step");
    tokens = number_of<std::uint64_t>(file, "tokens");
    seconds = number_of<double>(file, "seconds");
    since_log = sums_of(file, "since_log");
    since_epoch = sums_of(file, "since_epoch");
    auxiliary_since_log = sums_of(file, "deceived_since_log");
    // A checkpoint of an earlier version has no recent losses; its final training loss is then that of what follows.
    recent.restore(file.metadata().contains("recent_losses") ? file.metadata("recent_losses") : "");
    gradient_norm = number_of<double>(file, "gradient_norm");
    learning_rate = number_of<double>(file, "learning_rate");
    stopping.rule.restore(file.metadata("stopping"));
    stopping.best.restore(file.metadata("best"));
    stopping.stopped_early = file.metadata("stopped_early") == "yes";
    pending = file.metadata("pending") == "yes";
}

std::uint64_t load_weights(const CheckpointInfo& checkpoint, const model::Model<float>& model, float* weights) {
    const SafetensorsFile file = open_checkpoint(checkpoint);
    read_weights(file, checkpoint.path, model, weights);
    return number_of<std::uint64_t>(file, "step");
}

}  // namespace unroll::training
