// Recurrent steps: what a time step of a recurrent cell does beside its matrix products, for all sequences of a batch
// in one pass. What all kernels promise stands in unroll/kernels.h.
//
// A step takes plain data: sizes, pointers and strides. It reads each sequence's length itself, splits the sequences
// over idle cores, and gives the same bits however they are split. One pass over a row is several times faster than a
// function for each term.
//
// Arrays are (B, width), a row for each sequence. What a comment says to be overwritten is so for every sequence; at
// and after a sequence's length, forward writes zeros as its state and output, and backward zeros as the gradients of
// its sums.
#pragma once

#include "unroll/export.h"
#include "unroll/kernels/matrix.h"
#include "unroll/types.h"

namespace unroll {

/// Rows of somebody else's array, one for each sequence: row b begins at data + b * stride. Null data: there are none,
/// and where that is allowed they count as zeros.
template <class Element>
struct Rows {
    Element* data = nullptr;
    Size stride = 0;

    Element* operator[](Size b) const { return data + b * stride; }
    explicit operator bool() const { return data != nullptr; }
    operator Rows<const Element>() const { return {data, stride}; }
    Matrix<Element> matrix(Size B, Size width) const { return {data, B, width, stride}; }
};

/// A time step of a batch.
struct TimeStep {
    Size t = 0, T = 0;              ///< which step, of how many
    Size B = 0;                     ///< sequences
    const Size* lengths = nullptr;  ///< (B) valid steps of each sequence, 1 … T; null: all T

    Size length(Size b) const { return lengths ? lengths[b] : T; }
    bool valid(Size b) const { return t < length(b); }
};

/// What comes to a step's sums beside products: the biases. With tokens, the product of a one-hot x is a row of a
/// table, so the table has the biases in its rows, and no pass is made that only copies rows.
template <class Real>
struct Added {
    const Real* rows = nullptr;     ///< one row for every sequence, or a table (V, width)
    const Token* tokens = nullptr;  ///< (B) the table's row for each sequence; null: there is one row

    const Real* row(Size b, Size width) const { return tokens ? rows + static_cast<Size>(tokens[b]) * width : rows; }
};

/// The gradient of a state after a step. It comes from the step after, or, after a sequence's last step, from outside.
template <class Real>
struct StateGradient {
    Real* carry = nullptr;    ///< (B, n), contiguous: from the step after; not read after a sequence's last step
    Rows<const Real> last{};  ///< after a sequence's last step; null data: zeros

    /// Sequence b's, n wide; null: zeros.
    const Real* row(const TimeStep& time, Size b, Size n) const {
        if (time.t + 1 < time.length(b)) return carry + b * n;
        return last ? last[b] : nullptr;
    }
};

/// sigmoid, clip(0.2 x + 0.5, 0, 1), tanh or max(x, 0).
enum class Activation { sigmoid, hard_sigmoid, tanh, relu };

// ---- Elman's recurrence ---------------------------------------------------------------------------------------------

/// h = f(sums + added), n units.
template <class Real>
struct RnnStep {
    TimeStep time;
    Size n = 0;
    Activation activation = Activation::tanh;
    Added<Real> added;  ///< (n)
    Real* h = nullptr;  ///< (B, n) the sums, overwritten with h
};
template <class Real>
UNROLL_EXPORT void rnn_step(const RnnStep<Real>& step);

/// dsums = (dy + dh) f'.
template <class Real>
struct RnnStepBackward {
    TimeStep time;
    Size n = 0;
    Activation activation = Activation::tanh;
    const Real* h = nullptr;   ///< (B, n)
    const Real* dy = nullptr;  ///< (B, n) from above
    StateGradient<Real> dh;    ///< read only
    Real* dsums = nullptr;     ///< (B, n) overwritten
};
template <class Real>
UNROLL_EXPORT void rnn_step_backward(const RnnStepBackward<Real>& step);

// ---- Long short-term memory -----------------------------------------------------------------------------------------

/// i, f, g, o = s(·), s(·), tanh(·), s(·) of sums + added; c = f c_before + i g; h = o tanh(c). The order is PyTorch's.
template <class Real>
struct LstmStep {
    TimeStep time;
    Size n = 0;
    Activation gate_activation = Activation::sigmoid;  ///< s
    Added<Real> added;                                 ///< (4n)
    Rows<const Real> c_before;                         ///< (B, n); null: zeros
    Real* gates = nullptr;                             ///< (B, 4n) the sums, overwritten with i, f, g, o
    Real* c = nullptr;                                 ///< (B, n) overwritten
    Real* h = nullptr;                                 ///< (B, n) overwritten
};
template <class Real>
UNROLL_EXPORT void lstm_step(const LstmStep<Real>& step);

template <class Real>
struct LstmStepBackward {
    TimeStep time;
    Size n = 0;
    Activation gate_activation = Activation::sigmoid;
    const Real* gates = nullptr;  ///< (B, 4n) i, f, g, o
    Rows<const Real> c_before;    ///< (B, n); null: zeros
    const Real* c = nullptr;      ///< (B, n)
    const Real* dy = nullptr;     ///< (B, n) from above
    StateGradient<Real> dh;       ///< read only
    StateGradient<Real> dc;       ///< its carry becomes the gradient of c_before
    Real* dgates = nullptr;       ///< (B, 4n) overwritten with the gradients of the sums
};
template <class Real>
UNROLL_EXPORT void lstm_step_backward(const LstmStepBackward<Real>& step);

// ---- Gated recurrent unit, r after the product ----------------------------------------------------------------------

/// r, z = sigmoid(x + added + hidden); m = hidden_n + bias; n = tanh(x_n + added_n + r m); h = (1 - z) n + z h_before.
/// Rows of 3n are in PyTorch's order r, z, n.
template <class Real>
struct GruStep {
    TimeStep time;
    Size n = 0;
    const Real* hidden = nullptr;  ///< (B, 3n) the products with h_before
    const Real* bias = nullptr;    ///< (n) what is added to the n of `hidden`
    bool projected = false;        ///< whether `gates` holds x, the products with the input; otherwise it is not read
    Added<Real> added;             ///< (3n)
    Rows<const Real> h_before;     ///< (B, n); null: zeros
    Real* gates = nullptr;         ///< (B, 3n) overwritten with r, z, n
    Real* reset = nullptr;         ///< (B, n) overwritten with m
    Real* h = nullptr;             ///< (B, n) overwritten
};
template <class Real>
UNROLL_EXPORT void gru_step(const GruStep<Real>& step);

template <class Real>
struct GruStepBackward {
    TimeStep time;
    Size n = 0;
    const Real* gates = nullptr;  ///< (B, 3n) r, z, n
    const Real* reset = nullptr;  ///< (B, n) m
    Rows<const Real> h_before;    ///< (B, n); null: zeros
    const Real* dy = nullptr;     ///< (B, n) from above
    StateGradient<Real> dh;       ///< its carry becomes what passes through z alone; zeros at and after a length
    Real* dinput = nullptr;       ///< (B, 3n) overwritten with the gradients of x
    Real* dhidden = nullptr;      ///< (B, 3n) overwritten with the gradients of `hidden`
};
template <class Real>
UNROLL_EXPORT void gru_step_backward(const GruStepBackward<Real>& step);

// ---- Gated recurrent unit, r before the product ---------------------------------------------------------------------
// n's product needs r, so each direction is two kernels with the caller's product between them.

/// r, z = sigmoid(sums + added); reset = r h_before. Then, when W_hn reset has been added to the sums of n:
/// n = tanh(sums_n + added_n); h = (1 - z) n + z h_before.
template <class Real>
struct GruResetFirstStep {
    TimeStep time;
    Size n = 0;
    Added<Real> added;          ///< (3n)
    Rows<const Real> h_before;  ///< (B, n); null: zeros
    Real* gates = nullptr;      ///< (B, 3n) the sums, overwritten with r, z by the first and n by the second
    Real* reset = nullptr;      ///< (B, n) overwritten by the first; zeros at and after a length
    Real* h = nullptr;          ///< (B, n) overwritten by the second
};
template <class Real>
UNROLL_EXPORT void gru_reset_first_gates(const GruResetFirstStep<Real>& step);
template <class Real>
UNROLL_EXPORT void gru_reset_first_candidate(const GruResetFirstStep<Real>& step);

/// The candidate comes first on the way back: it gives the gradients of z and n, and zeros for r. Then, when `dreset`
/// is known, the gates give that of r.
template <class Real>
struct GruResetFirstStepBackward {
    TimeStep time;
    Size n = 0;
    const Real* gates = nullptr;   ///< (B, 3n) r, z, n
    Rows<const Real> h_before;     ///< (B, n); null: zeros, and the gradient of r stays 0
    const Real* dy = nullptr;      ///< (B, n) from above; read by the candidate
    StateGradient<Real> dh;        ///< its carry becomes what passes through z; the gates add what passes through r
    const Real* dreset = nullptr;  ///< (B, n) the gradient of `reset`; read by the gates
    Real* dgates = nullptr;        ///< (B, 3n) overwritten with the gradients of the sums
};
template <class Real>
UNROLL_EXPORT void gru_reset_first_candidate_backward(const GruResetFirstStepBackward<Real>& step);
template <class Real>
UNROLL_EXPORT void gru_reset_first_gates_backward(const GruResetFirstStepBackward<Real>& step);

}  // namespace unroll
