// Two cells that must be the same function: y, the next state and every gradient, from zeros and from a state, padded
// and not.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "catch.h"
#include "layer.h"
#include "unroll/random.h"

namespace unroll::tests {

/// A cell, one of this tree unless its plugin is given, and what equals it.
struct EqualCells {
    std::string name;
    Options options;
    const Plugin* other;
    double tolerance;           ///< relative to 1 + the element
    std::vector<Size> lengths;  ///< of the padded sequences; the first has all steps
};

inline std::vector<double> random_numbers(RandomStream& stream, Size n) {
    std::vector<double> numbers(n);
    for (double& number : numbers) number = stream.uniform(-0.5, 0.5);
    return numbers;
}

inline void check_equal(const char* what, const std::vector<double>& a, const std::vector<double>& b,
                        double tolerance) {
    INFO(what);
    REQUIRE(a.size() == b.size());
    for (Size i = 0; i < a.size(); ++i)
        if (!(std::abs(a[i] - b[i]) <= tolerance * (1 + std::abs(b[i]))))
            FAIL("element " << i << ": " << a[i] << ", " << b[i]);
}

inline void check_equal_cells(const EqualCells& pair, const Plugin& plugin, Size hidden) {
    INFO(pair.name);
    RandomStream stream(1, pair.name);
    const Size T = pair.lengths.front(), B = pair.lengths.size();
    CellSpec spec;
    spec.input = 7;
    spec.hidden = hidden;
    spec.context = T;
    Layer<double> ours(plugin, spec, pair.options), theirs(*pair.other, spec, pair.options);
    const Size S = ours.layout().state_size();
    REQUIRE(theirs.layout().state_size() == S);
    REQUIRE(theirs.layout().weight_count() == ours.layout().weight_count());
    ours.weights = theirs.weights = random_numbers(stream, ours.layout().weight_count());

    const auto x = random_numbers(stream, T * B * spec.input), state = random_numbers(stream, B * S);
    const auto dy = random_numbers(stream, T * B * spec.hidden), dnext_state = random_numbers(stream, B * S);
    for (const bool padded : {false, true})
        for (const bool from_state : {false, true}) {
            Forward<double> call;
            call.T = T;
            call.B = B;
            call.x.values = x.data();
            call.lengths = padded ? pair.lengths.data() : nullptr;
            call.state = from_state ? state.data() : nullptr;
            for (Layer<double>* layer : {&ours, &theirs}) {
                layer->dweights.assign(layer->dweights.size(), 0);
                layer->forward(call);
                layer->backward(dy, dnext_state);
            }
            check_equal("y", ours.y, theirs.y, pair.tolerance);
            check_equal("next_state", ours.next_state, theirs.next_state, pair.tolerance);
            check_equal("dx", ours.dx, theirs.dx, pair.tolerance);
            check_equal("dstate", ours.dstate, theirs.dstate, pair.tolerance);
            check_equal("dweights", ours.dweights, theirs.dweights, pair.tolerance);
        }
}

inline void check_equal_cells(const EqualCells& pair) {
    check_equal_cells(pair, built_plugin("cells", pair.name), 19);
}

}  // namespace unroll::tests
