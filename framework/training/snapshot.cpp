// Snapshots as checkpoint files.
#include "training/snapshot.h"

#include <fmt/core.h>

#include <charconv>

#include "training/checkpoint.h"
#include "unroll/error.h"

namespace unroll::training {

namespace {

std::string text_of(double value) {
    return fmt::format("{}", value);
}  // the shortest that reads back as the same

template <class Number>
Number number_of(const Checkpoint& file, const std::string& key) {
    const std::string& text = file.metadata(key);
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

void put(Metadata& metadata, const std::string& prefix, const model::LossSums& sums) {
    metadata[prefix + ".loss"] = text_of(sums.loss);
    metadata[prefix + ".correct"] = text_of(sums.correct);
    metadata[prefix + ".predictions"] = std::to_string(sums.predictions);
}

model::LossSums sums_of(const Checkpoint& file, const std::string& prefix) {
    return {number_of<double>(file, prefix + ".loss"), number_of<double>(file, prefix + ".correct"),
            number_of<Size>(file, prefix + ".predictions")};
}

std::string slot_tensor(const Optimizer& optimizer, Size slot, const std::string& parameter) {
    return fmt::format("optimizer.{}.{}", optimizer.slot_name(slot), parameter);
}

void read_weights(const Checkpoint& file, const model::Model<float>& model, float* weights) {
    for (const model::Parameter& parameter : model.parameters().list()) {
        const auto values = file.values<float>(parameter.name, parameter.weight.shape);
        std::copy(values.begin(), values.end(), weights + parameter.offset);
    }
}

}  // namespace

std::pair<std::filesystem::path, std::string> Snapshot::save(const std::filesystem::path& folder,
                                                             const manifest::Trial& trial,
                                                             const model::Model<float>& model,
                                                             const Optimizer& optimizer) const {
    std::vector<Tensor> tensors;
    const auto add = [&](std::string name, const std::vector<Size>& shape, const float* values, Size size) {
        tensors.push_back({std::move(name), shape, std::span<const float>(values, size)});
    };
    for (const model::Parameter& parameter : model.parameters().list()) {
        const Size size = parameter.weight.size();
        add(parameter.name, parameter.weight.shape, weights.data() + parameter.offset, size);
        for (Size slot = 0; slot < optimizer.slots(); ++slot)
            add(slot_tensor(optimizer, slot, parameter.name), parameter.weight.shape,
                slots.data() + slot * weights.size() + parameter.offset, size);
    }
    if (state.size()) add("state", {state.size()}, state.data(), state.size());

    Metadata metadata;
    metadata["format"] = "unroll checkpoint 1";
    metadata["config"] = trial.config;
    metadata["step"] = std::to_string(step);
    metadata["tokens"] = std::to_string(tokens);
    metadata["seconds"] = text_of(seconds);
    put(metadata, "since_log", since_log);
    put(metadata, "since_epoch", since_epoch);
    metadata["stopping"] = verdict.stopping.save();
    metadata["best"] = verdict.best.save();
    metadata["stopped_early"] = verdict.stopped_early ? "yes" : "no";
    metadata["pending"] = pending ? "yes" : "no";
    const std::filesystem::path path = folder / fmt::format("{}.safetensors", step);
    std::string sha256 = training::save(path, tensors, metadata);
    return {path, std::move(sha256)};
}

void Snapshot::load(const std::filesystem::path& path, const model::Model<float>& model, const Optimizer& optimizer) {
    const Checkpoint file(path);
    read_weights(file, model, weights.data());
    for (const model::Parameter& parameter : model.parameters().list())
        for (Size slot = 0; slot < optimizer.slots(); ++slot) {
            const auto values =
                file.values<float>(slot_tensor(optimizer, slot, parameter.name), parameter.weight.shape);
            std::copy(values.begin(), values.end(), slots.data() + slot * weights.size() + parameter.offset);
        }
    if (state.size()) {
        const auto values = file.values<float>("state", {state.size()});
        std::copy(values.begin(), values.end(), state.data());
    }
    step = number_of<std::uint64_t>(file, "step");
    tokens = number_of<std::uint64_t>(file, "tokens");
    seconds = number_of<double>(file, "seconds");
    since_log = sums_of(file, "since_log");
    since_epoch = sums_of(file, "since_epoch");
    verdict.stopping.restore(file.metadata("stopping"));
    verdict.best.restore(file.metadata("best"));
    verdict.stopped_early = file.metadata("stopped_early") == "yes";
    pending = file.metadata("pending") == "yes";
}

std::uint64_t load_weights(const std::filesystem::path& path, const model::Model<float>& model, float* weights) {
    const Checkpoint file(path);
    read_weights(file, model, weights);
    return number_of<std::uint64_t>(file, "step");
}

}  // namespace unroll::training
