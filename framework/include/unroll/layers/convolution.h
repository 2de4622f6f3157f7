// A causal depthwise convolution over time, with the inputs that it still needs as its state.
//
//     y_t = b + Σ_k w_k ∘ x_{t-K+1+k}        k = 0 … K-1, as torch.nn.Conv1d(C, C, K, groups=C, padding=K-1) has it
#pragma once

#include <algorithm>
#include <string>

#include "unroll/cell.h"
#include "unroll/layers/linear.h"
#include "unroll/parallel.h"

namespace unroll::layers {

/// Of C channels and K taps. Its state is the last K-1 inputs, the oldest first: (K-1)·C elements of each sequence's
/// state, zeros before a sequence's beginning. Immutable; any number of threads may use it. `weights` and `dweights`
/// are those of the whole cell.
template <class Real>
class CausalConvolution {
public:
    CausalConvolution() = default;
    /// Adds NAME.weight (C, K), NAME.bias (C) and the part NAME of the state to the layout.
    CausalConvolution(CellLayout& layout, const std::string& name, Size channels, Size taps, Bias bias = Bias::present)
        : C_(channels), K_(taps), has_bias_(bias == Bias::present) {
        weight_ = layout.add({name + ".weight", {C_, K_}, Weight::Role::input, K_});
        if (has_bias_) bias_ = layout.add({name + ".bias", {C_}, Weight::Role::bias, K_});
        state_ = layout.add_state(name, (K_ - 1) * C_);
    }

    /// Each tap's weights side by side, (K, C). To be called from Cell::prepare.
    Size prepared_size() const { return K_ * C_; }
    void prepare(const Real* weights, Real* prepared) const {
        for (Size k = 0; k < K_; ++k)
            for (Size c = 0; c < C_; ++c) prepared[k * C_ + c] = weights[weight_ + c * K_ + k];
    }

    /// y (T, B, C) from x (T, B, C), not the same array; and this part of next_state. `state_size` is that of the whole
    /// cell's state of a sequence. Rows at and after a sequence's length are left alone.
    void forward(const Forward<Real>& call, const Real* prepared, const Real* x, Real* y, Size state_size) const {
        parallel_for(call.T * call.B, 1 + 16384 / (K_ * C_), [&](Size first, Size last) {
            for (Size row = first; row < last; ++row) {
                const Size t = row / call.B, b = row % call.B;
                if (t >= length(call, b)) continue;
                Real* out = y + row * C_;
                if (has_bias_)
                    std::copy_n(call.weights + bias_, C_, out);
                else
                    std::fill_n(out, C_, Real{0});
                for (Size k = 0; k < K_; ++k)
                    if (const Real* in = input(call, x, t + k, b, state_size))
                        for (Size c = 0; c < C_; ++c) out[c] += prepared[k * C_ + c] * in[c];
            }
        });
        if (!call.next_state) return;
        for (Size b = 0; b < call.B; ++b)  // from the oldest on, so that it may be the same array as the state
            for (Size j = 0; j + 1 < K_; ++j) {
                Real* next = call.next_state + b * state_size + state_ + j * C_;
                if (const Real* in = input(call, x, length(call, b) + j, b, state_size))
                    std::copy_n(in, C_, next);
                else
                    std::fill_n(next, C_, Real{0});
            }
    }

    /// dx (T, B, C), not the same array as dy, is overwritten, with zeros at and after a sequence's length; so is this
    /// part of dstate. dy must be zeros there. `x` is what forward was given.
    void backward(const Forward<Real>& call, const Backward<Real>& gradients, const Real* prepared, const Real* x,
                  const Real* dy, Real* dx, Size state_size) const {
        const auto gather = [&](Size place, Size b, Real* into) {  // of the input that forward's `place` is
            std::fill_n(into, C_, Real{0});
            for (Size k = 0; k < K_ && k <= place; ++k) {
                const Size t = place - k;
                if (t >= length(call, b)) continue;
                const Real* d = dy + (t * call.B + b) * C_;
                for (Size c = 0; c < C_; ++c) into[c] += prepared[k * C_ + c] * d[c];
            }
            if (!gradients.dnext_state || place < length(call, b)) return;
            const Real* d = gradients.dnext_state + b * state_size + state_ + (place - length(call, b)) * C_;
            for (Size c = 0; c < C_; ++c) into[c] += d[c];
        };
        parallel_for(call.T * call.B, 1 + 16384 / (K_ * C_), [&](Size first, Size last) {
            for (Size row = first; row < last; ++row) {
                const Size t = row / call.B, b = row % call.B;
                if (t < length(call, b))
                    gather(t + K_ - 1, b, dx + row * C_);
                else
                    std::fill_n(dx + row * C_, C_, Real{0});
            }
        });
        for (Size b = 0; gradients.dstate && b < call.B; ++b)
            for (Size j = 0; j + 1 < K_; ++j) gather(j, b, gradients.dstate + b * state_size + state_ + j * C_);
        if (gradients.dweights) add_weight_gradients(call, x, dy, gradients.dweights, state_size);
    }

private:
    static Size length(const Forward<Real>& call, Size b) { return call.lengths ? call.lengths[b] : call.T; }

    /// The input at step place - (K-1) of sequence b; null: zeros.
    const Real* input(const Forward<Real>& call, const Real* x, Size place, Size b, Size state_size) const {
        if (place + 1 >= K_) return x + ((place + 1 - K_) * call.B + b) * C_;
        return call.state ? call.state + b * state_size + state_ + place * C_ : nullptr;
    }

    /// In each channel from the first step to the last, whichever threads take which channels.
    void add_weight_gradients(const Forward<Real>& call, const Real* x, const Real* dy, Real* dweights,
                              Size state_size) const {
        parallel_for(C_, 1 + 65536 / (call.T * call.B), [&](Size first, Size last) {
            for (Size t = 0; t < call.T; ++t)
                for (Size b = 0; b < call.B; ++b) {
                    if (t >= length(call, b)) continue;
                    const Real* d = dy + (t * call.B + b) * C_;
                    for (Size c = first; has_bias_ && c < last; ++c) dweights[bias_ + c] += d[c];
                    for (Size k = 0; k < K_; ++k)
                        if (const Real* in = input(call, x, t + k, b, state_size))
                            for (Size c = first; c < last; ++c) dweights[weight_ + c * K_ + k] += d[c] * in[c];
                }
        });
    }

    Size C_ = 0, K_ = 1, weight_ = 0, bias_ = 0, state_ = 0;
    bool has_bias_ = true;
};

}  // namespace unroll::layers
