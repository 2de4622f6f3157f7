// Linear: what it declares, and y = x Wᵀ + b with its gradients.
#include "unroll/layers/linear.h"

#include <vector>

#include "catch.h"

using namespace unroll;
using layers::Bias;
using layers::Linear;

namespace {

using Array = std::vector<double>;

struct Declared {
    CellLayout layout;
    Linear<double> linear;
    Array weights, prepared;

    explicit Declared(Bias bias) {
        linear = {
            layout,
            {.inputs = 2, .outputs = 3, .weight = "w", .bias = "b", .role = Weight::Role::residual, .has_bias = bias}};
        weights = {1, 2, 3, 4, 5, 6};
        if (bias == Bias::present) weights.insert(weights.end(), {10, 20, 30});
        prepared.resize(linear.prepared_size());
        linear.prepare(weights.data(), prepared.data());
    }
};

}  // namespace

TEST_CASE("A linear layer declares its matrix, and its bias when it has one", "[layers]") {
    const CellLayout with = Declared(Bias::present).layout, without = Declared(Bias::absent).layout;
    REQUIRE(with.weights.size() == 2);
    CHECK(with.weights[0].name == "w");
    CHECK(with.weights[0].shape == std::vector<Size>{3, 2});
    CHECK(with.weights[0].role == Weight::Role::residual);
    CHECK(with.weights[0].fan_in == 2);
    CHECK(with.weights[1].name == "b");
    CHECK(with.weights[1].role == Weight::Role::bias);
    CHECK(without.weights.size() == 1);
}

TEST_CASE("A linear layer is x Wᵀ + b", "[layers]") {
    const Array x = {1, 1, 0, 2};
    Array y(6);
    const Declared with(Bias::present), without(Bias::absent);
    with.linear.forward(with.weights.data(), with.prepared.data(), x.data(), 2, y.data());
    CHECK(y == Array{13, 27, 41, 14, 28, 42});
    without.linear.forward(without.weights.data(), without.prepared.data(), x.data(), 2, y.data());
    CHECK(y == Array{3, 7, 11, 4, 8, 12});
}

TEST_CASE("A linear layer's gradients of weights are added to, and those of x written or added", "[layers]") {
    const Declared with(Bias::present);
    const Array x = {1, 1, 0, 2}, dy = {1, 0, 2, 0, 1, 0};
    Array dx(4, 7.0), dweights(9, 1.0);
    with.linear.backward_input(with.weights.data(), dy.data(), 2, dx.data());
    CHECK(dx == Array{11, 14, 3, 4});
    with.linear.backward_input(with.weights.data(), dy.data(), 2, dx.data(), Into::add);
    CHECK(dx == Array{22, 28, 6, 8});
    with.linear.backward_weights(x.data(), dy.data(), 2, dweights.data());
    CHECK(dweights == Array{2, 2, 1, 3, 3, 3, 2, 2, 3});
    with.linear.backward_weights(x.data(), dy.data(), 2, nullptr);  // not wanted
}
