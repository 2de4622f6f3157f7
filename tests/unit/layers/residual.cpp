// Residual, Norm, FeedForward and Dropout: what a transformer's layer, and others, are put together from.
#include "unroll/layers/residual.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.h"
#include "unroll/layers/feed_forward.h"

using namespace unroll;
using namespace unroll::layers;

namespace {

using Array = std::vector<double>;

constexpr Size rows = 2, width = 4;

/// A residual around the branch 2 x, with the gain and bias of a new norm.
struct Doubling {
    CellLayout layout;
    Residual<double> residual;
    Array weights, out, array;
    Residual<double>::Saved saved;

    explicit Doubling(NormPlacement placement)
        : residual({layout, "norm", width, Bias::present}, placement, width), weights(2 * width), out(rows * width) {
        std::fill_n(weights.begin(), width, 1.0);
        Slices<double> counted;
        residual.take(counted, rows);
        array.resize(counted.used());
        Slices<double> slices(array.data());
        saved = residual.take(slices, rows);
    }

    const Array& forward(const Array& in) {
        residual.forward(weights.data(), rows, in.data(), out.data(), saved, Dropout(),
                         [](const double* x, double* y) { std::transform(x, x + rows * width, y, twice); });
        return out;
    }
    Array backward(const Array& in, Array d) {
        Array dout(d.size()), din(d.size());
        residual.backward(
            weights.data(), nullptr, rows, in.data(), saved, Dropout(), d.data(), dout.data(), din.data(),
            [](const double*, const double* dy, double* dx) { std::transform(dy, dy + rows * width, dx, twice); });
        return d;
    }

    static double twice(double x) { return 2 * x; }
};

Array normalised(Array x) {
    for (Size r = 0; r < rows; ++r) {
        double* row = x.data() + r * width;
        double mean = 0, variance = 0;
        for (Size j = 0; j < width; ++j) mean += row[j] / width;
        for (Size j = 0; j < width; ++j) variance += (row[j] - mean) * (row[j] - mean) / width;
        for (Size j = 0; j < width; ++j) row[j] = (row[j] - mean) / std::sqrt(variance + 1e-5);
    }
    return x;
}

}  // namespace

TEST_CASE("A residual normalises before the branch or after the sum", "[layers]") {
    const Array x = {1, 2, 4, -3, 0.5, 0, 2, 1};
    const Array pre = Doubling(NormPlacement::pre).forward(x), post = Doubling(NormPlacement::post).forward(x);
    const Array norm = normalised(x);
    Array tripled = x;
    for (double& value : tripled) value *= 3;
    const Array after = normalised(tripled);
    for (Size i = 0; i < x.size(); ++i) {
        CHECK(pre[i] == Approx(x[i] + 2 * norm[i]));
        CHECK(post[i] == Approx(after[i]).margin(1e-12));
    }
}

TEST_CASE("A residual's gradient is that of differences", "[layers]") {
    const Array x = {1, 2, 4, -3, 0.5, 0, 2, 1}, dy = {1, -1, 0.5, 2, 0, 3, -2, 1};
    for (const NormPlacement placement : {NormPlacement::pre, NormPlacement::post}) {
        Doubling doubling(placement);
        doubling.forward(x);
        const Array dx = doubling.backward(x, dy);
        for (Size i = 0; i < x.size(); ++i) {
            const auto loss = [&](double step) {
                Array moved = x;
                moved[i] += step;
                const Array y = Doubling(placement).forward(moved);
                double sum = 0;
                for (Size j = 0; j < y.size(); ++j) sum += dy[j] * y[j];
                return sum;
            };
            CHECK(dx[i] == Approx((loss(1e-5) - loss(-1e-5)) / 2e-5).margin(1e-7));
        }
    }
}

TEST_CASE("A norm without a bias declares a gain alone", "[layers]") {
    CellLayout with, without;
    const Norm<double> a(with, "n", 3, Bias::present), b(without, "n", 3, Bias::absent);
    REQUIRE(with.weights.size() == 2);
    CHECK(with.weights[0].name == "n.weight");
    CHECK(with.weights[0].role == Weight::Role::gain);
    CHECK(with.weights[1].name == "n.bias");
    CHECK(without.weights.size() == 1);
}

TEST_CASE("A feed-forward network is two linear layers and an activation between them", "[layers]") {
    for (const FeedForwardActivation activation : {FeedForwardActivation::relu, FeedForwardActivation::gelu}) {
        CellLayout layout;
        const FeedForward<double> network(layout, {.width = 1, .hidden = 2, .activation = activation});
        CHECK(layout.weight_count() == 2 + 2 + 2 + 1);
        const Array weights = {1, -1, 0.5, 0, 2, 3, 10}, x = {1.5, -2};  // W1, b1, W2, b2
        Array prepared(network.prepared_size()), y(2);
        network.prepare(weights.data(), prepared.data());
        Slices<double> counted;
        network.take(counted, 2);
        Array array(counted.used());
        Slices<double> slices(array.data());
        const auto saved = network.take(slices, 2);
        network.forward(weights.data(), prepared.data(), 2, saved, x.data(), y.data());
        const auto f = [&](double s) {
            return activation == FeedForwardActivation::relu ? std::max(s, 0.0)
                                                             : s * 0.5 * std::erfc(-s / std::sqrt(2));
        };
        for (Size r = 0; r < 2; ++r) CHECK(y[r] == Approx(2 * f(x[r] + 0.5) + 3 * f(-x[r]) + 10));
    }
}

TEST_CASE("Dropout is off in evaluation, and its parts draw different masks", "[layers]") {
    Forward<double> call;
    CHECK_FALSE(Dropout(call, 0.5));
    const RandomStream stream(1, "dropout");
    call.dropout = &stream;
    CHECK_FALSE(Dropout(call, 0));
    const Dropout dropout(call, 0.5);
    REQUIRE(dropout);
    const Array x(64, 1.0);
    Array first(64), again(64), other(64);
    dropout.part(0).apply(x.data(), first.data(), x.size());
    dropout.part(0).apply(x.data(), again.data(), x.size());
    dropout.part(1).apply(x.data(), other.data(), x.size());
    CHECK(first == again);
    CHECK(first != other);
    CHECK(std::all_of(first.begin(), first.end(), [](double y) { return y == 0 || y == 2; }));
}
