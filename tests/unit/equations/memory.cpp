// memory(), one kernel for all steps, against the same written with a state, outer() and contract().
#include <string>

#include "catch.h"
#include "conformance/conformance.h"
#include "equal_cells.h"
#include "unroll/equations.h"
#include "unroll/error.h"

using namespace unroll;

namespace {

constexpr Size heads = 2, n = 3;

enum class Decay { none, head, row };

struct Operands {
    Value q, k, v;
    Equations::MemoryRule rule;
};

template <Decay decay, bool delta>
Operands operands(Equations& e) {
    const Value x = e.input(), past = e.state("past", heads);  // a state on its own cycle may go into a memory
    e.next(past, sigmoid(e.linear("past", heads, {x, past})));
    Operands made{e.product("q", heads * n, x), tanh(e.product("k", heads * n, x)), e.product("v", e.hidden(), x), {}};
    if (decay == Decay::head) made.rule.decay = e.next_of(past);
    if (decay == Decay::row) made.rule.decay = sigmoid(e.linear("a", heads * n, {x}));
    if (delta) made.rule.strength = past * sigmoid(e.linear("beta", heads, {x}));
    return made;
}

Size heads_of(const Options&) {
    return heads;
}

/// q is used beside the memory, so its gradient is added to.
Value output(Equations& e, Value read, Value q) {
    return read + e.product("out", e.hidden(), q);
}

template <Decay decay, bool delta>
void by_kernel(Equations& e) {
    const Operands o = operands<decay, delta>(e);
    e.output(output(e, e.memory("S", heads, o.q, o.k, o.v, o.rule), o.q));
}

template <Decay decay, bool delta>
void by_steps(Equations& e) {
    const Operands o = operands<decay, delta>(e);
    const Size m = o.v.width() / heads;
    const Value S = e.state("S", heads, n, m);
    Value kept = S, written = o.v;
    if (decay == Decay::head) kept = scale_heads(S, *o.rule.decay);
    if (decay == Decay::row) kept = scale_rows(S, *o.rule.decay);
    if (delta) written = repeat(*o.rule.strength, m) * (o.v - contract(o.k, kept));
    e.next(S, kept + outer(o.k, written, heads));
    e.output(output(e, contract(o.q, e.next_of(S)), o.q));
}

template <Decay decay, bool delta>
void check() {
    CAPTURE(int(decay), delta);
    static constexpr Plugin kernel = equations_plugin<by_kernel<decay, delta>>("kernel", 1, "a memory", {}, heads_of);
    static constexpr Plugin steps = equations_plugin<by_steps<decay, delta>>("steps", 1, "a matrix as state");
    tests::check_equal_cells({"memory", {}, &steps, 1e-12, {37, 1, 18}}, kernel, 38);
    const conformance::Report report = conformance::check(kernel);
    INFO(to_string(report));
    CHECK(report.passed());
}

void into_itself(Equations& e) {
    const Value x = e.input(), h = e.state("h", e.hidden());
    const Value read = e.memory("S", 1, h, h, x, {});
    e.next(h, e.product("W", e.hidden(), read));
    e.output(read);
}

void of_wrong_width(Equations& e) {
    e.output(e.memory("S", 2, e.input(), e.input(), e.input(), {.strength = e.input()}));
}

void require_refused(void (*record)(Equations&), const std::string& found) {
    CellSpec spec;
    spec.input = spec.hidden = 4;
    try {
        make_equations_cell<double>(record, spec, {});
        FAIL("not refused");
    } catch (const Error& error) {
        CHECK(std::string(error.what()).find(found) != std::string::npos);
    }
}

}  // namespace

TEST_CASE("a memory equals the same matrix written as a state") {
    check<Decay::none, false>();
    check<Decay::head, false>();
    check<Decay::row, false>();
    check<Decay::none, true>();
    check<Decay::head, true>();
    check<Decay::row, true>();
}

TEST_CASE("what a memory cannot be is refused") {
    require_refused(into_itself, "operands that depend on what was read from it");
    require_refused(of_wrong_width, "a strength of shape (B, 4) for 2 heads");
}
