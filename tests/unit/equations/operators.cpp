// Every operator of the equations, where the recurrence passes through it and before and after it, put through the
// conformance tests of cells: finite differences above all.
#include "catch.h"
#include "conformance/conformance.h"
#include "unroll/equations.h"

using namespace unroll;

namespace {

/// The recurrence passes through the operator.
template <auto apply>
void during(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input(), h = e.state("h", H);
    e.next(h, tanh(apply(e, e.linear("a", H, {x, h}), e.linear("b", H, {h, x}))));
    e.output(e.next_of(h));
}

/// The operator works on the input alone, for all steps at once.
template <auto apply>
void before(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input(), h = e.state("h", H);
    auto y = apply(e, e.linear("a", H, {x}), e.linear("b", H, {x}));
    e.next(h, tanh(e.linear("c", H, {y, h})));
    e.output(e.next_of(h));
}

/// The operator works on the state, but no state depends on it.
template <auto apply>
void after(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input(), h = e.state("h", H);
    e.next(h, tanh(e.linear("c", H, {x, h})));
    e.output(apply(e, e.linear("a", H, {e.next_of(h)}), e.linear("b", H, {h, x})));
}

void shift_register(Equations& e) {
    auto x = e.input();
    auto last = e.state("last", x.width()), one_before = e.state("one_before", x.width());
    e.next(last, x);
    e.next(one_before, last);
    e.output(e.linear("out", e.hidden(), {x, last, one_before}));
}

void plain(Equations& e) {
    e.output(relu(e.linear("out", e.hidden(), {e.input()})));
}

void nothing(Equations& e) {
    e.output(e.input());
}

void require_conforming(const Plugin& plugin) {
    const conformance::Report report = conformance::check(plugin);
    INFO(to_string(report));
    CHECK(report.passed());
}

template <auto apply>
void check() {
    require_conforming(equations_plugin<during<apply>>("during", 1, "an operator inside the recurrence"));
    require_conforming(equations_plugin<before<apply>>("before", 1, "an operator ahead of the recurrence"));
    require_conforming(equations_plugin<after<apply>>("after", 1, "an operator behind the recurrence"));
}

}  // namespace

TEST_CASE("sums, differences and products") {
    check<[](Equations&, Value a, Value b) { return a + b; }>();
    check<[](Equations&, Value a, Value b) { return a - b; }>();
    check<[](Equations&, Value a, Value b) { return a * b; }>();
    check<[](Equations&, Value a, Value) { return a * a - a; }>();
}

TEST_CASE("operations with a number") {
    check<[](Equations&, Value a, Value b) { return 0.3 + a * b; }>();
    check<[](Equations&, Value a, Value b) { return a - 0.5 + b; }>();
    check<[](Equations&, Value a, Value b) { return (1 - a) * b; }>();
    check<[](Equations&, Value a, Value b) { return -a + 0.7 * b; }>();
}

TEST_CASE("functions") {
    check<[](Equations&, Value a, Value b) { return sigmoid(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return tanh(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return relu(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return gelu(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return exp(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return softmax(a) * b; }>();
}

TEST_CASE("slices and concatenations") {
    check<[](Equations& e, Value a, Value b) {
        return concatenate({slice(b, 1, 2), slice(a, 0, e.hidden() - 3), slice(b, 0, 1)});
    }>();
    check<[](Equations& e, Value a, Value b) { return e.linear("both", e.hidden(), {concatenate({a, b, a})}); }>();
}

TEST_CASE("weights") {
    check<[](Equations& e, Value a, Value b) { return e.product("W", e.hidden(), a) * b; }>();
    check<[](Equations& e, Value a, Value b) { return e.plus(a, "b") * b; }>();
    check<[](Equations& e, Value a, Value b) { return e.times(a, "g") + b; }>();
}

TEST_CASE("a state may take its next value from the input or from another state") {
    require_conforming(equations_plugin<shift_register>("register", 1, "the last three inputs"));
}

TEST_CASE("a cell without a state is computed for all steps at once") {
    require_conforming(equations_plugin<plain>("plain", 1, "one layer"));
    require_conforming(equations_plugin<nothing>("nothing", 1, "what goes in comes out"));
}
