// The encoder, forward and back, and its bridge to the decoder.
#include "model/encoder_pass.h"

#include <algorithm>

#include "plugins/make.h"
#include "unroll/kernels.h"

namespace unroll::model {

template <class Real>
EncoderPass<Real>::EncoderPass(const Model<Real>& model, const std::vector<Extent>& extents, Use use) : model_(model) {
    const Stack<Real>& encoder = *model.upstream();
    Size saved = 0, workspace = 0, rows = 0, decoder_rows = 0, sequences = 0;
    for (const Extent& extent : extents) {
        saved = std::max(saved, encoder.saved_size(extent.source, extent.B));
        workspace = std::max(workspace, encoder.workspace_size(extent.source, extent.B));
        rows = std::max(rows, extent.source * extent.B);
        decoder_rows = std::max(decoder_rows, extent.T * extent.B);
        sequences = std::max(sequences, extent.B);
    }
    const bool learns = use == Use::training;
    saved_ = Buffer<Real>(saved);
    workspace_ = Buffer<Real>(workspace);
    y_ = Buffer<Real>(rows * encoder.output());
    if (learns) dy_ = Buffer<Real>(y_.size());
    if (model.bridge() == trial::Bridge::state) {
        state_ = Buffer<Real>(encoder.state_size(sequences));
        if (learns) dstate_ = Buffer<Real>(state_.size());
    }
    if (model.bridge() == trial::Bridge::repeat) {
        repeated_ = Buffer<Real>(plugins::elements("model", decoder_rows, encoder.output()));
        if (learns) drepeated_ = Buffer<Real>(repeated_.size());
    }
}

template <class Real>
void EncoderPass<Real>::forward(Weights<Real> weights, const Source<Real>& source, Size B,
                                const RandomStream* dropout) {
    constexpr std::uint64_t encoder = std::uint64_t{1} << 32;  // apart from the decoder's layers, which are numbered
    dropout_.reset();
    if (dropout) dropout_ = dropout->split(encoder);
    call_ = {};
    call_.T = source.T;
    call_.B = B;
    call_.weights = weights.values;
    call_.prepared = weights.prepared;
    call_.x =
        source.tokens.empty() ? Input<Real>{source.reals.data(), nullptr} : Input<Real>{nullptr, source.tokens.data()};
    call_.lengths = source.lengths.empty() ? nullptr : source.lengths.data();
    call_.next_state = model_.bridge() == trial::Bridge::state ? state_.data() : nullptr;
    call_.dropout = dropout_ ? &*dropout_ : nullptr;
    call_.y = y_.data();
    call_.saved = saved_.data();
    call_.workspace = workspace_.data();
    model_.upstream()->forward(call_);
}

template <class Real>
template <class Visit>
void EncoderPass<Real>::for_each_repeated(Visit&& visit) const {
    for (Size b = 0; b < call_.B; ++b) {
        const Size last = (call_.lengths ? call_.lengths[b] : call_.T) - 1;
        for (Size t = 0; t < decoder_steps_; ++t) visit(last * call_.B + b, t * call_.B + b);
    }
}

template <class Real>
void EncoderPass<Real>::connect(Forward<Real>& decoder) {
    switch (model_.bridge()) {
        case trial::Bridge::state:
            if (!decoder.state) decoder.state = state_.data();
            break;
        case trial::Bridge::repeat: {
            const Size width = model_.upstream()->output();
            decoder_steps_ = decoder.T;
            for_each_repeated([&](Size from, Size to) {
                std::copy_n(y_.data() + from * width, width, repeated_.data() + to * width);
            });
            decoder.x = {repeated_.data(), nullptr};
            break;
        }
        case trial::Bridge::attention:
            decoder.source = y_.data();
            decoder.source_steps = call_.T;
            decoder.source_lengths = call_.lengths;
            break;
    }
}

template <class Real>
void EncoderPass<Real>::connect(Backward<Real>& decoder) {
    dy_.clear();
    switch (model_.bridge()) {
        case trial::Bridge::state:
            decoder.dstate = dstate_.data();
            break;
        case trial::Bridge::repeat:
            decoder.dx = drepeated_.data();
            break;
        case trial::Bridge::attention:
            decoder.dsource = dy_.data();
            break;
    }
}

template <class Real>
void EncoderPass<Real>::backward(Real* dweights) {
    Backward<Real> gradients;
    if (model_.bridge() == trial::Bridge::repeat) {
        const Size width = model_.upstream()->output();
        for_each_repeated(
            [&](Size to, Size from) { axpy(1, drepeated_.data() + from * width, dy_.data() + to * width, width); });
    }
    gradients.dy = dy_.data();
    if (model_.bridge() == trial::Bridge::state) gradients.dnext_state = dstate_.data();
    gradients.dweights = dweights;
    gradients.workspace = workspace_.data();
    model_.upstream()->backward(call_, gradients);
}

template class EncoderPass<float>;
template class EncoderPass<double>;

}  // namespace unroll::model
