// What the recurrent cells declare, and tokens against the one-hot rows that they stand for.
#include <cmath>
#include <string>
#include <vector>

#include "catch.h"
#include "layer.h"
#include "unroll/random.h"

using namespace unroll;
using tests::Layer;

namespace {

CellSpec spec_of(Size D, Size H) {
    CellSpec spec;
    spec.input = D;
    spec.hidden = H;
    spec.context = 8;
    return spec;
}

}  // namespace

TEST_CASE("Cells declare PyTorch's weights and count them") {
    struct Expected {
        const char* name;
        Size weights, state;
    };
    const Size D = 65, H = 128;
    for (const Expected& expected :
         {Expected{"rnn", H * D + H * H + 2 * H, H}, Expected{"lstm", 4 * (H * D + H * H + 2 * H), 2 * H},
          Expected{"gru", 3 * (H * D + H * H + 2 * H), H}, Expected{"dense", H * D + H, 0}}) {
        INFO(expected.name);
        const Layer<float> layer(tests::built_plugin("cells", expected.name), spec_of(D, H));
        CHECK(layer.layout().weight_count() == expected.weights);
        CHECK(layer.layout().state_size() == expected.state);
        CHECK(layer.layout().output == H);
        CHECK(layer.layout().takes_tokens);
        CHECK(layer.layout().context == 0);
    }
}

TEST_CASE("Only the LSTM's forget gate asks glorot for ones, in one of its two biases") {
    const Layer<float> layer(tests::built_plugin("cells", "lstm"), spec_of(3, 5));
    for (const Weight& weight : layer.layout().weights) {
        INFO(weight.name);
        CHECK(weight.ones_first == (weight.name == "bias_ih" ? 5 : 0));
        CHECK(weight.ones_last == (weight.name == "bias_ih" ? 10 : 0));
    }
}

TEST_CASE("An LSTM's forget gate starts at any bias, and all other biases at 0 then") {
    Options options;
    options.set("forget_bias", -2.5);
    const Layer<float> layer(tests::built_plugin("cells", "lstm"), spec_of(3, 2), options);
    RandomStream stream(1, "forget bias");
    for (const Weight& weight : layer.layout().weights) {
        INFO(weight.name);
        REQUIRE(bool(weight.start) == (weight.role == Weight::Role::bias));
        for (Size i = 0; weight.start && i < weight.size(); ++i)
            CHECK(weight.start(i, stream) == (weight.name == "bias_ih" && i / 2 == 1 ? -2.5 : 0));
    }
}

TEST_CASE("Tokens are the one-hot rows that they stand for, with the same weight gradients") {
    const Size T = 6, B = 3, D = 37, H = 21;
    for (const char* name : {"rnn", "lstm", "gru", "dense", "self-attention"}) {
        INFO(name);
        const Plugin& plugin = tests::built_plugin("cells", name);
        Options options;
        if (std::string(name) == "self-attention") options.set("heads", std::int64_t{3});
        CellSpec spec = spec_of(D, H);
        Layer<double> values(plugin, spec, options);
        spec.tokens = true;
        Layer<double> tokens(plugin, spec, options);
        RandomStream stream(3, name);
        for (double& weight : values.weights) weight = stream.uniform(-0.5, 0.5);
        tokens.weights = values.weights;

        std::vector<Token> drawn(T * B);
        std::vector<double> one_hot(T * B * D), dy(T * B * H);
        for (Size i = 0; i < drawn.size(); ++i) {
            drawn[i] = static_cast<Token>(stream.below(D));
            one_hot[i * D + static_cast<Size>(drawn[i])] = 1;
        }
        for (double& d : dy) d = stream.uniform(-1, 1);

        Forward<double> call;
        call.T = T;
        call.B = B;
        call.x.values = one_hot.data();
        values.forward(call);
        values.backward(dy, {});
        call.x = {nullptr, drawn.data()};
        tokens.forward(call);
        tokens.backward(dy, {});
        for (Size i = 0; i < values.y.size(); ++i) REQUIRE(std::abs(tokens.y[i] - values.y[i]) < 1e-13);
        for (Size i = 0; i < values.dweights.size(); ++i)
            REQUIRE(std::abs(tokens.dweights[i] - values.dweights[i]) < 1e-12);
    }
}

TEST_CASE("Gradients that are not wanted are not computed, and the others stay the same") {
    const Size T = 5, B = 2, D = 4, H = 6;
    for (const char* name : {"rnn", "lstm", "gru", "dense", "self-attention"}) {
        INFO(name);
        Options options;
        if (std::string(name) == "self-attention") options.set("heads", std::int64_t{2});
        Layer<double> layer(tests::built_plugin("cells", name), spec_of(D, H), options);
        RandomStream stream(4, name);
        for (double& weight : layer.weights) weight = stream.uniform(-0.5, 0.5);
        std::vector<double> x(T * B * D), dy(T * B * H);
        for (double& value : x) value = stream.uniform(-1, 1);
        for (double& d : dy) d = stream.uniform(-1, 1);
        Forward<double> call;
        call.T = T;
        call.B = B;
        call.x.values = x.data();
        layer.forward(call);
        layer.backward(dy, {});

        std::vector<double> only_dx(x.size()), only_dweights(layer.weights.size());
        Backward<double> gradients;
        gradients.dy = dy.data();
        gradients.workspace = layer.workspace.data();
        gradients.dx = only_dx.data();
        layer.cell->backward(layer.call, gradients);
        CHECK(only_dx == layer.dx);
        gradients.dx = nullptr;
        gradients.dweights = only_dweights.data();
        layer.cell->backward(layer.call, gradients);
        CHECK(only_dweights == layer.dweights);
    }
}
