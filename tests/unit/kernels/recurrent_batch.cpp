// Recurrent steps of a whole batch: lengths, strides, tokens and idle cores. Each sequence's results are those of a
// call with that sequence alone, bit for bit, and what is not valid is neither read nor anything but zeros.
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

/// What a step reads, for all sequences. Where a step must not look there is NaN.
template <class Real>
struct Batch {
    static constexpr Size t = 1, T = 4, V = 6;
    Size B, n, stride;
    bool begun;  ///< there is a state before the step
    std::vector<Size> lengths;
    std::vector<Token> tokens;
    Values<Real> table, sums, hidden, bias, before, c, dy, carry, last;

    Batch(Size sequences, Size units, bool has_state)
        : B(sequences), n(units), stride(2 * units + 3), begun(has_state), lengths(B), tokens(B) {
        RandomStream stream(1, "batch", {B, n});
        const auto draw = [&](Size count) {
            Values<Real> values(count);
            for (Real& value : values) value = static_cast<Real>(stream.uniform(-2, 2));
            return values;
        };
        for (Size b = 0; b < B; ++b) lengths[b] = 1 + b % T, tokens[b] = static_cast<Token>(stream.below(V));
        table = draw(V * 4 * n), bias = draw(n), sums = draw(B * 4 * n), hidden = draw(B * 3 * n);
        before = draw(B * stride), c = draw(B * n), dy = draw(B * n), carry = draw(B * n), last = draw(B * stride);
        for (Size b = 0; b < B; ++b) {
            if (t >= lengths[b])
                for (Values<Real>* array : {&sums, &hidden, &c, &dy, &before}) spoil(*array, b);
            if (t + 1 >= lengths[b])
                spoil(carry, b);
            else
                spoil(last, b);
        }
    }

    TimeStep time(Size first, Size count) const {
        return {.t = t, .T = T, .B = count, .lengths = lengths.data() + first};
    }
    Added<Real> added(Size first) const { return {table.data(), tokens.data() + first}; }
    Rows<const Real> state(Size first) const {
        return {begun ? before.data() + first * stride : nullptr, begun ? stride : 0};
    }
    StateGradient<Real> gradient(Size first, Values<Real>& own_carry) const {
        return {own_carry.data(), {last.data() + first * stride, stride}};
    }
    /// Rows [first, first + count) of an array of the batch.
    Values<Real> rows(const Values<Real>& array, Size first, Size count) const {
        const Size width = array.size() / B;
        return {array.begin() + std::ptrdiff_t(first * width), array.begin() + std::ptrdiff_t((first + count) * width)};
    }

private:
    void spoil(Values<Real>& array, Size b) const {
        const Size width = array.size() / B;
        std::fill_n(array.begin() + std::ptrdiff_t(b * width), width, std::numeric_limits<Real>::quiet_NaN());
    }
};

/// What a step writes: arrays of one row a sequence. `zeroed` must be zeros where a sequence has ended.
template <class Real>
struct Written {
    std::vector<Values<Real>> zeroed, others;
};

template <class Real>
Values<Real> empty(Size count) {
    return Values<Real>(count, std::numeric_limits<Real>::quiet_NaN());
}

// ---- The steps, for sequences [first, first + count)

template <class Real>
Written<Real> rnn(const Batch<Real>& batch, Size first, Size count) {
    Values<Real> h = batch.rows(batch.c, first, count);
    rnn_step<Real>({.time = batch.time(first, count), .n = batch.n, .added = batch.added(first), .h = h.data()});
    return {{h}, {}};
}

template <class Real>
Written<Real> rnn_backward(const Batch<Real>& batch, Size first, Size count) {
    Values<Real> carry = batch.rows(batch.carry, first, count), dsums = empty<Real>(count * batch.n);
    rnn_step_backward<Real>({.time = batch.time(first, count),
                             .n = batch.n,
                             .h = batch.c.data() + first * batch.n,
                             .dy = batch.dy.data() + first * batch.n,
                             .dh = batch.gradient(first, carry),
                             .dsums = dsums.data()});
    return {{dsums}, {}};
}

template <class Real>
Written<Real> lstm(const Batch<Real>& batch, Size first, Size count) {
    Values<Real> gates = batch.rows(batch.sums, first, count), c = empty<Real>(count * batch.n), h = c;
    lstm_step<Real>({.time = batch.time(first, count),
                     .n = batch.n,
                     .added = batch.added(first),
                     .c_before = batch.state(first),
                     .gates = gates.data(),
                     .c = c.data(),
                     .h = h.data()});
    return {{c, h}, {gates}};
}

template <class Real>
Written<Real> lstm_backward(const Batch<Real>& batch, Size first, Size count) {
    Values<Real> dh = batch.rows(batch.carry, first, count), dc = dh, dgates = empty<Real>(count * 4 * batch.n);
    lstm_step_backward<Real>({.time = batch.time(first, count),
                              .n = batch.n,
                              .gates = batch.sums.data() + first * 4 * batch.n,
                              .c_before = batch.state(first),
                              .c = batch.c.data() + first * batch.n,
                              .dy = batch.dy.data() + first * batch.n,
                              .dh = batch.gradient(first, dh),
                              .dc = batch.gradient(first, dc),
                              .dgates = dgates.data()});
    return {{dgates}, {dc}};
}

template <class Real>
Written<Real> gru(const Batch<Real>& batch, Size first, Size count) {
    Values<Real> gates = batch.rows(batch.hidden, first, count), reset = empty<Real>(count * batch.n), h = reset;
    gru_step<Real>({.time = batch.time(first, count),
                    .n = batch.n,
                    .hidden = batch.hidden.data() + first * 3 * batch.n,
                    .bias = batch.bias.data(),
                    .projected = true,
                    .added = batch.added(first),
                    .h_before = batch.state(first),
                    .gates = gates.data(),
                    .reset = reset.data(),
                    .h = h.data()});
    return {{h}, {gates, reset}};
}

template <class Real>
Written<Real> gru_backward(const Batch<Real>& batch, Size first, Size count) {
    Values<Real> dh = batch.rows(batch.carry, first, count), dinput = empty<Real>(count * 3 * batch.n);
    Values<Real> dhidden = dinput;
    gru_step_backward<Real>({.time = batch.time(first, count),
                             .n = batch.n,
                             .gates = batch.hidden.data() + first * 3 * batch.n,
                             .reset = batch.c.data() + first * batch.n,
                             .h_before = batch.state(first),
                             .dy = batch.dy.data() + first * batch.n,
                             .dh = batch.gradient(first, dh),
                             .dinput = dinput.data(),
                             .dhidden = dhidden.data()});
    return {{dinput, dhidden, dh}, {}};
}

template <class Real>
Written<Real> reset_first(const Batch<Real>& batch, Size first, Size count) {
    Values<Real> gates = batch.rows(batch.hidden, first, count), reset = empty<Real>(count * batch.n), h = reset;
    const GruResetFirstStep<Real> step = {.time = batch.time(first, count),
                                          .n = batch.n,
                                          .added = batch.added(first),
                                          .h_before = batch.state(first),
                                          .gates = gates.data(),
                                          .reset = reset.data(),
                                          .h = h.data()};
    gru_reset_first_gates(step);
    gru_reset_first_candidate(step);
    return {{reset, h}, {gates}};
}

template <class Real>
Written<Real> reset_first_backward(const Batch<Real>& batch, Size first, Size count) {
    Values<Real> dh = batch.rows(batch.carry, first, count), dgates = empty<Real>(count * 3 * batch.n);
    const GruResetFirstStepBackward<Real> step = {.time = batch.time(first, count),
                                                  .n = batch.n,
                                                  .gates = batch.hidden.data() + first * 3 * batch.n,
                                                  .h_before = batch.state(first),
                                                  .dy = batch.dy.data() + first * batch.n,
                                                  .dh = batch.gradient(first, dh),
                                                  .dreset = batch.c.data() + first * batch.n,
                                                  .dgates = dgates.data()};
    gru_reset_first_candidate_backward(step);
    gru_reset_first_gates_backward(step);
    return {{dgates, dh}, {}};
}

// ---- What is asked of each

template <class Real>
bool same(const Values<Real>& all, const Values<Real>& one, Size b) {
    return std::memcmp(all.data() + b * one.size(), one.data(), one.size() * sizeof(Real)) == 0;
}

template <class Real>
void check(Written<Real> (*step)(const Batch<Real>&, Size first, Size count), const Batch<Real>& batch) {
    const Written<Real> all = step(batch, 0, batch.B);
    for (Size b = 0; b < batch.B; ++b) {
        CAPTURE(b, batch.B, batch.n, batch.begun, batch.lengths[b]);
        const Written<Real> one = step(batch, b, 1);
        for (Size i = 0; i < all.others.size(); ++i) REQUIRE(same(all.others[i], one.others[i], b));
        for (Size i = 0; i < all.zeroed.size(); ++i) {
            REQUIRE(same(all.zeroed[i], one.zeroed[i], b));
            const bool ended = batch.t >= batch.lengths[b];
            for (const Real value : one.zeroed[i]) REQUIRE((ended ? value == 0 : value == value));
        }
    }
}

template <class Real>
void check_all(const Batch<Real>& batch) {
    check<Real>(rnn, batch);
    check<Real>(rnn_backward, batch);
    check<Real>(lstm, batch);
    check<Real>(lstm_backward, batch);
    check<Real>(gru, batch);
    check<Real>(gru_backward, batch);
    check<Real>(reset_first, batch);
    check<Real>(reset_first_backward, batch);
}

}  // namespace

TEMPLATE_TEST_CASE("A sequence's step is the same alone and in a batch, and ends at its length", "[recurrent]", float,
                   double) {
    for (const bool begun : {true, false})
        for (const Size n : {1, 16, 19}) check_all(Batch<TestType>(9, n, begun));
}

TEMPLATE_TEST_CASE("A step that idle cores help with has the same bits", "[recurrent]", float, double) {
    check_all(Batch<TestType>(64, 1100, true));
}

TEST_CASE("A step without lengths or tokens takes all sequences and one row", "[recurrent]") {
    const Size B = 3, n = 5;
    const Values<double> added(n, 1.0);
    Values<double> h(B * n, -0.5);
    rnn_step<double>({.time = {.t = 1, .T = 2, .B = B},
                      .n = n,
                      .activation = Activation::relu,
                      .added = {added.data()},
                      .h = h.data()});
    CHECK(h == Values<double>(B * n, 0.5));
}

TEST_CASE("The gradient of a state comes from the step after, and from outside after a sequence's last one",
          "[recurrent]") {
    const Size lengths[] = {3, 2, 1};
    const Values<double> h(3, 1.0), dy(3, 0.0), last = {10, 20, 30};
    Values<double> carry = {1, 2, 3}, dsums(3);
    const auto backward = [&](const double* outside) {
        rnn_step_backward<double>({.time = {.t = 1, .T = 3, .B = 3, .lengths = lengths},
                                   .n = 1,
                                   .activation = Activation::relu,
                                   .h = h.data(),
                                   .dy = dy.data(),
                                   .dh = {carry.data(), {outside, 1}},
                                   .dsums = dsums.data()});
        return dsums;
    };
    CHECK(backward(last.data()) == Values<double>{1, 20, 0});
    CHECK(backward(nullptr) == Values<double>{1, 0, 0});
}

TEMPLATE_TEST_CASE("With r before the product, the two halves are their equations", "[recurrent]", float, double) {
    using Real = TestType;
    // One unit: r and z of sums and added, then n, then h.
    Real gates[3] = {Real(0.3), Real(-0.4), 0}, reset = 0, h = 0;
    const Real added[3] = {Real(0.1), Real(0.2), Real(-0.3)}, before = Real(0.7);
    const GruResetFirstStep<Real> step = {.time = {.t = 0, .T = 1, .B = 1},
                                          .n = 1,
                                          .added = {added},
                                          .h_before = {&before, 1},
                                          .gates = gates,
                                          .reset = &reset,
                                          .h = &h};
    gru_reset_first_gates(step);
    const double r = 1 / (1 + std::exp(-0.4)), z = 1 / (1 + std::exp(0.2));
    CHECK(gates[0] == Approx(r));
    CHECK(gates[1] == Approx(z));
    CHECK(reset == Approx(r * 0.7));
    gates[2] = Real(0.5) * reset;  // the product that is the caller's
    gru_reset_first_candidate(step);
    const double n = std::tanh(0.5 * r * 0.7 - 0.3);
    CHECK(gates[2] == Approx(n));
    CHECK(h == Approx((1 - z) * n + z * 0.7));

    const Real dy = Real(1.5);
    Real carry = 0, dgates[3] = {}, dreset = 0;
    GruResetFirstStepBackward<Real> back = {.time = step.time,
                                            .n = 1,
                                            .gates = gates,
                                            .h_before = {&before, 1},
                                            .dy = &dy,
                                            .dh = {.carry = &carry},
                                            .dgates = dgates};
    gru_reset_first_candidate_backward(back);
    CHECK(dgates[0] == 0);
    CHECK(dgates[1] == Approx(1.5 * (0.7 - n) * z * (1 - z)));
    CHECK(dgates[2] == Approx(1.5 * (1 - z) * (1 - n * n)));
    CHECK(carry == Approx(1.5 * z));
    dreset = Real(0.5) * dgates[2];
    back.dreset = &dreset;
    gru_reset_first_gates_backward(back);
    CHECK(dgates[0] == Approx(double(dreset) * 0.7 * r * (1 - r)));
    CHECK(carry == Approx(1.5 * z + double(dreset) * r));
}
