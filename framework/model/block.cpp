// The block around a cell.
#include "model/block.h"

#include <algorithm>

namespace unroll::model {

using namespace layers;

namespace {

NormPlacement placement_of(trial::BlockSettings::Norm norm) {
    using Norm = trial::BlockSettings::Norm;
    return norm == Norm::pre ? NormPlacement::pre : norm == Norm::post ? NormPlacement::post : NormPlacement::none;
}

NormKind kind_of(trial::BlockSettings::NormKind kind) {
    return kind == trial::BlockSettings::NormKind::rms ? NormKind::rms : NormKind::layer;
}

FeedForwardActivation activation_of(trial::BlockSettings::Activation activation) {
    using Activation = trial::BlockSettings::Activation;
    return activation == Activation::relu     ? FeedForwardActivation::relu
           : activation == Activation::swiglu ? FeedForwardActivation::swiglu
                                              : FeedForwardActivation::gelu;
}

std::optional<RandomStream> part(const RandomStream* stream, Size use) {
    return stream ? std::optional(stream->split(use)) : std::nullopt;
}

/// Dropout of one use in a call.
template <class Real>
Dropout dropout_of(const Forward<Real>& call, double probability, Size use) {
    return Dropout(call, probability).part(use);
}

}  // namespace

template <class Real>
Block<Real>::Block(const trial::BlockSettings& settings, Size width, const CellSpec& spec,
                   std::unique_ptr<Cell<Real>> cell)
    : H_(width),
      I_(spec.input),
      O_(cell->layout().output),
      cell_dropout_(spec.dropout),
      dropout_(settings.dropout),
      projects_in_(settings.gate != trial::BlockSettings::Gate::none || I_ != H_),
      projects_out_(projects_in_ || O_ != H_),
      convolves_(settings.convolution > 0),
      gates_(settings.gate != trial::BlockSettings::Gate::none),
      drops_(spec.dropout > 0 && !cell->layout().applies_dropout),
      feeds_(settings.feed_forward > 0),
      ends_(settings.norm == trial::BlockSettings::Norm::pre && spec.layer + 1 == spec.layers),
      cell_(std::move(cell)) {
    CellLayout& layout = this->layout_;
    const CellLayout& inner = cell_->layout();
    const NormPlacement placement = placement_of(settings.norm);
    const Skip skip = settings.residual ? Skip::present : Skip::absent;
    const auto norm = [&](const char* name) {
        return placement == NormPlacement::none
                   ? Norm<Real>()
                   : Norm<Real>(layout, name, H_, Bias::present, kind_of(settings.norm_kind));
    };
    const auto linear = [&](Size inputs, Size outputs, const char* name, Weight::Role role) {
        return Linear<Real>(
            layout,
            {.inputs = inputs, .outputs = outputs, .weight = name, .bias = {}, .role = role, .has_bias = Bias::absent});
    };
    mixer_residual_ = {norm("norm1"), placement, H_, skip};
    if (projects_in_) in_ = linear(H_, I_, "in_proj.weight", Weight::Role::input);
    if (convolves_) convolution_ = {layout, "conv1d", I_, settings.convolution};
    if (gates_) gate_ = linear(H_, O_, "gate_proj.weight", Weight::Role::input);
    cell_weights_ = layout.weight_count();
    for (Weight weight : inner.weights) {
        weight.name = "cell." + weight.name;
        layout.add(std::move(weight));
    }
    cell_state_ = layout.state_size();
    for (const StatePart& state : inner.state) layout.add_state("cell." + state.name, state.size);
    if (projects_out_)
        out_ = linear(O_, H_, "out_proj.weight", settings.residual ? Weight::Role::residual : Weight::Role::input);
    if (feeds_) {
        feed_forward_residual_ = {norm("norm2"), placement, H_, skip};
        feed_forward_ = {layout,
                         {.width = H_,
                          .hidden = settings.feed_forward * H_,
                          .activation = activation_of(settings.activation),
                          .bias = Bias::present}};
    }
    if (ends_) norm_ = norm("norm");
    layout.output = H_;
    layout.context = inner.context;
    layout.causal = inner.causal;
    layout.applies_dropout = true;
    layout.cross_attends = inner.cross_attends;
}

template <class Real>
template <class Element>
Block<Real>::Prepared<Element>::Prepared(const Block& block, Element* base)
    : Slices<Element>(base),
      in(this->take(block.in_.prepared_size())),
      convolution(this->take(block.convolves_ ? block.convolution_.prepared_size() : 0)),
      gate(this->take(block.gate_.prepared_size())),
      cell(this->take(block.cell_->prepared_size())),
      out(this->take(block.out_.prepared_size())),
      feed_forward(this->take(block.feed_forward_.prepared_size())) {}

template <class Real>
Block<Real>::Saved::Saved(const Block& block, Size T, Size B, Real* base) : Slices<Real>(base) {
    const Size rows = T * B, stream = rows * block.H_, inner = rows * block.I_, outer = rows * block.O_;
    const Size states = block.keeps_states() ? B * block.cell_->layout().state_size() : 0;
    projected = this->take(block.projects_in_ ? inner : 0);
    convolved = this->take(block.convolves_ ? inner : 0);
    active = this->take(block.convolves_ ? inner : 0);
    gate = this->take(block.gates_ ? outer : 0);
    output = this->take(outer);
    dropped = this->take(block.drops_ ? outer : 0);
    gated = this->take(block.gates_ ? outer : 0);
    state = this->take(states);
    next_state = this->take(states);
    mixed = this->take(block.feeds_ ? stream : 0);
    fed = this->take(block.ends_ ? stream : 0);
    statistics = this->take(block.ends_ ? 2 * rows : 0);
    cell = this->take(block.cell_->saved_size(T, B));
    mixer_residual = block.mixer_residual_.take(*this, rows);
    if (block.feeds_) {
        feed_forward_residual = block.feed_forward_residual_.take(*this, rows);
        feed_forward = block.feed_forward_.take(*this, rows);
    }
}

template <class Real>
Block<Real>::Workspace::Workspace(const Block& block, Size T, Size B, Real* base) : Slices<Real>(base) {
    const Size rows = T * B, inner_width = rows * block.I_, outer = rows * block.O_;
    const Size states = block.keeps_states() ? B * block.cell_->layout().state_size() : 0;
    d = this->take(rows * block.H_);
    dout = this->take(block.dropout_ > 0 ? rows * block.H_ : 0);
    din = this->take(rows * block.H_);
    doutput = this->take(outer);
    dgate = this->take(block.gates_ ? outer : 0);
    dactive = this->take(inner_width);
    dprojected = this->take(block.convolves_ ? 2 * inner_width : 0);
    dstate = this->take(states);
    dnext_state = this->take(states);
    inner = this->take(
        std::max(block.cell_->workspace_size(T, B), block.feeds_ ? block.feed_forward_.workspace_size(rows) : 0));
}

template <class Real>
Size Block<Real>::prepared_size() const {
    return Prepared<Real>(*this).used();
}

template <class Real>
void Block<Real>::prepare(const Real* weights, Real* to) const {
    const Prepared<Real> prepared(*this, to);
    if (projects_in_) in_.prepare(weights, prepared.in);
    if (convolves_) convolution_.prepare(weights, prepared.convolution);
    if (gates_) gate_.prepare(weights, prepared.gate);
    cell_->prepare(weights + cell_weights_, prepared.cell);
    if (projects_out_) out_.prepare(weights, prepared.out);
    if (feeds_) feed_forward_.prepare(weights, prepared.feed_forward);
}

template <class Real>
double Block<Real>::flops(Size T, Size B) const {
    return this->layout_.product_flops(T, B) - cell_->layout().product_flops(T, B) + cell_->flops(T, B);
}

template <class Real>
void Block<Real>::gather_state(const Real* rows, Real* own, Size B) const {
    const Size size = cell_->layout().state_size(), all = this->layout_.state_size();
    for (Size b = 0; b < B; ++b) std::copy_n(rows + b * all + cell_state_, size, own + b * size);
}

template <class Real>
void Block<Real>::scatter_state(const Real* own, Real* rows, Size B) const {
    const Size size = cell_->layout().state_size(), all = this->layout_.state_size();
    for (Size b = 0; b < B; ++b) std::copy_n(own + b * size, size, rows + b * all + cell_state_);
}

template <class Real>
const Real* Block<Real>::cell_input(const Saved& saved, const Real* u) const {
    return convolves_ ? saved.active : projects_in_ ? saved.projected : u;
}

template <class Real>
Forward<Real> Block<Real>::cell_call(const Forward<Real>& call, const Saved& saved, const Real* u,
                                     const std::optional<RandomStream>& dropout) const {
    Forward<Real> own = call;
    own.weights = call.weights + cell_weights_;
    own.prepared = Prepared<const Real>(*this, call.prepared).cell;
    own.x = {cell_input(saved, u), nullptr};
    own.dropout = dropout ? &*dropout : nullptr;
    own.y = saved.output;
    own.saved = saved.cell;
    if (keeps_states()) {
        if (call.state) own.state = saved.state;
        if (call.next_state) own.next_state = saved.next_state;
    }
    return own;
}

template <class Real>
void Block<Real>::mix(const Forward<Real>& call, const Saved& saved, const Real* u, Real* out) const {
    const Size rows = call.T * call.B;
    const Prepared<const Real> prepared(*this, call.prepared);
    if (projects_in_) in_.forward(call.weights, prepared.in, u, rows, saved.projected);
    if (keeps_states() && call.state) gather_state(call.state, saved.state, call.B);
    if (convolves_) {
        std::fill_n(saved.convolved, rows * I_, Real{0});
        convolution_.forward(call, prepared.convolution, projects_in_ ? saved.projected : u, saved.convolved,
                             this->layout_.state_size());
        for_each_part(rows * I_, [&](Size first, Size n) { silu(saved.convolved + first, saved.active + first, n); });
    }
    const auto stream = part(call.dropout, in_cell);
    cell_->forward(cell_call(call, saved, u, stream));
    if (keeps_states() && call.next_state) scatter_state(saved.next_state, call.next_state, call.B);
    if (drops_) {
        std::copy_n(saved.output, rows * O_, saved.dropped);
        if (const Dropout dropout = dropout_of(call, cell_dropout_, cell_output))
            dropout.apply(saved.dropped, saved.dropped, rows * O_);
    }
    if (gates_) {
        gate_.forward(call.weights, prepared.gate, u, rows, saved.gate);
        silu_gate(saved.gate, output_of_cell(saved), saved.gated, rows * O_);
    }
    if (projects_out_)
        out_.forward(call.weights, prepared.out, mixer_end(saved), rows, out);
    else
        std::copy_n(mixer_end(saved), rows * H_, out);
}

template <class Real>
void Block<Real>::forward(const Forward<Real>& call) const {
    const Size rows = call.T * call.B;
    const Saved saved(*this, call.T, call.B, call.saved);
    const Prepared<const Real> prepared(*this, call.prepared);
    mixer_residual_.forward(call.weights, rows, call.x.values, mixed(call, saved), saved.mixer_residual,
                            dropout_of(call, dropout_, mixer_branch),
                            [&](const Real* in, Real* out) { mix(call, saved, in, out); });
    if (feeds_)
        feed_forward_residual_.forward(
            call.weights, rows, mixed(call, saved), fed(call, saved), saved.feed_forward_residual,
            dropout_of(call, dropout_, feed_forward_branch), [&](const Real* in, Real* out) {
                feed_forward_.forward(call.weights, prepared.feed_forward, rows, saved.feed_forward, in, out);
            });
    if (ends_) norm_.forward(call.weights, saved.fed, call.y, saved.statistics, rows);
    clear_padding(call, call.y, H_);
}

template <class Real>
void Block<Real>::mix_backward(const Forward<Real>& call, const Backward<Real>& gradients, const Saved& saved,
                               const Real* u, const Real* dout, Real* du, const Workspace& work) const {
    const Size rows = call.T * call.B;
    if (projects_out_) {
        out_.backward_weights(mixer_end(saved), dout, rows, gradients.dweights);
        out_.backward_input(call.weights, dout, rows, work.doutput);
    } else {
        std::copy_n(dout, rows * O_, work.doutput);
    }
    if (gates_) {
        silu_gate_backward(saved.gate, output_of_cell(saved), work.doutput, work.dgate, work.doutput, rows * O_);
        gate_.backward_weights(u, work.dgate, rows, gradients.dweights);
    }
    if (drops_)
        if (const Dropout dropout = dropout_of(call, cell_dropout_, cell_output))
            dropout.apply(work.doutput, work.doutput, rows * O_);

    const auto stream = part(call.dropout, in_cell);
    Forward<Real> own_call = cell_call(call, saved, u, stream);
    own_call.workspace = work.inner;
    Backward<Real> own = gradients;
    own.dy = work.doutput;
    own.dx = convolves_ || projects_in_ ? work.dactive : du;
    own.workspace = work.inner;
    if (gradients.dweights) own.dweights = gradients.dweights + cell_weights_;
    if (keeps_states()) {
        if (gradients.dnext_state) {
            gather_state(gradients.dnext_state, work.dnext_state, call.B);
            own.dnext_state = work.dnext_state;
        }
        if (gradients.dstate) own.dstate = work.dstate;
    }
    cell_->backward(own_call, own);
    if (keeps_states() && gradients.dstate) scatter_state(work.dstate, gradients.dstate, call.B);

    const Real* dprojected = work.dactive;
    if (convolves_) {
        Real* const dconvolved = work.dprojected;
        Real* const dinput = projects_in_ ? work.dprojected + rows * I_ : du;
        for_each_part(rows * I_, [&](Size first, Size n) {
            silu_backward(saved.convolved + first, work.dactive + first, dconvolved + first, n);
        });
        convolution_.backward(call, gradients, Prepared<const Real>(*this, call.prepared).convolution,
                              projects_in_ ? saved.projected : u, dconvolved, dinput, this->layout_.state_size());
        dprojected = dinput;
    }
    if (projects_in_) {
        in_.backward_weights(u, dprojected, rows, gradients.dweights);
        in_.backward_input(call.weights, dprojected, rows, du);
    }
    if (gates_) gate_.backward_input(call.weights, work.dgate, rows, du, Into::add);
}

template <class Real>
void Block<Real>::backward(const Forward<Real>& call, const Backward<Real>& gradients) const {
    const Size rows = call.T * call.B;
    const Saved saved(*this, call.T, call.B, call.saved);
    const Workspace work(*this, call.T, call.B, gradients.workspace);
    Real *const d = work.d, *const dweights = gradients.dweights;  // d: the stream's gradient, from y down to x

    std::copy_n(gradients.dy, rows * H_, d);
    clear_padding(call, d, H_);
    if (ends_) norm_.backward(call.weights, saved.fed, saved.statistics, d, d, dweights, rows);
    if (feeds_)
        feed_forward_residual_.backward(call.weights, dweights, rows, mixed(call, saved), saved.feed_forward_residual,
                                        dropout_of(call, dropout_, feed_forward_branch), d, work.dout, work.din,
                                        [&](const Real* in, const Real* dout, Real* din) {
                                            feed_forward_.backward(call.weights, dweights, rows, saved.feed_forward, in,
                                                                   dout, din, work.inner);
                                        });
    mixer_residual_.backward(call.weights, dweights, rows, call.x.values, saved.mixer_residual,
                             dropout_of(call, dropout_, mixer_branch), d, work.dout, work.din,
                             [&](const Real* in, const Real* dout, Real* din) {
                                 mix_backward(call, gradients, saved, in, dout, din, work);
                             });
    if (gradients.dx) std::copy_n(d, rows * H_, gradients.dx);
}

template class Block<float>;
template class Block<double>;

}  // namespace unroll::model
