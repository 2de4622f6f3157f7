// Every cell at the ends of what sizes may be: T = B = H = 1, sequences of 16,384 steps, and inputs of 10,000.
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

/// All that the plugins of this tree offer.
const std::vector<const Plugin*>& all_cells() {
    static const std::vector<const Plugin*> cells = [] {
        static const plugins::Catalog catalog = plugins::load({{UNROLL_PLUGINS "/cells", "the build tree", true}});
        std::vector<const Plugin*> found;
        for (const plugins::Found& one : catalog.found()) found.push_back(one.plugin);
        return found;
    }();
    return cells;
}

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

/// The plugin's options in each of its presets; as they are by default for one that has none.
std::vector<conformance::Variation> presets(const Plugin& plugin) {
    std::vector<conformance::Variation> all = conformance::variations(plugin, few_heads(plugin));
    std::erase_if(all, [](const auto& one) { return !one.label.empty() && !one.label.starts_with("preset = "); });
    return all;
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
    if (plugin.hidden_multiple && plugin.hidden_multiple(options) > 1) return std::nullopt;
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
    for (const Plugin* plugin : all_cells())
        for (const conformance::Variation& variation : conformance::variations(*plugin, few_heads(*plugin))) {
            INFO(plugin->name << ' ' << variation.label);
            RandomStream stream(1, plugin->name);
            std::optional<Layer<double>> made = one_unit(*plugin, variation.options);
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
    CHECK(tried > all_cells().size());
}

namespace {

/// 16,384 steps of a layer of 4 units, at once and as two halves, of which the second begins with the first's state.
void check_halves(const Plugin& plugin, const Options& options) {
    constexpr Size T = 16'384, half = T / 2;
    RandomStream stream(2, plugin.name);
    CellSpec spec;
    spec.input = 3;
    spec.hidden = 4;
    spec.context = T;
    Layer<float> whole(plugin, spec, options), first(plugin, spec, options), second(plugin, spec, options);
    whole.weights = first.weights = second.weights = random_numbers<float>(stream, whole.layout().weight_count());
    const auto x = random_numbers<float>(stream, T * spec.input);
    const auto dy = random_numbers<float>(stream, T * whole.layout().output);
    const auto x1 = steps(x, T, 0, half), x2 = steps(x, T, half, T);
    whole.forward(call_of(T, x));
    REQUIRE(all_finite(whole.y));
    whole.backward(dy, {});
    REQUIRE(all_finite(whole.dx));
    REQUIRE(all_finite(whole.dweights));
    if (!whole.layout().causal) return;  // halves are another sequence each

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

}  // namespace

TEST_CASE("16,384 steps at once are those of two halves, forward and backward") {
    for (const Plugin* plugin : all_cells())
        for (const conformance::Variation& preset : presets(*plugin)) {
            INFO(plugin->name << ' ' << preset.label);
            check_halves(*plugin, preset.options);
        }
}

TEST_CASE("inputs of 10,000 saturate what saturates, and neither outputs nor gradients leave the finite numbers") {
    constexpr Size T = 6;
    for (const Plugin* plugin : all_cells())
        for (const conformance::Variation& preset : presets(*plugin)) {
            INFO(plugin->name << ' ' << preset.label);
            RandomStream stream(3, plugin->name);
            CellSpec spec;
            spec.input = 3;
            spec.hidden = 4;
            spec.context = T;
            Layer<float> layer(*plugin, spec, preset.options);
            layer.weights = random_numbers<float>(stream, layer.layout().weight_count());
            std::vector<float> x = random_numbers<float>(stream, T * spec.input);
            for (float& value : x) value = std::copysign(1e4F, value);
            layer.forward(call_of(T, x));
            CHECK(all_finite(layer.y));
            CHECK(all_finite(layer.next_state));
            layer.backward(random_numbers<float>(stream, T * layer.layout().output), {});
            CHECK(all_finite(layer.dx));
            CHECK(all_finite(layer.dweights));
        }
}
