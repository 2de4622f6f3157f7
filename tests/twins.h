// The recurrent cells that have kernels of their own, written as equations, with their weights in PyTorch's order.
#pragma once

#include "unroll/equations.h"

namespace unroll::twins {

/// W_ih x + b_ih and W_hh h + b_hh, `gates` of them, with their weights in PyTorch's order.
struct Sums {
    Value from_x, from_h;

    Sums(Equations& e, Size gates, Value x, Value h)
        : from_x(e.product("weight_ih", gates * e.hidden(), x)), from_h(e.product("weight_hh", gates * e.hidden(), h)) {
        from_x = e.plus(from_x, "bias_ih");
        from_h = e.plus(from_h, "bias_hh");
    }
};

template <Value (*activation)(Value)>
inline void rnn(Equations& e) {
    const Value x = e.input(), h = e.state("h", e.hidden());
    const Sums sums(e, 1, x, h);
    e.next(h, activation(sums.from_x + sums.from_h));
    e.output(e.next_of(h));
}

inline void lstm(Equations& e) {
    const Size H = e.hidden();
    const Value x = e.input(), h = e.state("h", H), c = e.state("c", H);
    const Sums sums(e, 4, x, h);
    const Value gates = sums.from_x + sums.from_h;
    const Value i = sigmoid(slice(gates, 0, H)), f = sigmoid(slice(gates, H, H)), g = tanh(slice(gates, 2 * H, H)),
                o = sigmoid(slice(gates, 3 * H, H));
    e.next(c, f * c + i * g);
    e.next(h, o * tanh(e.next_of(c)));
    e.output(e.next_of(h));
}

inline void gru(Equations& e) {
    const Size H = e.hidden();
    const Value x = e.input(), h = e.state("h", H);
    const Sums sums(e, 3, x, h);
    const Value r = sigmoid(slice(sums.from_x, 0, H) + slice(sums.from_h, 0, H));
    const Value z = sigmoid(slice(sums.from_x, H, H) + slice(sums.from_h, H, H));
    const Value n = tanh(slice(sums.from_x, 2 * H, H) + r * slice(sums.from_h, 2 * H, H));
    e.next(h, (1 - z) * n + z * h);
    e.output(e.next_of(h));
}

}  // namespace unroll::twins
