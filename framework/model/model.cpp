// A model from a trial's settings.
#include "model/model.h"

#include <fmt/core.h>

#include "model/block.h"
#include "model/buffer.h"
#include "model/initialize.h"
#include "model/layers.h"
#include "plugins/make.h"
#include "unroll/error.h"

namespace unroll::model {

template <class Real>
Model<Real>::Model(const trial::Trial& trial, const Task& task, const plugins::Catalog& catalog, TokenInput input)
    : task_(task),
      topology_(trial::topology_of(task)),
      seed_(trial.seed),
      bridge_(trial.model.bridge),
      noise_(trial.model.noise),
      upstream_(trial::topology_of(task).has_upstream()
                    ? std::optional(make_stack(trial::upstream_part(trial, task), catalog, input))
                    : std::nullopt),
      upstream_size_(parameters_.size()),
      predictor_(make_stack(trial::predictor_part(trial, task, upstream_ ? upstream_->output() : 0), catalog, input)),
      head_(make_head(trial)) {}

template <class Real>
Stack<Real> Model<Real>::make_stack(const trial::Part& part, const plugins::Catalog& catalog, TokenInput input) {
    std::vector<typename Stack<Real>::Layer> layers;
    std::vector<Start> starts;
    const std::string prefix = part.name.empty() ? "" : std::string(part.name) + ".";
    const auto add = [&](const trial::CellSettings& settings, std::string name, std::unique_ptr<Cell<Real>> cell) {
        for (const Weight& weight [[maybe_unused]] : cell->layout().weights)
            starts.push_back({settings.initializer, settings.layers});
        layers.push_back({prefix + std::move(name), std::move(cell)});
    };
    if (part.embedding)  // it starts as the cell above it does
        add(part.cells.front(), "embedding", std::make_unique<Embedding<Real>>(part.tokens, part.embedding));

    Size number = 0;
    trial::for_each_layer(part, [&](Size, const trial::CellSettings& settings, CellSpec spec, trial::Below below) {
        const Plugin* plugin = catalog.find(Plugin::Kind::cell, settings.choice.plugin);
        if (!plugin) throw Error(catalog.missing(Plugin::Kind::cell, settings.choice.plugin));
        const bool reads_tokens = below.tokens;
        if (input == TokenInput::one_hot) spec.tokens = below.tokens = false;
        auto cell = plugins::make_cell<Real>(*plugin, spec, settings.choice.options);
        const CellLayout layout = cell->layout();
        const bool projects = settings.block && (reads_tokens || below.width != settings.hidden);
        if (reads_tokens && (input == TokenInput::one_hot || !(projects || layout.takes_tokens)))
            add(settings, "one_hot", std::make_unique<OneHot<Real>>(part.tokens));
        if (projects)
            add(settings, fmt::format("projection.{}", number),
                std::make_unique<Projection<Real>>(
                    CellSpec{.input = below.width, .hidden = settings.hidden, .tokens = below.tokens}));
        if (settings.block)
            cell = std::make_unique<Block<Real>>(*settings.block, settings.hidden, spec, std::move(cell));
        add(settings, fmt::format("cell.{}", number++), std::move(cell));
        const bool drops = settings.dropout > 0 && !settings.block && !layout.applies_dropout;
        if (drops) add(settings, "dropout", std::make_unique<Dropout<Real>>(layout.output, settings.dropout));
        return layout.output;
    });
    for (const Start& start : starts) starts_.push_back(start);
    return Stack<Real>(std::move(layers), parameters_);
}

template <class Real>
Head Model<Real>::make_head(const trial::Trial& trial) {
    Head head;
    head.inputs = predictor_.output();
    head.outputs = !topology_.has_target ? 1 : task_.target_tokens ? task_.target_tokens : task_.target_reals;
    head.has_bias = !trial.model.tied;
    if (trial.model.tied) {
        const Parameter& table = parameters_.list().front();  // the embedding is the first layer
        if (upstream_ || !task_.input_tokens || !trial.model.embedding ||
            table.weight.shape != std::vector{head.outputs, head.inputs})
            throw Error({"model.tied",
                         fmt::format("an embedding of {} tokens, {} wide", task_.input_tokens, trial.model.embedding),
                         fmt::format("{} tokens, {} wide, as the head is", head.outputs, head.inputs),
                         "set model.embedding to the width of the top cell's output, or model.tied to false"});
        head.weight = table.offset;
        return head;
    }
    head.weight = parameters_.add("head", {{"weight", {head.outputs, head.inputs}, Weight::Role::input, head.inputs},
                                           {"bias", {head.outputs}, Weight::Role::bias, head.inputs}});
    head.bias = head.weight + head.outputs * head.inputs;
    starts_.insert(starts_.end(), 2, {trial.cells.back().initializer, trial.cells.back().layers});
    return head;
}

template <class Real>
void Model<Real>::initialize(Real* weights) const {
    for (Size i = 0; i < parameters_.list().size(); ++i) {
        const Parameter& parameter = parameters_.list()[i];
        model::initialize(parameter.weight, starts_[i].initializer, starts_[i].depth,
                          RandomStream(seed_, "weights", {content_hash(parameter.name)}), weights + parameter.offset);
    }
}

template <class Real>
Size Model<Real>::prepared_size() const {
    return prepared_predictor() + aligned(predictor_.prepared_size()) +
           aligned(packed_size(head_.inputs, head_.outputs)) + aligned(packed_size(head_.outputs, head_.inputs));
}

template <class Real>
void Model<Real>::prepare(const Real* weights, Real* prepared) const {
    prepare_upstream(weights, prepared);
    prepare_predictor(weights, prepared);
}

template <class Real>
void Model<Real>::prepare_upstream(const Real* weights, Real* prepared) const {
    if (upstream_) upstream_->prepare(weights, prepared);
}

template <class Real>
void Model<Real>::prepare_predictor(const Real* weights, Real* prepared) const {
    predictor_.prepare(weights, prepared + prepared_predictor());
    const Matrix<const Real> W(weights + head_.weight, head_.outputs, head_.inputs);
    Real* const forward = prepared + prepared_head();
    pack(W.transposed(), forward);
    pack(W, forward + aligned(packed_size(head_.inputs, head_.outputs)));
}

template <class Real>
Size Model<Real>::prepared_predictor() const {
    return upstream_ ? aligned(upstream_->prepared_size()) : 0;
}

template <class Real>
Size Model<Real>::prepared_head() const {
    return prepared_predictor() + aligned(predictor_.prepared_size());
}

template <class Real>
Packed<Real> Model<Real>::head_forward(const Real* prepared) const {
    return {prepared + prepared_head(), head_.inputs, head_.outputs};
}

template <class Real>
Packed<Real> Model<Real>::head_backward(const Real* prepared) const {
    return {prepared + prepared_head() + aligned(packed_size(head_.inputs, head_.outputs)), head_.outputs,
            head_.inputs};
}

namespace {

/// Of one stack, T steps of B sequences; `tokens` is the V of what it reads, or 0. A matrix whose x is one-hot is
/// looked up and costs nothing, whether the cell takes tokens or not.
template <class Real>
double flops(const Stack<Real>& stack, Size T, Size B, Size tokens) {
    double flops = 0;
    bool below_is_tokens = tokens > 0;
    for (const auto& layer : stack.layers()) {
        flops += layer.cell->flops(T, B);
        for (const Weight& weight : layer.cell->layout().weights) {
            const bool one_hot = below_is_tokens && weight.role == Weight::Role::input && weight.shape.size() > 1 &&
                                 weight.shape[1] == tokens;
            if (one_hot) flops -= 6 * double(T) * double(B) * double(weight.size());
        }
        if (!layer.name.ends_with("one_hot")) below_is_tokens = false;
    }
    return flops;
}

}  // namespace

template <class Real>
double Model<Real>::flops_per_step(Size T, Size B, Size predictions) const {
    const Size fed = feeds_back() ? task_.target_tokens + 1 : topology_.separate_target ? 0 : task_.input_tokens;
    const double head = 6 * double(predictions) * double(head_.inputs) * double(head_.outputs);
    const double predictor = flops(predictor_, topology_.separate_target ? task_.target_length : T, B, fed);
    const double upstream = upstream_ ? flops(*upstream_, T, B, task_.input_tokens) : 0;
    return topology_.predictor_passes * (head + predictor) + topology_.upstream_passes * upstream;
}

template class Model<float>;
template class Model<double>;

}  // namespace unroll::model
