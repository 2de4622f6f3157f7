// Products, activations and reductions: the arithmetic that cells are made of. libunroll picks the vector instructions
// at run time, so a plugin gains from a newer processor, or a newer libunroll, without being built again.
//
// Every function exists for Real = float and double, never allocates, and may be called by any number of threads at
// once on different outputs. Unless a line says otherwise an output may be the same array as an input but must not
// overlap it partly. Results are the same bits for any number of threads.
#pragma once

#include <string>
#include <type_traits>

#include "unroll/export.h"
#include "unroll/random.h"
#include "unroll/types.h"

namespace unroll {

// ---- Products ---------------------------------------------------------------------------------------------------

/// A view of somebody else's matrix: element (i, j) stands at data[i * row_stride + j * column_stride].
template <class Real>
struct Matrix {
    Real* data;
    Size rows, columns;
    Size row_stride, column_stride;

    Matrix(Real* first, Size height, Size width) : Matrix(first, height, width, width) {}
    Matrix(Real* first, Size height, Size width, Size row_step, Size column_step = 1)
        : data(first), rows(height), columns(width), row_stride(row_step), column_stride(column_step) {}

    Matrix transposed() const { return {data, columns, rows, column_stride, row_stride}; }
    operator Matrix<const Real>() const { return {data, rows, columns, row_stride, column_stride}; }
};

/// A matrix (K, N) rearranged once by `pack`, to be the right factor of many products.
template <class Real>
struct Packed {
    const Real* data;
    Size rows, columns;  ///< K, N of the matrix that was packed
};

/// Number of elements that `pack` writes for a (rows, columns) matrix. The same on every processor, and a multiple of
/// 16: arrays that follow one another from a 64-byte boundary each begin at one, where products are fastest.
UNROLL_EXPORT Size packed_size(Size rows, Size columns);

/// Rearranges `b` into `packed`, packed_size(b.rows, b.columns) elements; valid in this process only. Large ones use idle
/// cores.
template <class Real>
UNROLL_EXPORT Packed<Real> pack(std::type_identity_t<Matrix<const Real>> b, Real* packed);

/// c (M, N) = or += a (M, K) · b (K, N). `c` must have column_stride 1 and must not overlap a or b.
/// Each element of the product is one sum over k in a fixed order, independent of M, N, the element's position and
/// the number of threads: any split of rows or columns gives the same bits. Large products use idle cores.
/// Real is deduced from c alone, so that a Matrix<Real> is accepted for a and b.
template <class Real>
UNROLL_EXPORT void gemm(std::type_identity_t<Matrix<const Real>> a, std::type_identity_t<Matrix<const Real>> b,
                        Matrix<Real> c, Into into);
template <class Real>
UNROLL_EXPORT void gemm(std::type_identity_t<Matrix<const Real>> a, std::type_identity_t<Packed<Real>> b,
                        Matrix<Real> c, Into into);

// ---- Elementwise, n values --------------------------------------------------------------------------------------
// An element's result does not depend on where it stands. Where a result is below the smallest normal number it may be
// 0.

template <class Real>
UNROLL_EXPORT void exp(const Real* x, Real* y, Size n);  ///< error below 4 ulp
template <class Real>
UNROLL_EXPORT void sigmoid(const Real* x, Real* y, Size n);  ///< y = 1 / (1 + exp(-x)), error below 4 ulp
template <class Real>
UNROLL_EXPORT void tanh(const Real* x, Real* y, Size n);  ///< error below 4 ulp
template <class Real>
UNROLL_EXPORT void relu(const Real* x, Real* y, Size n);
template <class Real>
UNROLL_EXPORT void gelu(const Real* x, Real* y, Size n);  ///< x Φ(x), PyTorch's default; error below 12 ulp

/// dx = dy f'(x), with f' computed from y = f(x).
template <class Real>
UNROLL_EXPORT void sigmoid_backward(const Real* y, const Real* dy, Real* dx, Size n);
template <class Real>
UNROLL_EXPORT void tanh_backward(const Real* y, const Real* dy, Real* dx, Size n);
template <class Real>
UNROLL_EXPORT void relu_backward(const Real* y, const Real* dy, Real* dx, Size n);
/// dx = dy f'(x); unlike the others it needs x. The error of f' is below 4 epsilon.
template <class Real>
UNROLL_EXPORT void gelu_backward(const Real* x, const Real* dy, Real* dx, Size n);

template <class Real>
UNROLL_EXPORT void multiply(const Real* a, const Real* b, Real* y, Size n, Into into);  ///< y = or += a b
/// Drops: y = x / (1 - probability) where the mask is 1, 0 elsewhere. The mask depends on `stream` and the element's
/// index alone, so the same call on dy is the backward. `stream` is copied.
template <class Real>
UNROLL_EXPORT void dropout(const Real* x, Real* y, Size n, double probability, RandomStream stream);
template <class Real>
UNROLL_EXPORT void axpy(std::type_identity_t<Real> alpha, const Real* x, Real* y, Size n);  ///< y += alpha x

// ---- Reductions and rows ----------------------------------------------------------------------------------------

template <class Real>
UNROLL_EXPORT double sum_of_squares(const Real* x, Size n);  ///< in double, fixed order
template <class Real>
UNROLL_EXPORT Real dot(const Real* a, const Real* b, Size n);  ///< fixed order

/// x (rows, columns) += bias (columns).
template <class Real>
UNROLL_EXPORT void add_bias(const Real* bias, Real* x, Size rows, Size columns);
/// dbias (columns) += the sum of dy's rows, from the first to the last.
template <class Real>
UNROLL_EXPORT void add_bias_backward(const Real* dy, Real* dbias, Size rows, Size columns);

/// Each row of y = softmax(x's row), shifted by the row's maximum. An element of -infinity gets 0; a row of nothing
/// else is 0.
template <class Real>
UNROLL_EXPORT void softmax(const Real* x, Real* y, Size rows, Size columns);
/// dx = y (dy - Σ y dy), row by row.
template <class Real>
UNROLL_EXPORT void softmax_backward(const Real* y, const Real* dy, Real* dx, Size rows, Size columns);

/// y = gain (x - mean) / sqrt(variance + 1e-5) + bias, row by row; gain or bias may be null (1, 0).
/// `statistics` (rows, 2) receives each row's mean and 1/sqrt(variance + 1e-5).
template <class Real>
UNROLL_EXPORT void layer_norm(const Real* x, const Real* gain, const Real* bias, Real* y, Real* statistics, Size rows,
                              Size columns);
/// dx is overwritten; dgain and dbias are added to and may be null.
template <class Real>
UNROLL_EXPORT void layer_norm_backward(const Real* x, const Real* gain, const Real* statistics, const Real* dy,
                                       Real* dx, Real* dgain, Real* dbias, Size rows, Size columns);

/// One step of multi-head attention over a cache: each head, `width` wide, has one query, and looks at the `past`
/// positions before it and at its own.
template <class Real>
struct AttentionStep {
    Size heads, width;
    const Real *query, *key, *value;  ///< (heads · width) each, this step's; the query is scaled
    Size past;                        ///< 0: keys and values may be null
    const Real* keys;                 ///< (heads · width, context), of whose columns the first `past` mean something
    const Real* values;               ///< (past, heads · width)
    Size context;                     ///< >= past
};
/// y (heads · width) = head by head Σ w_p value_p with w = softmax(query · key_p), the step's own position last.
/// `weights` receives each head's past + 1 weights, from weights + head · stride on (stride > past).
template <class Real>
UNROLL_EXPORT void attend(const AttentionStep<std::type_identity_t<Real>>& step, Real* weights, Size stride, Real* y);

/// y (rows, columns) = or += table (V, columns)[tokens]. Every token must be in [0, V).
template <class Real>
UNROLL_EXPORT void gather_rows(const Real* table, const Token* tokens, Real* y, Size rows, Size columns, Into into);
/// dtable[tokens[r]] += dy's row r, from the first row to the last.
template <class Real>
UNROLL_EXPORT void gather_rows_backward(const Token* tokens, const Real* dy, Real* dtable, Size rows, Size columns);

// ---- Recurrent steps, n units of one sequence -------------------------------------------------------------------
// What follows a time step's products, in one pass: several times faster than a function for each term. `added` is the
// row that no product makes: the biases, or with tokens a row of the input's table with the biases in it. What may be
// null is zeros then. `dy` is the gradient from above, `dh` and `dc` those from the step after, which may be null.

/// sigmoid, clip(0.2 x + 0.5, 0, 1), tanh or max(x, 0).
enum class Activation { sigmoid, hard_sigmoid, tanh, relu };

/// h = f(sums + added).
template <class Real>
UNROLL_EXPORT void rnn_step(Activation f, const Real* sums, const Real* added, Real* h, Size n);
/// dsums = (dy + dh) f'.
template <class Real>
UNROLL_EXPORT void rnn_step_backward(Activation f, const Real* h, const Real* dy, const Real* dh, Real* dsums, Size n);

/// i, f, g, o = s(·), s(·), tanh(·), s(·) of gates + added, each (4n), in place; c = f c_before + i g; h = o tanh(c).
/// `c_before` may be null.
template <class Real>
UNROLL_EXPORT void lstm_step(Activation s, const Real* added, const Real* c_before, Real* gates, Real* c, Real* h,
                             Size n);
/// dgates (4n): of the sums; dc_before: what passes through the memory alone. dc and dc_before may be the same array.
template <class Real>
UNROLL_EXPORT void lstm_step_backward(Activation s, const Real* gates, const Real* c_before, const Real* c,
                                      const Real* dy, const Real* dh, const Real* dc, Real* dgates, Real* dc_before,
                                      Size n);

/// r, z = sigmoid(x + added + hidden); m = hidden_n + bias; n = tanh(x_n + added_n + r m); h = (1 - z) n + z h_before.
/// x, added, hidden: (3n), in the order r, z, n; x and h_before may be null. gates (3n) = r, z, n, may be x; reset (n) = m.
template <class Real>
UNROLL_EXPORT void gru_step(const Real* hidden, const Real* bias, const Real* x, const Real* added,
                            const Real* h_before, Real* gates, Real* reset, Real* h, Size n);
/// dinput (3n): of x; dhidden (3n): of hidden; dh_before: what passes through z alone. dh and dh_before may be the same.
template <class Real>
UNROLL_EXPORT void gru_step_backward(const Real* gates, const Real* reset, const Real* h_before, const Real* dy,
                                     const Real* dh, Real* dinput, Real* dhidden, Real* dh_before, Size n);

// ---- Processor --------------------------------------------------------------------------------------------------

/// Name of the kernel set in use, as recorded with each attempt: AVX3, AVX2, SSE4, NEON, or SCALAR, which any processor
/// has. The environment variable UNROLL_SIMD, read once, forces one of those that this processor has; an unknown name
/// throws Error, here or from the first other function of this header.
UNROLL_EXPORT std::string kernel_set();

/// While it lives, this thread rounds to nearest and flushes denormals to zero, whatever a library did at load.
class UNROLL_EXPORT FloatingPointMode {
public:
    FloatingPointMode();
    ~FloatingPointMode();
    FloatingPointMode(const FloatingPointMode&) = delete;
    FloatingPointMode& operator=(const FloatingPointMode&) = delete;

private:
    unsigned saved_;
};

}  // namespace unroll
