// What recurrent cells share: a part of the state before a step and after the last one, its gradient, and the gradient
// of what multiplies it.
#pragma once

#include <algorithm>

#include "unroll/cell.h"
#include "unroll/kernels/matrix.h"
#include "unroll/kernels/recurrent.h"

namespace unroll::layers {

/// Step t of a call.
template <class Real>
TimeStep time_step(const Forward<Real>& call, Size t) {
    return {.t = t, .T = call.T, .B = call.B, .lengths = call.lengths};
}

/// Rows at and after each sequence's length in x (T, B, width) become zeros.
template <class Real>
void clear_padding(const Forward<Real>& call, Real* x, Size width) {
    for (Size b = 0; call.lengths && b < call.B; ++b)
        for (Size t = call.lengths[b]; t < call.T; ++t) std::fill_n(x + (t * call.B + b) * width, width, Real{0});
}

/// Steps whose gradients are kept at once on the way back: about as many rows as a product wants for its depth, and few
/// enough to be in the cache still when they are multiplied into the weights' gradients.
inline Size chunk_steps(Size T, Size B) {
    return std::min(T, std::max<Size>(1, 256 / B));
}

/// Calls body(first, last) for chunks [first, last) of so many steps, from the last to the first.
template <class Body>
void for_each_chunk_backward(Size T, Size B, Body&& body) {
    for (Size last = T; last > 0;) {
        const Size first = last - std::min(last, chunk_steps(T, B));
        body(first, last);
        last = first;
    }
}

/// A part of the state: `width` elements from `offset` on in each sequence's `state_size`. Its values after each step
/// are kept in a history (T, B, width) that is zero, or never read, at and after a sequence's length.
struct RecurrentState {
    Size offset, width, state_size;

    /// What this part holds before the first step; null data: zeros.
    template <class Real>
    Rows<const Real> initial(const Forward<Real>& call) const {
        return {call.state ? call.state + offset : nullptr, state_size};
    }

    /// What it holds before step t; null data: zeros.
    template <class Real>
    Rows<const Real> before(const Forward<Real>& call, const Real* history, Size t) const {
        if (t == 0) return initial(call);
        return {history + (t - 1) * call.B * width, width};
    }

    /// sums (B, G) = or += what this part holds before step t · weights (width, G).
    template <class Real>
    void multiply(const Forward<Real>& call, const Real* history, Size t, Packed<Real> weights, Real* sums,
                  Into into) const {
        if (const Rows<const Real> rows = before(call, history, t))
            gemm(rows.matrix(call.B, width), weights, Matrix<Real>(sums, call.B, weights.columns), into);
        else if (into == Into::overwrite)
            std::fill_n(sums, call.B * weights.columns, Real{0});
    }

    /// Writes this part of next_state: what the history holds at each sequence's last step.
    template <class Real>
    void write_next(const Forward<Real>& call, const Real* history) const {
        if (!call.next_state) return;
        for (Size b = 0; b < call.B; ++b) {
            const Size last = time_step(call, 0).length(b) - 1;
            std::copy_n(history + (last * call.B + b) * width, width, call.next_state + b * state_size + offset);
        }
    }

    /// The gradient of what this part holds after a step, for a recurrent kernel: `carry` (B, width) goes from step to
    /// step, and after a sequence's last one what the call gives takes its place.
    template <class Real>
    StateGradient<Real> gradient(const Backward<Real>& gradients, Real* carry) const {
        return {carry, {gradients.dnext_state ? gradients.dnext_state + offset : nullptr, state_size}};
    }

    /// Where backward ends: `carry` before the first step into this part of dstate.
    template <class Real>
    void write_gradient(const Forward<Real>& call, const Backward<Real>& gradients, const Real* carry) const {
        if (!gradients.dstate) return;
        for (Size b = 0; b < call.B; ++b)
            std::copy_n(carry + b * width, width, gradients.dstate + b * state_size + offset);
    }

    /// dweight (G, width) += Σ dsumsᵀ · what this part held before that step, some steps from `first` on in one
    /// product. `dsums` (steps·B, G) has zeros at and after a sequence's length.
    template <class Real>
    void add_weight_gradient(const Forward<Real>& call, Size first, Matrix<const Real> dsums, const Real* history,
                             Matrix<Real> dweight) const {
        const auto add = [&](Size begin, Size rows, Matrix<const Real> held) {
            gemm(Matrix<const Real>(dsums.data + begin * dsums.row_stride, rows, dsums.columns, dsums.row_stride)
                     .transposed(),
                 held, dweight, Into::add);
        };
        const Size B = call.B, begin = first == 0 ? B : 0;
        if (dsums.rows > begin)
            add(begin, dsums.rows - begin, {history + (first * B + begin - B) * width, dsums.rows - begin, width});
        if (first > 0) return;
        if (const Rows<const Real> rows = initial(call)) add(0, B, rows.matrix(B, width));
    }
};

}  // namespace unroll::layers
