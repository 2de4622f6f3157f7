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

TEST_CASE("quotients, roots and logarithms") {
    check<[](Equations&, Value a, Value b) { return a / (1.5 + sigmoid(b)); }>();
    check<[](Equations&, Value a, Value b) { return b / 4 + 1 / (2 + tanh(a)); }>();
    check<[](Equations&, Value a, Value b) { return sqrt(1 + a * a) * b; }>();
    check<[](Equations&, Value a, Value b) { return log(1 + a * a) * b; }>();
}

TEST_CASE("further functions") {
    check<[](Equations&, Value a, Value b) { return silu(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return softplus(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return sin(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return cos(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return maximum(a, b) - 0.5 * minimum(a, b * b); }>();
    check<[](Equations&, Value a, Value b) { return maximum(a, 0.1) * minimum(b, 0.2); }>();
}

TEST_CASE("norms, sums and repetitions over groups") {
    check<[](Equations&, Value a, Value b) { return layer_norm(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return rms_norm(a) * b; }>();
    check<[](Equations&, Value a, Value b) { return l2_norm(a) * b; }>();
    check<[](Equations& e, Value a, Value b) {  // of two groups, whatever H is
        auto both = concatenate({a, b});
        auto all = 0.3 * (layer_norm(both, 2) + rms_norm(both, 2) - l2_norm(both, 2));
        all = all + 0.1 * repeat(sum(both, 2), e.hidden());
        return slice(all, 0, e.hidden()) - 0.5 * slice(all, e.hidden(), e.hidden());
    }>();
}

TEST_CASE("matrices of two heads") {
    check<[](Equations& e, Value a, Value b) {
        const Size H = e.hidden();
        auto k = concatenate({a, b}), v = concatenate({slice(b, 0, 2), slice(a, 0, 2)});
        auto S = outer(k, v, 2);  // two of (H, 2)
        S = scale_rows(S, k) + scale_columns(S, v) + scale_heads(S, slice(a, 0, 2));
        auto rows = contract_columns(S, v);
        return slice(rows, 0, H) * slice(rows, H, H) * 0.1 + repeat(sum(contract(k, S)), H) * 0.1;
    }>();
}

TEST_CASE("values of weights alone") {
    check<[](Equations& e, Value a, Value b) {
        auto w = e.weight("w", {e.hidden()}, Weight::Role::bias);
        return a * softplus(w) + exp(w) * b - e.constant(e.hidden(), 0.5) * w;
    }>();
}

TEST_CASE("the step's number, what was before, and a convolution") {
    check<[](Equations& e, Value a, Value b) { return a * cos(repeat(e.step(), e.hidden()) * 0.3) + b; }>();
    check<[](Equations& e, Value a, Value b) { return a * e.previous("before", b); }>();
    check<[](Equations& e, Value a, Value b) { return e.convolve("conv", a, 3) * b; }>();
    check<[](Equations& e, Value a, Value b) {
        auto u = concatenate({a, b});
        auto y = e.block_product("W", 2 * e.hidden(), u, 2);
        return slice(y, 0, e.hidden()) * slice(y, e.hidden(), e.hidden());
    }>();
}

namespace {

/// A state that begins at weights, and one at a number.
void first_values(Equations& e) {
    const Size H = e.hidden();
    auto h = e.state("h", tanh(e.weight("first", {H}, Weight::Role::bias)));
    auto m = e.state("m", e.constant(H, -1e30));
    auto a = e.linear("a", H, {e.input(), h});
    e.next(m, maximum(m, a));
    e.next(h, tanh(a) * exp(a - e.next_of(m)));
    e.output(e.next_of(h));
}

/// A delta rule: its states are matrices, which are kept at intervals.
void delta_rule(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input();
    auto q = e.linear("q", H, {x}), k = l2_norm(e.linear("k", H, {x})), v = e.linear("v", H, {x});
    auto beta = sigmoid(e.linear("beta", 1, {x}));
    auto S = e.state("S", 1, H, H);
    e.next(S, S + outer(k, repeat(beta, H) * (v - contract(k, S))));
    e.output(contract(q, e.next_of(S)));
}

/// A matrix that a product reads, too: it is kept for all steps.
void read_by_product(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input();
    auto S = e.state("S", 1, 2, H);
    e.next(S, 0.9 * S + outer(e.linear("k", 2, {x}), e.linear("v", H, {x})));
    e.output(e.linear("out", H, {e.next_of(S), S}));
}

/// Cycles one above the other, one of them without a product, and a state that no one reads.
void several_cycles(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input();
    auto below = e.state("below", H), middle = e.state("middle", H), above = e.state("above", H);
    auto unread = e.state("unread", H);
    e.next(below, sigmoid(e.linear("a", H, {x})) * below + e.linear("b", H, {x}));
    e.next(middle, tanh(e.linear("c", H, {e.next_of(below), middle})));
    e.next(above, 0.5 * above + e.next_of(middle) * below);
    e.next(unread, above);
    e.output(e.next_of(above) + middle);
}

}  // namespace

TEST_CASE("first values other than zero") {
    require_conforming(equations_plugin<first_values>("first-values", 1, "states that begin at weights and numbers"));
}

TEST_CASE("matrix states") {
    require_conforming(equations_plugin<delta_rule>("delta-rule", 1, "a matrix as memory"));
    require_conforming(equations_plugin<read_by_product>("read-by-product", 1, "a matrix that a product reads"));
}

TEST_CASE("several cycles in one cell") {
    require_conforming(equations_plugin<several_cycles>("several-cycles", 1, "recurrences above each other"));
}

TEST_CASE("slices and concatenations") {
    check<[](Equations& e, Value a, Value b) {
        return concatenate({slice(b, 1, 2), slice(a, 0, e.hidden() - 3), slice(b, 0, 1)});
    }>();
    check<[](Equations& e, Value a, Value b) { return e.linear("both", e.hidden(), {concatenate({a, b, a})}); }>();
}

TEST_CASE("gates that are slices of one product or sum") {
    check<[](Equations& e, Value a, Value b) {  // apart, in another order, one column unread
        const Size H = e.hidden();
        const Value gates = e.plus(e.product("W", 2 * H + 1, a), "b") + e.product("U", 2 * H + 1, b);
        return sigmoid(slice(gates, H, H)) * slice(gates, 0, H);
    }>();
    check<[](Equations& e, Value a, Value b) {  // sharing a column
        const Size H = e.hidden();
        const Value gates = e.product("W", 2 * H - 1, a) + e.product("U", 2 * H - 1, b);
        return slice(gates, H - 1, H) * slice(gates, 0, H);
    }>();
    check<[](Equations& e, Value a, Value b) {  // and read as a whole
        const Size H = e.hidden();
        const Value gates = e.product("W", H, a);
        return gates * b + concatenate({slice(gates, 1, H - 1), slice(gates, 0, 1)});
    }>();
}

TEST_CASE("terms that are used by one sum alone") {
    check<[](Equations& e, Value a, Value b) {
        return e.plus(e.product("W", e.hidden(), a) + (a * b - b), "b") - 0.5;
    }>();
    check<[](Equations&, Value a, Value b) { return (a + b) - (0.5 - (a * b + (1 + b))); }>();
}

/// Sums that are next values, of one state, of two, and the output.
void sums_as_next_values(Equations& e) {
    const Size H = e.hidden();
    const Value x = e.input(), h = e.state("h", H), c = e.state("c", H), d = e.state("d", H);
    const Value sum = e.linear("a", H, {x}) + 0.5 * h;
    e.next(h, sum);
    e.next(c, 0.3 * c + tanh(sum));
    e.next(d, sum);
    e.output(e.next_of(c) + sigmoid(d) * sum);
}

TEST_CASE("sums that are next values of states") {
    require_conforming(equations_plugin<sums_as_next_values>("sums", 1, "sums as next values"));
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
