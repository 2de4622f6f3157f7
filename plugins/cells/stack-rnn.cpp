// A recurrent network with stacks that it pushes and pops by degrees (Joulin and Mikolov 2015, arXiv 1503.01007; with
// vectors on the stack, and a controller of either kind, as in Suzgun et al. 2019, arXiv 1911.03329, and in the code of
// Delétang et al. 2022, arXiv 2207.02098).
//
//     h' = f(W x + R h + P (top of the stacks) + b),  f = tanh or σ;  or an LSTM of the same sums
//     (push, pop, no-op) = softmax(A h' + b_a) for each stack,  v = D h' + b_v, or σ of it
//     S'_i = push S_{i-1} + pop S_{i+1} + no-op S_i,  S_{-1} = v, and zeros below the bottom;  y = h'
//
// Joulin and Mikolov have f = σ, v through σ, one number a cell and several stacks that are read to a depth of 2, in
// the later articles one stack of vectors is read at its top. A depth of T loses nothing of a sequence of T steps.
// State: h (H; the LSTM's c, H), and stacks · stack_size · cell_size. Kept for backward: about 7 times the stacks and 4
// (LSTM: 12) H a step.
#include <string>
#include <vector>

#include "gate_bias.h"
#include "unroll/equations.h"
#include "unroll/error.h"

namespace {

using namespace unroll;

struct Stacks {
    Equations& e;
    Size count, cell, size, top;
    std::vector<Value> states;

    explicit Stacks(Equations& equations)
        : e(equations),
          count(static_cast<Size>(e.options().integer("stacks"))),
          cell(static_cast<Size>(e.options().integer("cell_size"))),
          size(static_cast<Size>(e.options().integer("stack_size"))),
          top(static_cast<Size>(e.options().integer("top"))) {
        if (top > size)
            throw Error({"top", std::to_string(top) + " of " + std::to_string(size) + " cells",
                         "no more cells than a stack has", "lower top, or raise stack_size"});
        for (Size s = 0; s < count; ++s) states.push_back(e.state("stack_" + std::to_string(s), size * cell));
    }

    /// What the controller sees of them.
    Value read() {
        std::vector<Value> tops;
        for (const Value& stack : states) tops.push_back(slice(stack, 0, top * cell));
        return concatenate(std::span<const Value>(tops));
    }

    void update(Value h) {
        const bool no_op = e.options().boolean("no_op");
        const Size actions = no_op ? 3 : 2;
        auto chosen = e.linear("action", actions * count, {h}), pushed = e.linear("push", count * cell, {h});
        if (e.options().text("value") == "sigmoid") pushed = sigmoid(pushed);
        for (Size s = 0; s < count; ++s) {
            auto action = softmax(slice(chosen, s * actions, actions)), stack = states[s];
            auto value = slice(pushed, s * cell, cell), nothing = e.constant(cell, 0);
            const Size rest = (size - 1) * cell;
            auto lower = rest > 0 ? concatenate({value, slice(stack, 0, rest)}) : value;
            auto higher = rest > 0 ? concatenate({slice(stack, cell, rest), nothing}) : nothing;
            auto next = scale_heads(lower, slice(action, 0, 1)) + scale_heads(higher, slice(action, 1, 1));
            e.next(stack, no_op ? next + scale_heads(stack, slice(action, 2, 1)) : next);
        }
    }
};

void stack_rnn(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input(), h = e.state("h", H);
    Stacks stacks(e);
    auto seen = stacks.read();
    if (e.options().text("controller") == "lstm") {
        auto c = e.state("c", H);
        auto gates = e.linear("gates", 4 * H, {x, h, seen}, {.start = gate_bias(H, e.options().number("forget_bias"))});
        auto i = sigmoid(slice(gates, 0, H)), f = sigmoid(slice(gates, H, H));
        e.next(c, f * c + i * tanh(slice(gates, 2 * H, H)));
        e.next(h, sigmoid(slice(gates, 3 * H, H)) * tanh(e.next_of(c)));
    } else {
        auto sums = e.linear("h", H, {x, h, seen});
        e.next(h, e.options().text("activation") == "sigmoid" ? sigmoid(sums) : tanh(sums));
    }
    stacks.update(e.next_of(h));
    e.output(e.next_of(h));
}

constexpr Option options[] = {
    Option::choice("controller", "\"rnn\"", "rnn|lstm", "what pushes and pops"),
    Option::choice("activation", "\"tanh\"", "tanh|sigmoid", "activation function of an rnn as controller"),
    Option::integer("stacks", "1", 1, 64, "stacks, each with actions of its own"),
    Option::integer("cell_size", "8", 1, 4096, "numbers in a cell of a stack"),
    Option::integer("stack_size", "32", 1, 65536, "cells of a stack; what is pushed below the last is lost"),
    Option::integer("top", "1", 1, 64, "cells of each stack, from the top, that the controller sees"),
    Option::boolean("no_op", "true", "whether a stack can also be left as it is"),
    Option::choice("value", "\"linear\"", "linear|sigmoid", "what is pushed: D h' + b, or the logistic function of it"),
    Option::number("forget_bias", "1", -100, 100, "what the forget gate's bias starts at, of an lstm as controller"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    equations_plugin<stack_rnn>("stack-rnn", 1, "a recurrent network with stacks", options);
