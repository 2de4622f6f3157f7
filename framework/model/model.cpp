// A model from a trial's settings.
#include "model/model.h"

#include <fmt/core.h>

#include "model/buffer.h"
#include "model/initialize.h"
#include "model/layers.h"
#include "unroll/error.h"

namespace unroll::model {

namespace {

template <class Real>
std::unique_ptr<Cell<Real>> make_cell(const Plugin& plugin, const CellSpec& spec, const Options& options) {
    if constexpr (std::is_same_v<Real, float>)
        return plugin.make_cell_float(spec, options);
    else
        return plugin.make_cell_double(spec, options);
}

template <class Real>
std::vector<typename Stack<Real>::Layer> make_layers(const manifest::Trial& trial, const Task& task,
                                                     const plugins::Catalog& catalog) {
    std::vector<typename Stack<Real>::Layer> layers;
    const auto width = [&] { return layers.back().cell->layout().output; };
    if (task.input_tokens && trial.model.embedding)
        layers.push_back({"embedding", std::make_unique<Embedding<Real>>(task.input_tokens, trial.model.embedding)});

    Size number = 0;
    for (const manifest::CellSettings& settings : trial.cells) {
        const Plugin* plugin = catalog.find(Plugin::Kind::cell, settings.choice.plugin);
        if (!plugin) throw Error(catalog.missing(Plugin::Kind::cell, settings.choice.plugin));
        for (Size layer = 0; layer < settings.layers; ++layer) {
            CellSpec spec;
            spec.input = !layers.empty() ? width() : task.input_tokens ? task.input_tokens : task.input_reals;
            spec.hidden = settings.hidden;
            spec.layer = layer;
            spec.layers = settings.layers;
            spec.context = std::max(trial.training.sequence_length, trial.training.evaluate_length);
            spec.dropout = settings.dropout;
            spec.tokens = layers.empty() && task.input_tokens > 0;
            auto cell = make_cell<Real>(*plugin, spec, settings.choice.options);
            const CellLayout& layout = cell->layout();
            if (layers.empty() && task.input_tokens && !layout.takes_tokens)
                layers.push_back({"one_hot", std::make_unique<OneHot<Real>>(task.input_tokens)});
            const bool drops = settings.dropout > 0 && !layout.applies_dropout;
            const Size output = layout.output;
            layers.push_back({fmt::format("cell.{}", number++), std::move(cell)});
            if (drops) layers.push_back({"dropout", std::make_unique<Dropout<Real>>(output, settings.dropout)});
        }
    }
    return layers;
}

Head make_head(const manifest::Trial& trial, const Task& task, Size inputs, Parameters& parameters) {
    Head head;
    head.inputs = inputs;
    head.outputs = task.target_tokens ? task.target_tokens : task.target_reals;
    head.has_bias = !trial.model.tied;
    if (trial.model.tied) {
        const Parameter& table = parameters.list().front();  // the embedding is the first layer
        if (!task.input_tokens || !trial.model.embedding || table.weight.shape != std::vector{head.outputs, inputs})
            throw Error({"model.tied",
                         fmt::format("an embedding of {} tokens, {} wide", task.input_tokens, trial.model.embedding),
                         fmt::format("{} tokens, {} wide, as the head is", head.outputs, inputs),
                         "set model.embedding to the width of the top cell's output, or model.tied to false"});
        head.weight = table.offset;
        return head;
    }
    const Size begin = parameters.add("head", {{"weight", {head.outputs, inputs}, Weight::Role::input, inputs},
                                               {"bias", {head.outputs}, Weight::Role::bias, inputs}});
    head.weight = begin;
    head.bias = begin + head.outputs * inputs;
    return head;
}

}  // namespace

std::string_view task_name(const Task& task) {
    switch (task.kind) {
        case Task::Kind::next_token:
            return "next-token";
        case Task::Kind::label:
            return "label";
        case Task::Kind::sequence:
            return "sequence";
        case Task::Kind::target_sequence:
            return "target-sequence";
        case Task::Kind::image:
            return "image";
        case Task::Kind::reals:
            break;
    }
    return "reals";
}

std::string_view topology(const Task& task) {
    switch (task.kind) {
        case Task::Kind::next_token:
            return "decoder";
        case Task::Kind::target_sequence:
            return "encoder-decoder";
        case Task::Kind::image:
            return "adversarial";
        default:
            return "encoder";
    }
}

template <class Real>
Model<Real>::Model(const manifest::Trial& trial, const Task& task, const plugins::Catalog& catalog)
    : task_(task),
      seed_(trial.seed),
      stack_(make_layers<Real>(trial, task, catalog), parameters_),
      head_(make_head(trial, task, stack_.output(), parameters_)) {
    // Embedding and head start as the cells next to them do.
    for (const Parameter& parameter : parameters_.list()) {
        const manifest::CellSettings* settings =
            parameter.name.starts_with("head.") ? &trial.cells.back() : &trial.cells.front();
        if (parameter.name.starts_with("cell.")) {
            Size layer = std::stoul(parameter.name.substr(5));
            for (const manifest::CellSettings& entry : trial.cells) {
                settings = &entry;
                if (layer < entry.layers) break;
                layer -= entry.layers;
            }
        }
        schemes_.push_back(settings->initializer);
        depths_.push_back(settings->layers);
    }
}

template <class Real>
void Model<Real>::initialize(Real* weights) const {
    for (Size i = 0; i < parameters_.list().size(); ++i) {
        const Parameter& parameter = parameters_.list()[i];
        model::initialize(parameter.weight, schemes_[i], depths_[i],
                          RandomStream(seed_, "weights", {content_hash(parameter.name)}), weights + parameter.offset);
    }
}

template <class Real>
Size Model<Real>::prepared_size() const {
    return aligned(stack_.prepared_size()) + aligned(packed_size(head_.inputs, head_.outputs)) +
           aligned(packed_size(head_.outputs, head_.inputs));
}

template <class Real>
void Model<Real>::prepare(const Real* weights, Real* prepared) const {
    stack_.prepare(weights, prepared);
    const Matrix<const Real> W(weights + head_.weight, head_.outputs, head_.inputs);
    Real* const forward = prepared + aligned(stack_.prepared_size());
    pack(W.transposed(), forward);
    pack(W, forward + aligned(packed_size(head_.inputs, head_.outputs)));
}

template <class Real>
Packed<Real> Model<Real>::head_forward(const Real* prepared) const {
    return {prepared + aligned(stack_.prepared_size()), head_.inputs, head_.outputs};
}

template <class Real>
Packed<Real> Model<Real>::head_backward(const Real* prepared) const {
    return {prepared + aligned(stack_.prepared_size()) + aligned(packed_size(head_.inputs, head_.outputs)),
            head_.outputs, head_.inputs};
}

template <class Real>
double Model<Real>::flops_per_step(Size T, Size B, Size predictions) const {
    const double steps = double(T) * double(B);
    double flops = 6 * double(predictions) * double(head_.inputs) * double(head_.outputs);
    bool below_is_tokens = task_.input_tokens > 0;
    for (const auto& layer : stack_.layers()) {
        const CellLayout& layout = layer.cell->layout();
        for (const Weight& weight : layout.weights) {
            if (weight.shape.size() < 2 || weight.role == Weight::Role::table) continue;
            const bool one_hot =
                below_is_tokens && weight.role == Weight::Role::input && weight.shape[1] == task_.input_tokens;
            if (!one_hot) flops += 6 * steps * double(weight.size());
        }
        flops += 12 * steps * double(T) * double(layout.attended);
        if (layer.name != "one_hot") below_is_tokens = false;
    }
    return flops;
}

template class Model<float>;
template class Model<double>;

}  // namespace unroll::model
