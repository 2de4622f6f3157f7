// The kernels as plain loops.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "unroll/kernels.h"

namespace unroll {

template <class Real>
void exp(const Real* x, Real* y, Size n) {
    for (Size i = 0; i < n; ++i) y[i] = std::exp(x[i]);
}

template <class Real>
void sigmoid(const Real* x, Real* y, Size n) {
    for (Size i = 0; i < n; ++i) y[i] = 1 / (1 + std::exp(-x[i]));
}

template <class Real>
void tanh(const Real* x, Real* y, Size n) {
    for (Size i = 0; i < n; ++i) y[i] = std::tanh(x[i]);
}

template <class Real>
void relu(const Real* x, Real* y, Size n) {
    for (Size i = 0; i < n; ++i) y[i] = x[i] > 0 ? x[i] : 0;
}

template <class Real>
void gelu(const Real* x, Real* y, Size n) {
    for (Size i = 0; i < n; ++i) y[i] = x[i] * std::erfc(x[i] * Real(-0.70710678118654752440)) / 2;
}

template <class Real>
void sigmoid_backward(const Real* y, const Real* dy, Real* dx, Size n) {
    for (Size i = 0; i < n; ++i) dx[i] = dy[i] * y[i] * (1 - y[i]);
}

template <class Real>
void tanh_backward(const Real* y, const Real* dy, Real* dx, Size n) {
    for (Size i = 0; i < n; ++i) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

template <class Real>
void relu_backward(const Real* y, const Real* dy, Real* dx, Size n) {
    for (Size i = 0; i < n; ++i) dx[i] = y[i] > 0 ? dy[i] : 0;
}

template <class Real>
void gelu_backward(const Real* x, const Real* dy, Real* dx, Size n) {
    for (Size i = 0; i < n; ++i) {
        const Real cumulative = std::erfc(x[i] * Real(-0.70710678118654752440)) / 2;
        const Real density = Real(0.39894228040143267794) * std::exp(-x[i] * x[i] / 2);
        dx[i] = dy[i] * (cumulative + x[i] * density);
    }
}

template <class Real>
void multiply(const Real* a, const Real* b, Real* y, Size n, Into into) {
    if (into == Into::overwrite)
        for (Size i = 0; i < n; ++i) y[i] = a[i] * b[i];
    else
        for (Size i = 0; i < n; ++i) y[i] += a[i] * b[i];
}

namespace {

std::uint32_t mix(std::uint32_t word) {
    word = (word ^ (word >> 16)) * 0x85ebca6bu;
    word = (word ^ (word >> 13)) * 0xc2b2ae35u;
    return word ^ (word >> 16);
}

}  // namespace

template <class Real>
void dropout(const Real* x, Real* y, Size n, double probability, RandomStream stream) {
    const std::uint64_t key = stream();
    const auto threshold = static_cast<std::uint32_t>(std::min(probability * 0x1p32, 0x1p32 - 1));
    const Real scale = static_cast<Real>(1 / (1 - probability));
    for (Size i = 0; i < n; ++i) {
        const auto low = static_cast<std::uint32_t>(i ^ key);
        const auto high = static_cast<std::uint32_t>((i ^ key) >> 32);
        y[i] = mix(mix(low) + high) >= threshold ? x[i] * scale : 0;
    }
}

template <class Real>
void axpy(std::type_identity_t<Real> alpha, const Real* x, Real* y, Size n) {
    for (Size i = 0; i < n; ++i) y[i] += alpha * x[i];
}

template <class Real>
double sum_of_squares(const Real* x, Size n) {
    double sum = 0;
    for (Size i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * x[i];
    return sum;
}

template <class Real>
Real dot(const Real* a, const Real* b, Size n) {
    Real sum = 0;
    for (Size i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

template <class Real>
void add_bias(const Real* bias, Real* x, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r)
        for (Size j = 0; j < columns; ++j) x[r * columns + j] += bias[j];
}

template <class Real>
void add_bias_backward(const Real* dy, Real* dbias, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r)
        for (Size j = 0; j < columns; ++j) dbias[j] += dy[r * columns + j];
}

template <class Real>
void softmax(const Real* x, Real* y, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r, x += columns, y += columns) {
        Real maximum = -std::numeric_limits<Real>::infinity();
        for (Size j = 0; j < columns; ++j) maximum = std::max(maximum, x[j]);
        if (maximum == -std::numeric_limits<Real>::infinity()) {
            std::fill_n(y, columns, Real{0});
            continue;
        }
        Real sum = 0;
        for (Size j = 0; j < columns; ++j) sum += y[j] = std::exp(x[j] - maximum);
        for (Size j = 0; j < columns; ++j) y[j] /= sum;
    }
}

template <class Real>
void softmax_backward(const Real* y, const Real* dy, Real* dx, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r, y += columns, dy += columns, dx += columns) {
        const Real product = dot(y, dy, columns);
        for (Size j = 0; j < columns; ++j) dx[j] = y[j] * (dy[j] - product);
    }
}

template <class Real>
void layer_norm(const Real* x, const Real* gain, const Real* bias, Real* y, Real* statistics, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r, x += columns, y += columns) {
        Real mean = 0, variance = 0;
        for (Size j = 0; j < columns; ++j) mean += x[j];
        mean /= static_cast<Real>(columns);
        for (Size j = 0; j < columns; ++j) variance += (x[j] - mean) * (x[j] - mean);
        variance /= static_cast<Real>(columns);
        const Real scale = 1 / std::sqrt(variance + Real(1e-5));
        statistics[2 * r] = mean;
        statistics[2 * r + 1] = scale;
        for (Size j = 0; j < columns; ++j) y[j] = (x[j] - mean) * scale * (gain ? gain[j] : 1) + (bias ? bias[j] : 0);
    }
}

template <class Real>
void layer_norm_backward(const Real* x, const Real* gain, const Real* statistics, const Real* dy, Real* dx, Real* dgain,
                         Real* dbias, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r, x += columns, dy += columns, dx += columns) {
        const Real mean = statistics[2 * r], scale = statistics[2 * r + 1];
        Real sum = 0, product = 0;
        for (Size j = 0; j < columns; ++j) {
            const Real normal = (x[j] - mean) * scale, d = dy[j] * (gain ? gain[j] : 1);
            sum += d;
            product += d * normal;
        }
        sum /= static_cast<Real>(columns);
        product /= static_cast<Real>(columns);
        for (Size j = 0; j < columns; ++j) {
            const Real normal = (x[j] - mean) * scale, d = dy[j];
            if (dgain) dgain[j] += d * normal;
            if (dbias) dbias[j] += d;
            dx[j] = scale * (d * (gain ? gain[j] : 1) - sum - normal * product);
        }
    }
}

template <class Real>
void gather_rows(const Real* table, const Token* tokens, Real* y, Size rows, Size columns, Into into) {
    for (Size r = 0; r < rows; ++r) {
        const Real* row = table + static_cast<Size>(tokens[r]) * columns;
        if (into == Into::overwrite)
            std::copy_n(row, columns, y + r * columns);
        else
            for (Size j = 0; j < columns; ++j) y[r * columns + j] += row[j];
    }
}

template <class Real>
void gather_rows_backward(const Token* tokens, const Real* dy, Real* dtable, Size rows, Size columns) {
    for (Size r = 0; r < rows; ++r)
        for (Size j = 0; j < columns; ++j) dtable[static_cast<Size>(tokens[r]) * columns + j] += dy[r * columns + j];
}

#define UNROLL_INSTANTIATE(Real)                                                                                     \
    template void exp(const Real*, Real*, Size);                                                                     \
    template void sigmoid(const Real*, Real*, Size);                                                                 \
    template void tanh(const Real*, Real*, Size);                                                                    \
    template void relu(const Real*, Real*, Size);                                                                    \
    template void gelu(const Real*, Real*, Size);                                                                    \
    template void sigmoid_backward(const Real*, const Real*, Real*, Size);                                           \
    template void tanh_backward(const Real*, const Real*, Real*, Size);                                              \
    template void relu_backward(const Real*, const Real*, Real*, Size);                                              \
    template void gelu_backward(const Real*, const Real*, Real*, Size);                                              \
    template void multiply(const Real*, const Real*, Real*, Size, Into);                                             \
    template void dropout(const Real*, Real*, Size, double, RandomStream);                                           \
    template void axpy(Real, const Real*, Real*, Size);                                                              \
    template double sum_of_squares(const Real*, Size);                                                               \
    template Real dot(const Real*, const Real*, Size);                                                               \
    template void add_bias(const Real*, Real*, Size, Size);                                                          \
    template void add_bias_backward(const Real*, Real*, Size, Size);                                                 \
    template void softmax(const Real*, Real*, Size, Size);                                                           \
    template void softmax_backward(const Real*, const Real*, Real*, Size, Size);                                     \
    template void layer_norm(const Real*, const Real*, const Real*, Real*, Real*, Size, Size);                       \
    template void layer_norm_backward(const Real*, const Real*, const Real*, const Real*, Real*, Real*, Real*, Size, \
                                      Size);                                                                         \
    template void gather_rows(const Real*, const Token*, Real*, Size, Size, Into);                                   \
    template void gather_rows_backward(const Token*, const Real*, Real*, Size, Size);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)

}  // namespace unroll
