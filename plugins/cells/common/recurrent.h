// What the recurrent cells share: a part of the state before a step, after the last one, and the gradient of what
// multiplies it.
#pragma once

#include <algorithm>

#include "unroll/cell.h"
#include "unroll/kernels.h"
#include "unroll/parallel.h"

namespace unroll::cells {

/// Is step t within sequence b?
template <class Real>
bool valid(const Forward<Real>& call, Size t, Size b) {
    return !call.lengths || t < call.lengths[b];
}

/// Calls body(b) for every sequence; wide rows on idle cores too.
template <class Body>
void for_each_sequence(Size B, Size width, Body&& body) {
    parallel_for(B, 1 + 16384 / width, [&](Size first, Size last) {
        for (Size b = first; b < last; ++b) body(b);
    });
}

/// Steps whose gradients are kept at once on the way back: about as many rows as a product wants for its depth, and few
/// enough to be in the cache still when they are multiplied into the weights' gradients.
inline Size steps_together(Size T, Size B) {
    return std::min(T, std::max<Size>(1, 256 / B));
}

/// Calls body(first, last) for runs of so many steps, from the last to the first.
template <class Body>
void for_each_run_backward(Size T, Size B, Body&& body) {
    for (Size last = T; last > 0;) {
        const Size first = last - std::min(last, steps_together(T, B));
        body(first, last);
        last = first;
    }
}

/// One row for each sequence, some stride apart.
template <class Real>
struct Rows {
    const Real* data;  ///< null: there are none, they would be zeros
    Size stride;

    const Real* operator[](Size b) const { return data + b * stride; }
    Matrix<const Real> matrix(Size B, Size width) const { return {data, B, width, stride}; }
    explicit operator bool() const { return data != nullptr; }
};

/// A part of the state, `width` elements from `offset` in each sequence's `state_size`. Its values after each step are
/// kept in a history (T, B, width) that is zero, or never read, at and after a sequence's length.
struct Part {
    Size offset, width, state_size;

    template <class Real>
    Rows<Real> given(const Forward<Real>& call) const {
        return {call.state ? call.state + offset : nullptr, state_size};
    }

    /// What this part held before step t.
    template <class Real>
    Rows<Real> before(const Forward<Real>& call, const Real* history, Size t) const {
        return t > 0 ? Rows<Real>{history + (t - 1) * call.B * width, width} : given(call);
    }

    /// Writes this part of next_state: what the history holds at each sequence's last step.
    template <class Real>
    void leave(const Forward<Real>& call, const Real* history) const {
        if (!call.next_state) return;
        for (Size b = 0; b < call.B; ++b) {
            const Size last = (call.lengths ? call.lengths[b] : call.T) - 1;
            std::copy_n(history + (last * call.B + b) * width, width, call.next_state + b * state_size + offset);
        }
    }

    /// Backward: the gradient of what this part holds after step t of sequence b. That is `carry` (B, width), but after
    /// the sequence's last step what the call gives; null: zeros.
    template <class Real>
    const Real* after(const Forward<Real>& call, const Backward<Real>& gradients, const Real* carry, Size t,
                      Size b) const {
        if (t + 1 < (call.lengths ? call.lengths[b] : call.T)) return carry + b * width;
        return gradients.dnext_state ? gradients.dnext_state + b * state_size + offset : nullptr;
    }

    /// Where backward ends: `carry` after the first step into this part of dstate.
    template <class Real>
    void end_backward(const Forward<Real>& call, const Backward<Real>& gradients, const Real* carry) const {
        if (!gradients.dstate) return;
        for (Size b = 0; b < call.B; ++b)
            std::copy_n(carry + b * width, width, gradients.dstate + b * state_size + offset);
    }

    /// dweight (G, width) += Σ dgatesᵀ · what this part held before that step, some steps from `first` on in one product.
    /// `dgates` (steps·B, G) has zeros at and after a sequence's length.
    template <class Real>
    void weight_gradient(const Forward<Real>& call, Size first, Matrix<const Real> dgates, const Real* history,
                         Matrix<Real> dweight) const {
        const auto add = [&](Size begin, Size rows, Matrix<const Real> before) {
            gemm(Matrix<const Real>(dgates.data + begin * dgates.row_stride, rows, dgates.columns, dgates.row_stride)
                     .transposed(),
                 before, dweight, Into::add);
        };
        const Size B = call.B, begin = first == 0 ? B : 0;
        if (dgates.rows > begin)
            add(begin, dgates.rows - begin, {history + (first * B + begin - B) * width, dgates.rows - begin, width});
        if (first > 0) return;
        if (const Rows<Real> initial = given(call)) add(0, B, initial.matrix(B, width));
    }
};

}  // namespace unroll::cells
