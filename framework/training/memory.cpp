// How much memory a trial takes: the sizes that Pass, EncoderPass, AdversarialPass and TrainingState allocate.
#include "training/memory.h"

#include <algorithm>

#include "training/batches.h"
#include "training/part_optimizers.h"

namespace unroll::training {

namespace {

using Stack = model::Stack<float>;

/// The most that any of some extents asks for, in elements.
class Largest {
public:
    explicit Largest(const std::vector<model::Extent>& extents) : extents_(extents) {}

    template <class Count>
    double of(Count count) const {
        double most = 0;
        for (const model::Extent& extent : extents_) most = std::max(most, double(count(extent)));
        return most;
    }

private:
    const std::vector<model::Extent>& extents_;
};

double stack_elements(const Stack& stack, const Largest& largest, bool reads_source) {
    const auto steps = [&](const model::Extent& extent) { return reads_source ? extent.source : extent.T; };
    return largest.of([&](const auto& extent) { return stack.saved_size(steps(extent), extent.B); }) +
           largest.of([&](const auto& extent) { return stack.workspace_size(steps(extent), extent.B); });
}

double predictor_elements(const model::Model<float>& model, const Largest& largest) {
    const model::Head& head = model.head();
    const double rows = largest.of([](const auto& extent) { return double(extent.T) * double(extent.B); });
    return stack_elements(model.predictor(), largest, false) +
           rows * (3 * double(head.inputs) + double(head.outputs) + double(model.task().target_reals));
}

double encoder_elements(const model::Model<float>& model, const Largest& largest) {
    const Stack& encoder = *model.upstream();
    const auto rows = [](const auto& extent) { return double(extent.source) * double(extent.B); };
    const auto decoder_rows = [](const auto& extent) { return double(extent.T) * double(extent.B); };
    double elements = stack_elements(encoder, largest, true) + 2 * largest.of(rows) * double(encoder.output());
    if (model.bridge() == trial::Bridge::state)
        elements += 2 * largest.of([&](const auto& extent) { return encoder.state_size(extent.B); });
    if (model.bridge() == trial::Bridge::repeat) elements += 2 * largest.of(decoder_rows) * double(encoder.output());
    return elements;
}

double adversarial_elements(const model::Model<float>& model, Size B) {
    const Stack &generator = *model.upstream(), &discriminator = model.predictor();
    const double rows = 2 * double(B);
    return double(B) * double(model.noise()) + 1.5 * rows * double(model.task().input_reals) +
           double(generator.saved_size(1, B)) + double(generator.workspace_size(1, B)) +
           double(discriminator.saved_size(1, 2 * B)) + double(discriminator.workspace_size(1, 2 * B)) +
           rows * (2 * double(model.head().inputs) + 1);
}

/// A batch as it is filled: inputs, targets and weights.
double batch_elements(const Task& task, const Largest& largest) {
    const double inputs = std::max(1.0, double(task.input_reals)), targets = std::max(1.0, double(task.target_reals));
    return largest.of([&](const auto& extent) {
        const double read = task.input_tokens || task.input_reals ? double(extent.T + extent.source) : 0;
        return double(extent.B) * (read * inputs + double(extent.T) * (targets + 1));
    });
}

/// Tokens of a text, twice, and its characters.
double sample_bytes(const std::vector<trial::SamplingSettings>& sampling) {
    constexpr double a_token = 2 * sizeof(Token) + 2;
    double bytes = 0;
    for (const trial::SamplingSettings& settings : sampling)
        bytes += double(settings.count) * double(settings.length + settings.prompt.length) * a_token;
    return bytes;
}

}  // namespace

Memory memory_of(const trial::Trial& trial, const std::vector<trial::SamplingSettings>& sampling,
                 const Dataset& dataset, const model::Model<float>& model) {
    const Batches batches(dataset, Split::train, training_plan(trial));
    std::vector<model::Extent> extents{batches.extent()};
    for (const Split split : {Split::validation, Split::test})
        if (const Batches evaluated(dataset, split, evaluation_plan(trial)); evaluated.per_epoch())
            extents.push_back(evaluated.extent());
    const Largest largest(extents);

    double elements = batch_elements(model.task(), largest);
    if (model.topology().learning == trial::Learning::adversarial) {
        elements += adversarial_elements(model, batches.largest_batch());
    } else {
        elements += predictor_elements(model, largest);
        if (model.topology().separate_target) elements += encoder_elements(model, largest);
        if (batches.continues(1)) elements += 2 * double(model.predictor().state_size(trial.training.batch));
    }
    Memory memory;
    memory.weights = (2 * double(model.parameters().size()) + double(model.prepared_size())) * sizeof(float);
    memory.optimizer = double(PartOptimizers(trial, model).state_size()) * sizeof(float);
    memory.activations = elements * sizeof(float);
    memory.samples = sample_bytes(sampling);
    return memory;
}

}  // namespace unroll::training
