// The cells of kernels at the ends of what sizes may be: T = B = H = 1, and sequences of 16,384 steps.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "catch.h"
#include "conformance/recorder.h"
#include "layer.h"
#include "unroll/error.h"
#include "unroll/random.h"

using namespace unroll;
using tests::Layer;

namespace {

const std::vector<std::string> all_cells{"dense",          "gru",       "lstm", "minimal-gated", "rnn",
                                         "self-attention", "stack-rnn", "tcn"};

template <class Real>
std::vector<Real> random_numbers(RandomStream& stream, Size n, double limit = 0.5) {
    std::vector<Real> numbers(n);
    for (Real& number : numbers) number = Real(stream.uniform(-limit, limit));
    return numbers;
}

/// One head, where there are heads.
Options few_heads(const Plugin& plugin) {
    Options options;
    if (plugins::find_option(plugin, "heads")) options.set("heads", std::int64_t{1});
    return options;
}

template <class Real>
Layer<Real> layer_of(const std::string& name, const CellSpec& spec) {
    const Plugin& plugin = tests::built_plugin("cells", name);
    return Layer<Real>(plugin, spec, few_heads(plugin));
}

template <class Real>
bool all_finite(const std::vector<Real>& values) {
    return std::all_of(values.begin(), values.end(), [](Real value) { return std::isfinite(value); });
}

template <class Real>
double dot(const std::vector<Real>& a, const std::vector<Real>& b) {
    double sum = 0;
    for (Size i = 0; i < a.size(); ++i) sum += double(a[i]) * double(b[i]);
    return sum;
}

/// The largest difference, relative to the largest element.
template <class Real>
double difference(const std::vector<Real>& a, const std::vector<Real>& b) {
    REQUIRE(a.size() == b.size());
    double largest = 1e-6, apart = 0;
    for (Size i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(double(b[i])));
        apart = std::max(apart, std::abs(double(a[i]) - double(b[i])));
    }
    return apart / largest;
}

/// Steps [first, last) of (T, B, width) arrays with B = 1.
template <class Real>
std::vector<Real> steps(const std::vector<Real>& all, Size T, Size first, Size last) {
    const Size width = all.size() / T;
    return {all.begin() + std::ptrdiff_t(first * width), all.begin() + std::ptrdiff_t(last * width)};
}

template <class Real>
Forward<Real> call_of(Size T, const std::vector<Real>& x, const std::vector<Real>& state = {}) {
    Forward<Real> call;
    call.T = T;
    call.B = 1;
    call.x.values = x.data();
    call.state = state.empty() ? nullptr : state.data();
    return call;
}

}  // namespace

/// A layer of one unit, of these options; none where they do not go with a width of 1 (rotary positions turn pairs).
std::optional<Layer<double>> one_unit(const Plugin& plugin, const Options& options) {
    CellSpec spec;
    spec.input = spec.hidden = spec.context = 1;
    try {
        return Layer<double>(plugin, spec, options);
    } catch (const Error& error) {
        CHECK(plugins::find_option(plugin, error.problem().where));  // it says which option it is
        return std::nullopt;
    }
}

TEST_CASE("one step of one sequence through one hidden unit has the gradients of finite differences") {
    Size tried = 0;
    for (const std::string& name : all_cells)
        for (const Plugin& plugin = tests::built_plugin("cells", name);
             const conformance::Variation& variation : conformance::variations(plugin, few_heads(plugin))) {
            INFO(name << ' ' << variation.label);
            RandomStream stream(1, name);
            std::optional<Layer<double>> made = one_unit(plugin, variation.options);
            if (!made) continue;
            ++tried;
            Layer<double>& layer = *made;
            layer.weights = random_numbers<double>(stream, layer.layout().weight_count(), 1);
            std::vector<double> x = random_numbers<double>(stream, 1);
            const auto dy = random_numbers<double>(stream, layer.layout().output);
            const auto loss = [&] {
                layer.forward(call_of(1, x));
                return dot(layer.y, dy);
            };
            const double before = loss();
            CHECK(std::isfinite(before));
            layer.backward(dy, {});
            const std::vector<double> dx = layer.dx, dweights = layer.dweights;
            const auto slope = [&](double& value) {
                constexpr double step = 1e-6;
                const double kept = value;
                value = kept + step;
                const double above = loss();
                value = kept - step;
                const double below = loss();
                value = kept;
                return (above - below) / (2 * step);
            };
            CHECK(dx.at(0) == Catch::Approx(slope(x[0])).margin(1e-7));
            for (Size i = 0; i < dweights.size(); ++i) {
                INFO(i);
                CHECK(dweights[i] == Catch::Approx(slope(layer.weights[i])).margin(1e-7));
            }
        }
    CHECK(tried > 10);
}

TEST_CASE("16,384 steps at once are those of two halves, forward and backward") {
    constexpr Size T = 16'384, half = T / 2;
    for (const std::string& name : all_cells) {
        INFO(name);
        RandomStream stream(2, name);
        CellSpec spec;
        spec.input = 3;
        spec.hidden = 4;
        spec.context = T;
        Layer<float> whole = layer_of<float>(name, spec), first = layer_of<float>(name, spec),
                     second = layer_of<float>(name, spec);
        whole.weights = first.weights = second.weights = random_numbers<float>(stream, whole.layout().weight_count());
        const auto x = random_numbers<float>(stream, T * spec.input);
        const auto dy = random_numbers<float>(stream, T * whole.layout().output);
        const auto x1 = steps(x, T, 0, half), x2 = steps(x, T, half, T);
        whole.forward(call_of(T, x));
        REQUIRE(all_finite(whole.y));
        whole.backward(dy, {});
        REQUIRE(all_finite(whole.dx));
        REQUIRE(all_finite(whole.dweights));

        first.forward(call_of(half, x1));
        second.forward(call_of(half, x2, first.next_state));
        CHECK(difference(first.y, steps(whole.y, T, 0, half)) < 1e-5);
        CHECK(difference(second.y, steps(whole.y, T, half, T)) < 1e-5);
        second.backward(steps(dy, T, half, T), {});
        first.backward(steps(dy, T, 0, half), second.dstate);
        CHECK(difference(first.dx, steps(whole.dx, T, 0, half)) < 1e-3);
        CHECK(difference(second.dx, steps(whole.dx, T, half, T)) < 1e-3);
        std::vector<float> sum(whole.dweights.size());
        for (Size i = 0; i < sum.size(); ++i) sum[i] = first.dweights[i] + second.dweights[i];
        CHECK(difference(sum, whole.dweights) < 1e-3);
    }
}
