// Recurrent steps: their values against the equations in long double, their gradients against differences, and that
// a unit's bits do not depend on where it stands.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "catch.h"
#include "unroll/kernels/recurrent.h"
#include "unroll/random.h"

using namespace unroll;

namespace {

template <class Real>
using Values = std::vector<Real>;

template <class Real = double>
Values<Real> draw(Size n, const char* purpose) {
    RandomStream stream(1, purpose, {n});
    Values<Real> values(n);
    for (Real& value : values) value = static_cast<Real>(stream.uniform(-2, 2));
    return values;
}

long double activated(Activation f, long double x) {
    switch (f) {
        case Activation::sigmoid:
            return 1 / (1 + std::exp(-x));
        case Activation::hard_sigmoid:
            return std::clamp(0.2L * x + 0.5L, 0.0L, 1.0L);
        case Activation::tanh:
            return std::tanh(x);
        case Activation::relu:
            return std::max(x, 0.0L);
    }
    return 0;
}

template <class Real>
bool close(Real value, long double wanted) {
    return std::abs(value - wanted) < 16 * std::numeric_limits<Real>::epsilon();
}

constexpr Activation all[] = {Activation::sigmoid, Activation::hard_sigmoid, Activation::tanh, Activation::relu};
const std::vector<Size> lengths = {1, 3, 16, 37, 64};

/// d Σ weights·f(x) / dx[i], by central differences. f returns its outputs in one array.
template <class F>
double slope(Values<double> x, Size i, const Values<double>& weights, F f) {
    const double step = 1e-5, middle = x[i];
    double total = 0;
    for (const double sign : {1.0, -1.0}) {
        x[i] = middle + sign * step;
        const Values<double> y = f(x);
        for (Size j = 0; j < y.size(); ++j) total += sign * weights[j] * y[j] / (2 * step);
    }
    return total;
}

// ---- The only step of one sequence

constexpr TimeStep only = {.t = 0, .T = 1, .B = 1};

template <class Real>
void rnn_row(Activation f, const Real* added, Real* h, Size n) {
    rnn_step<Real>({.time = only, .n = n, .activation = f, .added = {added}, .h = h});
}

template <class Real>
void lstm_row(Activation s, const Real* added, const Real* c_before, Real* gates, Real* c, Real* h, Size n) {
    lstm_step<Real>({.time = only,
                     .n = n,
                     .gate_activation = s,
                     .added = {added},
                     .c_before = {c_before, n},
                     .gates = gates,
                     .c = c,
                     .h = h});
}

template <class Real>
struct GruRow {
    const Real *hidden, *bias, *added, *h_before;
    bool projected;
};
template <class Real>
void gru_row(const GruRow<Real>& row, Real* gates, Real* reset, Real* h, Size n) {
    gru_step<Real>({.time = only,
                    .n = n,
                    .hidden = row.hidden,
                    .bias = row.bias,
                    .projected = row.projected,
                    .added = {row.added},
                    .h_before = {row.h_before, n},
                    .gates = gates,
                    .reset = reset,
                    .h = h});
}

}  // namespace

TEMPLATE_TEST_CASE("rnn_step is f(sums + added)", "[recurrent]", float, double) {
    using Real = TestType;
    for (const Size n : lengths)
        for (const Activation f : all) {
            const auto sums = draw<Real>(n, "sums"), added = draw<Real>(n, "added");
            Values<Real> h = sums;
            rnn_row(f, added.data(), h.data(), n);
            for (Size i = 0; i < n; ++i) REQUIRE(close(h[i], activated(f, static_cast<Real>(sums[i] + added[i]))));
        }
}

TEST_CASE("rnn_step's gradient is that of differences", "[recurrent]") {
    const Size n = 21;
    for (const Activation f : all) {
        const Values<double> sums = draw(n, "sums"), added = draw(n, "added"), dy = draw(n, "dy"), dh = draw(n, "dh");
        const auto forward = [&](const Values<double>& x) {
            Values<double> h = x;
            rnn_row(f, added.data(), h.data(), n);
            return h;
        };
        const Values<double> h = forward(sums);
        for (const bool later : {true, false}) {
            Values<double> dsums(n), weights = dy;
            for (Size i = 0; i < n && later; ++i) weights[i] += dh[i];
            rnn_step_backward<double>({.time = only,
                                       .n = n,
                                       .activation = f,
                                       .h = h.data(),
                                       .dy = dy.data(),
                                       .dh = {.last = {later ? dh.data() : nullptr, n}},
                                       .dsums = dsums.data()});
            for (Size i = 0; i < n; ++i) REQUIRE(dsums[i] == Approx(slope(sums, i, weights, forward)).margin(1e-8));
        }
    }
}

TEMPLATE_TEST_CASE("lstm_step is its equations", "[recurrent]", float, double) {
    using Real = TestType;
    for (const Size n : lengths)
        for (const Activation s : {Activation::sigmoid, Activation::hard_sigmoid})
            for (const bool begun : {true, false}) {
                const auto sums = draw<Real>(4 * n, "sums"), added = draw<Real>(4 * n, "added");
                const auto before = draw<Real>(n, "before");
                Values<Real> gates = sums, c(n), h(n);
                lstm_row(s, added.data(), begun ? before.data() : nullptr, gates.data(), c.data(), h.data(), n);
                for (Size j = 0; j < n; ++j) {
                    const auto gate = [&](Activation f, Size k) {
                        return activated(f, static_cast<Real>(sums[k * n + j] + added[k * n + j]));
                    };
                    const long double i = gate(s, 0), f = gate(s, 1), g = gate(Activation::tanh, 2), o = gate(s, 3);
                    const long double memory = (begun ? f * before[j] : 0) + i * g;
                    REQUIRE(close(gates[j], i));
                    REQUIRE(close(gates[n + j], f));
                    REQUIRE(close(gates[2 * n + j], g));
                    REQUIRE(close(gates[3 * n + j], o));
                    REQUIRE(close(c[j], memory));
                    REQUIRE(close(h[j], o * std::tanh(memory)));
                }
            }
}

TEST_CASE("lstm_step's gradients are those of differences", "[recurrent]") {
    const Size n = 21;
    for (const Activation s : {Activation::sigmoid, Activation::hard_sigmoid})
        for (const bool begun : {true, false}) {
            // x: the sums, then c_before. f(x): h, then c.
            const Values<double> x = draw(5 * n, "x"), added = draw(4 * n, "added"), dy = draw(n, "dy");
            const Values<double> dh = draw(n, "dh"), dc = draw(n, "dc");
            Values<double> gates(4 * n), c(n);
            const auto forward = [&](const Values<double>& values) {
                gates.assign(values.begin(), values.begin() + 4 * n);
                Values<double> h(n);
                lstm_row(s, added.data(), begun ? values.data() + 4 * n : nullptr, gates.data(), c.data(), h.data(), n);
                h.insert(h.end(), c.begin(), c.end());
                return h;
            };
            for (const bool later : {true, false}) {
                Values<double> weights = dy, dgates(4 * n), dc_before(n);
                for (Size j = 0; j < n && later; ++j) weights[j] += dh[j];
                if (later)
                    weights.insert(weights.end(), dc.begin(), dc.end());
                else
                    weights.resize(2 * n);
                forward(x);
                lstm_step_backward<double>({.time = only,
                                            .n = n,
                                            .gate_activation = s,
                                            .gates = gates.data(),
                                            .c_before = {begun ? x.data() + 4 * n : nullptr, n},
                                            .c = c.data(),
                                            .dy = dy.data(),
                                            .dh = {.last = {later ? dh.data() : nullptr, n}},
                                            .dc = {dc_before.data(), {later ? dc.data() : nullptr, n}},
                                            .dgates = dgates.data()});
                for (Size j = 0; j < 4 * n; ++j)
                    REQUIRE(dgates[j] == Approx(slope(x, j, weights, forward)).margin(1e-8));
                for (Size j = 0; j < n && begun; ++j)
                    REQUIRE(dc_before[j] == Approx(slope(x, 4 * n + j, weights, forward)).margin(1e-8));
            }
        }
}

TEMPLATE_TEST_CASE("gru_step is its equations", "[recurrent]", float, double) {
    using Real = TestType;
    for (const Size n : lengths)
        for (const bool projected : {true, false})
            for (const bool begun : {true, false}) {
                const auto x = draw<Real>(3 * n, "x"), added = draw<Real>(3 * n, "added");
                const auto hidden = draw<Real>(3 * n, "hidden"), bias = draw<Real>(n, "bias");
                const auto before = draw<Real>(n, "before");
                Values<Real> gates = x, reset(n), h(n);
                gru_row<Real>({.hidden = hidden.data(),
                               .bias = bias.data(),
                               .added = added.data(),
                               .h_before = begun ? before.data() : nullptr,
                               .projected = projected},
                              gates.data(), reset.data(), h.data(), n);
                for (Size j = 0; j < n; ++j) {
                    const auto input = [&](Size k) {
                        return (projected ? static_cast<long double>(x[k * n + j]) : 0) + added[k * n + j];
                    };
                    const long double r = activated(Activation::sigmoid, input(0) + hidden[j]);
                    const long double z = activated(Activation::sigmoid, input(1) + hidden[n + j]);
                    const long double m = static_cast<long double>(hidden[2 * n + j]) + bias[j];
                    const long double candidate = std::tanh(input(2) + r * m);
                    REQUIRE(close(gates[j], r));
                    REQUIRE(close(gates[n + j], z));
                    REQUIRE(close(gates[2 * n + j], candidate));
                    REQUIRE(close(reset[j], m));
                    REQUIRE(close(h[j], (1 - z) * candidate + (begun ? z * before[j] : 0)));
                }
            }
}

TEST_CASE("gru_step's gradients are those of differences", "[recurrent]") {
    const Size n = 21;
    for (const bool begun : {true, false}) {
        // x: what is projected, then what is hidden, then h_before.
        const Values<double> x = draw(7 * n, "x"), added = draw(3 * n, "added"), bias = draw(n, "bias");
        const Values<double> dy = draw(n, "dy"), dh = draw(n, "dh");
        Values<double> gates(3 * n), reset(n);
        const auto forward = [&](const Values<double>& values) {
            Values<double> h(n);
            gates.assign(values.begin(), values.begin() + 3 * n);
            gru_row<double>({.hidden = values.data() + 3 * n,
                             .bias = bias.data(),
                             .added = added.data(),
                             .h_before = begun ? values.data() + 6 * n : nullptr,
                             .projected = true},
                            gates.data(), reset.data(), h.data(), n);
            return h;
        };
        for (const bool later : {true, false}) {
            Values<double> weights = dy, dx(6 * n), dh_before(n);
            for (Size j = 0; j < n && later; ++j) weights[j] += dh[j];
            forward(x);
            gru_step_backward<double>({.time = only,
                                       .n = n,
                                       .gates = gates.data(),
                                       .reset = reset.data(),
                                       .h_before = {begun ? x.data() + 6 * n : nullptr, n},
                                       .dy = dy.data(),
                                       .dh = {dh_before.data(), {later ? dh.data() : nullptr, n}},
                                       .dinput = dx.data(),
                                       .dhidden = dx.data() + 3 * n});
            for (Size j = 0; j < 6 * n; ++j) REQUIRE(dx[j] == Approx(slope(x, j, weights, forward)).margin(1e-8));
            for (Size j = 0; j < n && begun; ++j)
                REQUIRE(dh_before[j] == Approx(slope(x, 6 * n + j, weights, forward)).margin(1e-8));
        }
    }
}

TEMPLATE_TEST_CASE("A unit's bits do not depend on where it stands", "[recurrent]", float, double) {
    using Real = TestType;
    const Size n = 37;
    const auto sums = draw<Real>(4 * n, "sums"), added = draw<Real>(4 * n, "added"), before = draw<Real>(n, "before");
    Values<Real> gates = sums, c(n), h(n), reset(n);
    lstm_row(Activation::sigmoid, added.data(), before.data(), gates.data(), c.data(), h.data(), n);
    for (Size j = 0; j < n; ++j) {
        Real four[4], row[4], one_c, one_h;
        for (Size k = 0; k < 4; ++k) four[k] = sums[k * n + j], row[k] = added[k * n + j];
        lstm_row(Activation::sigmoid, row, &before[j], four, &one_c, &one_h, 1);
        REQUIRE(std::memcmp(&one_c, &c[j], sizeof(Real)) == 0);
        REQUIRE(std::memcmp(&one_h, &h[j], sizeof(Real)) == 0);
    }
    gru_row<Real>({sums.data(), sums.data() + 3 * n, added.data(), before.data(), false}, gates.data(), reset.data(),
                  h.data(), n);
    for (Size j = 0; j < n; ++j) {
        Real hidden[3], row[3], three[3], one_reset, one_h;
        for (Size k = 0; k < 3; ++k) hidden[k] = sums[k * n + j], row[k] = added[k * n + j];
        gru_row<Real>({hidden, &sums[3 * n + j], row, &before[j], false}, three, &one_reset, &one_h, 1);
        REQUIRE(std::memcmp(&one_h, &h[j], sizeof(Real)) == 0);
    }
}
