// Initializers: PyTorch's, Keras's and nanoGPT's.
#include "model/initialize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include <fmt/format.h>

namespace unroll::model {
namespace {

using Role = Weight::Role;

// Below, n is the weight's size and every filler draws its values in memory order.

template <class Real>
void fill_uniform(double bound, RandomStream& stream, Real* values, Size n) {
    std::generate_n(values, n, [&] { return static_cast<Real>(stream.uniform(-bound, bound)); });
}

template <class Real>
void fill_normal(double deviation, RandomStream& stream, Real* values, Size n) {
    std::generate_n(values, n, [&] { return static_cast<Real>(deviation * stream.normal()); });
}

/// Sums in eight lanes, so that it is quick; the same bits on every processor, unlike a kernel's.
double dot(const double* a, const double* b, Size n) {
    std::array<double, 8> lanes{};
    Size k = 0;
    for (; k + 8 <= n; k += 8) {
        for (Size lane = 0; lane < 8; ++lane) lanes[lane] += a[k + lane] * b[k + lane];
    }
    for (; k < n; ++k) lanes[0] += a[k] * b[k];
    return std::accumulate(lanes.begin(), lanes.end(), 0.0);
}

/// Q (m vectors of n ≥ m elements, one after the other) = orthonormal, distributed uniformly. Gram-Schmidt on normal
/// vectors keeps the positive diagonal of R that this distribution needs (Mezzadri 2007); doing each vector twice makes
/// it orthogonal to the last bits.
std::vector<double> orthonormal(Size m, Size n, RandomStream& stream) {
    std::vector<double> q(m * n);
    fill_normal(1.0, stream, q.data(), m * n);
    for (Size i = 0; i < m; ++i) {
        double* vector = q.data() + i * n;
        for (int pass = 0; pass < 2; ++pass) {
            for (Size j = 0; j < i; ++j) {
                const double* earlier = q.data() + j * n;
                const double projection = dot(vector, earlier, n);
                for (Size k = 0; k < n; ++k) vector[k] -= projection * earlier[k];
            }
        }
        const double scale = 1 / std::sqrt(dot(vector, vector, n));
        for (Size k = 0; k < n; ++k) vector[k] *= scale;
    }
    return q;
}

template <class Real>
void fill_orthogonal(Size rows, Size columns, RandomStream& stream, Real* values) {
    const Size m = std::min(rows, columns), n = std::max(rows, columns);
    const std::vector<double> q = orthonormal(m, n, stream);
    for (Size r = 0; r < rows; ++r) {
        for (Size c = 0; c < columns; ++c) {
            values[r * columns + c] = static_cast<Real>(rows < columns ? q[r * n + c] : q[c * n + r]);
        }
    }
}

template <class Real>
void uniform(const Weight& weight, Size, RandomStream& stream, Real* values) {
    const Size n = weight.size();
    if (weight.role == Role::table) {
        fill_normal(1.0, stream, values, n);
    } else if (weight.fan_in == 0) {
        std::fill_n(values, n, Real(0));
    } else {
        fill_uniform(1 / std::sqrt(static_cast<double>(weight.fan_in)), stream, values, n);
    }
}

template <class Real>
void glorot(const Weight& weight, Size, RandomStream& stream, Real* values) {
    const Size n = weight.size();
    switch (weight.role) {
        case Role::bias:
            std::fill_n(values, n, Real(0));
            std::fill(values + weight.ones_first, values + weight.ones_last, Real(1));
            break;
        case Role::table:
            fill_uniform(0.05, stream, values, n);
            break;
        case Role::recurrent:
            fill_orthogonal(weight.shape[0], weight.shape[1], stream, values);
            break;
        default:
            fill_uniform(std::sqrt(6.0 / static_cast<double>(weight.shape[0] + weight.shape[1])), stream, values, n);
    }
}

template <class Real>
void normal(const Weight& weight, Size layers, RandomStream& stream, Real* values) {
    constexpr double deviation = 0.02;
    const Size n = weight.size();
    switch (weight.role) {
        case Role::bias:
            std::fill_n(values, n, Real(0));
            break;
        case Role::residual:
            fill_normal(deviation / std::sqrt(2.0 * static_cast<double>(layers)), stream, values, n);
            break;
        default:
            fill_normal(deviation, stream, values, n);
    }
}

struct Scheme {
    void (*in_float)(const Weight&, Size, RandomStream&, float*);
    void (*in_double)(const Weight&, Size, RandomStream&, double*);

    void fill(const Weight& weight, Size layers, RandomStream& stream, float* values) const {
        in_float(weight, layers, stream, values);
    }
    void fill(const Weight& weight, Size layers, RandomStream& stream, double* values) const {
        in_double(weight, layers, stream, values);
    }
};

/// In the order of Initializer.
constexpr Scheme schemes[] = {
    {uniform<float>, uniform<double>},
    {glorot<float>, glorot<double>},
    {normal<float>, normal<double>},
};

/// Throws when the weight's declaration makes no sense: a plugin's mistake, not a user's.
void check(const Weight& weight) {
    const bool vector = weight.role == Role::bias || weight.role == Role::gain;
    if (!vector && weight.shape.size() != 2) {
        throw std::invalid_argument(
            fmt::format("weight {}: rank {}, but a matrix or table has 2", weight.name, weight.shape.size()));
    }
    if (weight.ones_first > weight.ones_last || weight.ones_last > weight.size()) {
        throw std::invalid_argument(fmt::format("weight {}: ones in [{}, {}) of {} elements", weight.name,
                                                weight.ones_first, weight.ones_last, weight.size()));
    }
}

}  // namespace

template <class Real>
void initialize(const Weight& weight, Initializer initializer, Size layers, RandomStream stream, Real* values) {
    check(weight);
    if (weight.start) {
        for (Size i = 0; i < weight.size(); ++i) values[i] = static_cast<Real>(weight.start(i, stream));
    } else if (weight.role == Role::gain) {
        std::fill_n(values, weight.size(), Real(1));
    } else {
        schemes[static_cast<std::size_t>(initializer)].fill(weight, layers, stream, values);
    }
}

template void initialize(const Weight&, Initializer, Size, RandomStream, float*);
template void initialize(const Weight&, Initializer, Size, RandomStream, double*);

}  // namespace unroll::model
