// memory(), one kernel for all steps, against the same written with a state, outer() and contract().
#include <optional>

#include "../../layer.h"
#include "catch.h"
#include "conformance/conformance.h"
#include "unroll/equations.h"
#include "unroll/error.h"
#include "unroll/random.h"

using namespace unroll;
using tests::Layer;

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

std::vector<double> random_numbers(RandomStream& stream, Size count) {
    std::vector<double> numbers(count);
    for (double& number : numbers) number = stream.uniform(-0.5, 0.5);
    return numbers;
}

void require_close(const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    for (Size i = 0; i < a.size(); ++i) REQUIRE(a[i] == Approx(b[i]).epsilon(1e-10).margin(1e-12));
}

template <Decay decay, bool delta>
void check() {
    CAPTURE(int(decay), delta);
    static constexpr Plugin kernel = equations_plugin<by_kernel<decay, delta>>("kernel", 1, "a memory", {}, heads_of);
    static constexpr Plugin steps = equations_plugin<by_steps<decay, delta>>("steps", 1, "a matrix as state");
    CellSpec spec;
    spec.input = 5, spec.hidden = 38, spec.context = 37;
    Layer<double> one(kernel, spec), other(steps, spec);
    RandomStream stream(1, "memory");
    one.weights = other.weights = random_numbers(stream, one.layout().weight_count());
    REQUIRE(one.weights.size() == other.layout().weight_count());
    const Size T = 37, B = 3, S = one.layout().state_size();
    REQUIRE(S == other.layout().state_size());
    const std::vector<Size> lengths{37, 1, 18};
    const auto x = random_numbers(stream, T * B * spec.input), state = random_numbers(stream, B * S);
    const auto dy = random_numbers(stream, T * B * spec.hidden), dnext = random_numbers(stream, B * S);
    for (const bool padded : {false, true})
        for (const bool from_state : {false, true}) {
            Forward<double> call;
            call.T = T, call.B = B;
            call.x.values = x.data();
            call.lengths = padded ? lengths.data() : nullptr;
            call.state = from_state ? state.data() : nullptr;
            for (Layer<double>* layer : {&one, &other}) {
                layer->dweights.assign(layer->dweights.size(), 0);
                layer->forward(call);
                layer->backward(dy, dnext);
            }
            require_close(one.y, other.y);
            require_close(one.next_state, other.next_state);
            require_close(one.dx, other.dx);
            require_close(one.dstate, other.dstate);
            require_close(one.dweights, other.dweights);
        }
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
