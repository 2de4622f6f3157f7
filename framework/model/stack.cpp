// A stack of cells. What it saves for backward is, layer by layer, what the layer itself saves and then its outputs
// (the top's are the caller's y).
#include "model/stack.h"

#include <algorithm>
#include <optional>

#include "model/buffer.h"
#include "plugins/make.h"

namespace unroll::model {

template <class Real>
Stack<Real>::Stack(std::vector<Layer> layers, Parameters& parameters) : layers_(std::move(layers)) {
    Size prepared = 0, state = 0;
    for (const Layer& layer : layers_) {
        const CellLayout& layout = layer.cell->layout();
        places_.push_back({parameters.add(layer.name, layout.weights), prepared, state});
        prepared += aligned(layer.cell->prepared_size());
        state += layout.state_size();
    }
}

template <class Real>
Size Stack<Real>::output() const {
    return layers_.back().cell->layout().output;
}

template <class Real>
Size Stack<Real>::context() const {
    Size fewest = 0;
    for (const Layer& layer : layers_)
        if (const Size own = layer.cell->layout().context) fewest = fewest ? std::min(fewest, own) : own;
    return fewest;
}

template <class Real>
Size Stack<Real>::state_size(Size B) const {
    return plugins::elements("model", B, places_.back().state + layers_.back().cell->layout().state_size());
}

template <class Real>
Size Stack<Real>::saved_begin(Size index, Size T, Size B) const {
    Size begin = 0;
    for (Size i = 0; i < index; ++i)
        begin += aligned(layers_[i].cell->saved_size(T, B)) + aligned(T * B * layers_[i].cell->layout().output);
    return begin;
}

template <class Real>
Size Stack<Real>::saved_size(Size T, Size B) const {
    check_extent(T, B);
    const Size top = layers_.size() - 1;
    Size all = 0;  // below 2^50 in each turn
    for (const Layer& layer : layers_)
        all = plugins::elements(
            "model",
            all + plugins::elements("model", layer.cell->saved_size(T, B), 1) + T * B * layer.cell->layout().output, 1);
    return saved_begin(top, T, B) + aligned(layers_[top].cell->saved_size(T, B));
}

template <class Real>
Size Stack<Real>::widest() const {
    Size width = 0;
    for (const Layer& layer : layers_) width = std::max(width, layer.cell->layout().output);
    return width;
}

template <class Real>
void Stack<Real>::check_extent(Size T, Size B) const {
    for (const Layer& layer : layers_) {
        plugins::elements("model", T, B, layer.cell->layout().output);
        plugins::elements("model", T, B, layer.cell->layout().state_size());
    }
}

template <class Real>
Size Stack<Real>::workspace_size(Size T, Size B) const {
    check_extent(T, B);
    Size most = 0;
    for (const Layer& layer : layers_)
        most = std::max(most, plugins::elements("model", layer.cell->workspace_size(T, B), 1));
    return aligned(most) + 2 * aligned(T * B * widest());  // two gradients in flight between layers
}

template <class Real>
Size Stack<Real>::prepared_size() const {
    return places_.back().prepared + aligned(layers_.back().cell->prepared_size());
}

template <class Real>
void Stack<Real>::prepare(const Real* weights, Real* prepared) const {
    for (Size i = 0; i < layers_.size(); ++i)
        layers_[i].cell->prepare(weights + places_[i].weights, prepared + places_[i].prepared);
}

template <class Real>
Forward<Real> Stack<Real>::layer_call(const Forward<Real>& call, Size index, const RandomStream* dropout) const {
    Forward<Real> own = call;
    own.weights = call.weights + places_[index].weights;
    own.prepared = call.prepared + places_[index].prepared;
    own.dropout = dropout;
    if (call.state) own.state = call.state + call.B * places_[index].state;
    if (call.next_state) own.next_state = call.next_state + call.B * places_[index].state;
    if (!layers_[index].cell->layout().cross_attends) own.source = nullptr, own.source_steps = 0;
    own.saved = call.saved + saved_begin(index, call.T, call.B);
    const auto outputs = [&](Size layer) {
        return call.saved + saved_begin(layer, call.T, call.B) +
               aligned(layers_[layer].cell->saved_size(call.T, call.B));
    };
    if (index > 0) own.x = {outputs(index - 1), nullptr};
    if (index + 1 < layers_.size()) own.y = outputs(index);
    return own;
}

template <class Real>
void Stack<Real>::forward(const Forward<Real>& call) const {
    for (Size i = 0; i < layers_.size(); ++i) {
        std::optional<RandomStream> stream;
        if (call.dropout) stream = call.dropout->split(i);
        layers_[i].cell->forward(layer_call(call, i, stream ? &*stream : nullptr));
    }
}

template <class Real>
void Stack<Real>::backward(const Forward<Real>& call, const Backward<Real>& gradients) const {
    const Size between = aligned(call.T * call.B * widest());
    Real* const scratch = gradients.workspace + 2 * between;
    const Real* from_above = gradients.dy;
    for (Size i = layers_.size(); i-- > 0;) {
        std::optional<RandomStream> stream;
        if (call.dropout) stream = call.dropout->split(i);
        Forward<Real> own_call = layer_call(call, i, stream ? &*stream : nullptr);
        own_call.workspace = scratch;
        Backward<Real> own = gradients;
        own.workspace = scratch;
        own.dy = from_above;
        own.dx = i > 0 ? gradients.workspace + (i % 2) * between : gradients.dx;
        if (i == 1 && layers_[0].cell->layout().weights.empty() && !gradients.dx)
            own.dx = nullptr;  // nobody below needs it
        const Size state = call.B * places_[i].state;
        if (gradients.dnext_state) own.dnext_state = gradients.dnext_state + state;
        if (gradients.dstate) own.dstate = gradients.dstate + state;
        if (gradients.dweights) own.dweights = gradients.dweights + places_[i].weights;
        if (!layers_[i].cell->layout().cross_attends) own.dsource = nullptr;
        layers_[i].cell->backward(own_call, own);
        if (!own.dx) break;
        from_above = own.dx;
    }
}

template class Stack<float>;
template class Stack<double>;

}  // namespace unroll::model
