// The recurrent cells' kernels against the same cells written as equations, in double to 1e-12.
#include <cmath>
#include <string>
#include <vector>

#include "catch.h"
#include "layer.h"
#include "unroll/equations.h"
#include "unroll/random.h"

using namespace unroll;
using tests::Layer;

namespace {

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
void rnn(Equations& e) {
    const Value x = e.input(), h = e.state("h", e.hidden());
    const Sums sums(e, 1, x, h);
    e.next(h, activation(sums.from_x + sums.from_h));
    e.output(e.next_of(h));
}

void lstm(Equations& e) {
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

void gru(Equations& e) {
    const Size H = e.hidden();
    const Value x = e.input(), h = e.state("h", H);
    const Sums sums(e, 3, x, h);
    const Value r = sigmoid(slice(sums.from_x, 0, H) + slice(sums.from_h, 0, H));
    const Value z = sigmoid(slice(sums.from_x, H, H) + slice(sums.from_h, H, H));
    const Value n = tanh(slice(sums.from_x, 2 * H, H) + r * slice(sums.from_h, 2 * H, H));
    e.next(h, (1 - z) * n + z * h);
    e.output(e.next_of(h));
}

constexpr Plugin rnn_tanh_equations = equations_plugin<rnn<tanh>>("rnn", 1, "");
constexpr Plugin rnn_relu_equations = equations_plugin<rnn<relu>>("rnn", 1, "");
constexpr Plugin lstm_equations = equations_plugin<lstm>("lstm", 1, "");
constexpr Plugin gru_equations = equations_plugin<gru>("gru", 1, "");

struct Pair {
    const char* name;
    Options options;
    const Plugin* equations;
};

std::vector<Pair> pairs() {
    Options relu;
    relu.set("activation", std::string("relu"));
    return {{"rnn", {}, &rnn_tanh_equations},
            {"rnn", relu, &rnn_relu_equations},
            {"lstm", {}, &lstm_equations},
            {"gru", {}, &gru_equations}};
}

std::vector<double> random_numbers(RandomStream& stream, Size n) {
    std::vector<double> numbers(n);
    for (double& number : numbers) number = stream.uniform(-0.5, 0.5);
    return numbers;
}

void check_equal(const char* what, const std::vector<double>& a, const std::vector<double>& b) {
    INFO(what);
    REQUIRE(a.size() == b.size());
    for (Size i = 0; i < a.size(); ++i)
        if (!(std::abs(a[i] - b[i]) <= 1e-12 * (1 + std::abs(b[i]))))
            FAIL("element " << i << ": " << a[i] << ", " << b[i]);
}

}  // namespace

TEST_CASE("A cell's kernels equal its equations") {
    for (const Pair& pair : pairs()) {
        INFO(pair.name);
        RandomStream stream(1, pair.name);
        CellSpec spec;
        spec.input = 7;
        spec.hidden = 19;
        spec.context = 11;
        const Size T = 11, B = 5;
        Layer<double> ours(tests::built_plugin("cells", pair.name), spec, pair.options), theirs(*pair.equations, spec);
        const Size S = ours.layout().state_size();
        REQUIRE(theirs.layout().state_size() == S);
        REQUIRE(theirs.layout().weight_count() == ours.layout().weight_count());
        ours.weights = theirs.weights = random_numbers(stream, ours.layout().weight_count());

        const auto x = random_numbers(stream, T * B * spec.input), state = random_numbers(stream, B * S);
        const auto dy = random_numbers(stream, T * B * spec.hidden), dnext_state = random_numbers(stream, B * S);
        const std::vector<Size> lengths{11, 1, 4, 10, 7};
        for (const bool padded : {false, true})
            for (const bool from_state : {false, true}) {
                Forward<double> call;
                call.T = T;
                call.B = B;
                call.x.values = x.data();
                call.lengths = padded ? lengths.data() : nullptr;
                call.state = from_state ? state.data() : nullptr;
                for (Layer<double>* layer : {&ours, &theirs}) {
                    layer->dweights.assign(layer->dweights.size(), 0);
                    layer->forward(call);
                    layer->backward(dy, dnext_state);
                }
                check_equal("y", ours.y, theirs.y);
                check_equal("next_state", ours.next_state, theirs.next_state);
                check_equal("dx", ours.dx, theirs.dx);
                check_equal("dstate", ours.dstate, theirs.dstate);
                check_equal("dweights", ours.dweights, theirs.dweights);
            }
    }
}
