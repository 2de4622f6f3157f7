// The recurrent cells' kernels against the same cells written as equations, in double to 1e-12.
#include <cmath>
#include <string>
#include <vector>

#include "catch.h"
#include "layer.h"
#include "twins.h"
#include "unroll/equations.h"
#include "unroll/random.h"

using namespace unroll;
using tests::Layer;

namespace {

constexpr Plugin rnn_tanh_equations = equations_plugin<twins::rnn<tanh>>("rnn", 1, "");
constexpr Plugin rnn_relu_equations = equations_plugin<twins::rnn<relu>>("rnn", 1, "");
constexpr Plugin lstm_equations = equations_plugin<twins::lstm>("lstm", 1, "");
constexpr Plugin gru_equations = equations_plugin<twins::gru>("gru", 1, "");

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
