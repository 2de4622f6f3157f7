// What the tests of scans share: shapes, comparisons with plain loops and with differences, and of bits.
#pragma once

#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <functional>
#include <vector>

#include "catch.h"
#include "unroll/kernels/scan.h"
#include "unroll/random.h"

namespace unroll::tests {

template <class Real>
using Array = std::vector<Real>;
using Complex = std::complex<double>;

template <class Real>
Array<Real> draw(Size n, std::uint64_t key, double low = -1, double high = 1) {
    RandomStream stream(1, "scan", {key});
    Array<Real> values(n);
    for (Real& value : values) value = static_cast<Real>(stream.uniform(low, high));
    return values;
}

template <class Real>
Array<Real> spoiled(Size n) {  // outputs that must be overwritten
    return Array<Real>(n, Real(-7e20));
}

template <class Real>
double dot(const Array<Real>& a, const Array<Real>& b) {
    double sum = 0;
    for (Size i = 0; i < a.size(); ++i) sum += double(a[i]) * double(b[i]);
    return sum;
}

template <class Real>
void check_close(const char* what, const Array<Real>& ours, const Array<double>& wanted) {
    INFO(what);
    REQUIRE(ours.size() == wanted.size());
    double largest = 1;
    for (const double value : wanted) largest = std::max(largest, std::abs(value));
    const double tolerance = largest * (sizeof(Real) == 4 ? 3e-6 : 1e-13);
    for (Size i = 0; i < ours.size(); ++i)
        if (!(std::abs(double(ours[i]) - wanted[i]) <= tolerance))
            FAIL("element " << i << ": " << ours[i] << ", " << wanted[i]);
}

/// Every third element's gradient of `loss` by central differences.
inline void check_slopes(const char* what, Array<double>& values, const Array<double>& gradient,
                         const std::function<double()>& loss) {
    INFO(what);
    REQUIRE(values.size() == gradient.size());
    for (Size i = 0; i < values.size(); i += 3) {
        const double middle = values[i], step = 1e-5;
        values[i] = middle + step;
        const double above = loss();
        values[i] = middle - step;
        const double slope = (above - loss()) / (2 * step);
        values[i] = middle;
        if (!(std::abs(slope - gradient[i]) <= 1e-7 * (1 + std::abs(slope))))
            FAIL("element " << i << ": " << gradient[i] << ", slope " << slope);
    }
}

/// Row b of (rows, B, width).
template <class Real>
Array<Real> of_sequence(const Array<Real>& all, Size B, Size b, Size width) {
    Array<Real> part;
    for (Size first = b * width; first < all.size(); first += B * width)
        part.insert(part.end(), all.begin() + static_cast<std::ptrdiff_t>(first),
                    all.begin() + static_cast<std::ptrdiff_t>(first + width));
    return part;
}

template <class Real>
bool same_bits(const Array<Real>& a, const Array<Real>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0);
}

struct Shape {
    Size T, B, n, N = 1;
    bool padded = false, from_state = true;

    std::vector<Size> lengths() const {
        std::vector<Size> all;
        for (Size b = 0; padded && b < B; ++b) all.push_back(b == 0 ? T : 1 + (b * 7 + 5) % T);
        return all;
    }
    Size length(Size b) const { return padded ? lengths()[b] : T; }
};

inline const std::vector<Shape> shapes = {{1, 2, 5, 3},
                                          {16, 1, 16, 4},
                                          {19, 3, 21, 7, true},
                                          {33, 2, 16, 5, false, false},
                                          {40, 4, 37, 2, true, false},
                                          {130, 3, 3, 2, true}};

/// Each channel's sum over the sequences, of (B, width).
inline Array<double> summed(const Array<double>& rows, Size width) {
    Array<double> sum(width);
    for (Size i = 0; i < rows.size(); ++i) sum[i % width] += rows[i];
    return sum;
}

/// Runs `run` on one thread and on several, and requires that `results` has the same bits.
inline void check_threads(const std::function<void()>& run, const std::function<Array<float>()>& results) {
    Array<float> one;
    {
        const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, 1);
        run();
        one = results();
    }
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, 4);
    for (int turn = 0; turn < 5; ++turn) {
        run();
        REQUIRE(same_bits(one, results()));
    }
}

inline Array<float> joined(std::initializer_list<const Array<float>*> parts) {
    Array<float> all;
    for (const Array<float>* part : parts) all.insert(all.end(), part->begin(), part->end());
    return all;
}

}  // namespace unroll::tests
