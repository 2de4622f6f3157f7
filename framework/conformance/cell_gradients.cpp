// The gradients of a cell, in double: against finite differences of its own forward, and through a run cut in two.
#include <fmt/core.h>

#include <functional>
#include <numeric>

#include "conformance/cell_setting.h"

namespace unroll::conformance {

namespace {

constexpr double gradient_tolerance = 1e-6;

/// Up to `most` of the places [0, size), in no particular order.
std::vector<Size> some_places(Size size, Size most, RandomStream stream) {
    std::vector<Size> places(size);
    std::iota(places.begin(), places.end(), Size{0});
    for (Size i = 0; i < std::min(size, most); ++i) std::swap(places[i], places[i + stream.below(size - i)]);
    places.resize(std::min(size, most));
    return places;
}

/// How far `gradient` is from the slope of `loss` at `value`, relative to the larger of the two. Where the first
/// difference disagrees, others are tried: a shorter step gets between two corners of a piecewise function such as
/// ReLU, a longer one out of rounding errors. A wrong gradient agrees with none of them.
double slope_deviation(double& value, double gradient, const std::function<double()>& loss) {
    const double middle = value;
    double least = INFINITY;
    for (const double step : {1e-5, 1e-4, 1e-6, 1e-7}) {
        value = middle + step;
        const double above = loss(), upper = value;
        value = middle - step;
        const double slope = (above - loss()) / (upper - value);
        const double here = std::abs(slope - gradient) / std::max({std::abs(slope), std::abs(gradient), 1e-2});
        if (here < least) least = here;
        if (least <= gradient_tolerance / 10) break;
    }
    value = middle;
    return least;
}

}  // namespace

std::vector<double> warm_state(const Setting& setting, const Problem<double>& problem, std::uint64_t key) {
    const CellLayout& layout = setting.layout();
    if (layout.state_size() == 0 || !layout.causal) return {};
    Problem<double> before = draw_problem(setting.spec, layout, warm_up, problem.B, key);
    before.weights = problem.weights;
    before.source = problem.source, before.source_lengths = problem.source_lengths;
    return run(*setting.exact, before, {.backward = false}).next_state;
}

void check_gradients(const Setting& setting, const Problem<double>& problem, Recorder& recorder) {
    const Result<double> result = watched_run(setting, problem, recorder);
    Call<double> call(*setting.exact, problem);
    const auto loss = [&] {
        call.forward();
        return call.loss();
    };
    const auto loss_of_weights = [&] {
        call.prepare();
        return loss();
    };
    const RandomStream stream(1, "conformance places");
    const auto compare = [&](const char* what, double* values, const std::vector<double>& gradient,
                             const std::vector<Size>& places) {
        for (const Size i : places)
            recorder.measure(fmt::format("gradient of {} equals finite differences", what),
                             slope_deviation(values[i], gradient[i], loss), gradient_tolerance,
                             fmt::format("{} [{}], {}", what, i, setting.where));
    };

    Size first = 0;
    for (const Weight& weight : setting.layout().weights) {
        for (const Size i : some_places(weight.size(), 16, stream.split(first)))
            recorder.measure("gradient of the weights equals finite differences",
                             slope_deviation(call.weights()[first + i], result.dweights[first + i], loss_of_weights),
                             gradient_tolerance, fmt::format("{} [{}], {}", weight.name, i, setting.where));
        first += weight.size();
    }
    call.prepare();

    if (!problem.x.empty()) compare("x", call.x(), result.dx, some_places(problem.x.size(), 40, stream));
    if (!problem.source.empty())
        compare("the source", call.source(), result.dsource, some_places(problem.source.size(), 40, stream));
    if (!problem.state.empty()) {
        // Elements that do not depend on what came in are the cell's bookkeeping (how many steps it holds, say) and
        // have no gradient.
        const std::vector<double> another = warm_state(setting, problem, 77);
        std::vector<Size> places;
        for (const Size i : some_places(problem.state.size(), problem.state.size(), stream))
            if (problem.state[i] != another[i] && places.size() < 40) places.push_back(i);
        compare("the state", call.state(), result.dstate, places);
    }
}

void check_chunks(const Setting& setting, const Problem<double>& problem, Recorder& recorder) {
    const Cell<double>& cell = *setting.exact;
    const Result<double> whole = watched_run(setting, problem, recorder);
    const Size middle = problem.T / 2;

    Problem<double> prefix = steps(problem, 0, middle), suffix = steps(problem, middle, problem.T);
    suffix.state = run(cell, prefix, {.backward = false}).next_state;
    const Result<double> second = watched_run(setting, suffix, recorder);
    prefix.dnext_state = second.dstate;
    Result<double> first = watched_run(setting, prefix, recorder);

    const auto add = [](std::vector<double>& a, const std::vector<double>& b) {
        for (Size i = 0; i < a.size(); ++i) a[i] += b[i];
    };
    const auto join = [](std::vector<double> a, const std::vector<double>& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    };
    const char* name = "a run cut in two equals the whole, gradients too";
    const auto compare = [&](const char* what, const std::vector<double>& parts, const std::vector<double>& all) {
        recorder.measure(name, deviation(parts, all, 1), 1e-9, fmt::format("{}, {}", what, setting.where));
    };
    compare("y", join(first.y, second.y), whole.y);
    compare("next_state", second.next_state, whole.next_state);
    compare("dx", join(first.dx, second.dx), whole.dx);
    if (!problem.state.empty()) compare("dstate", first.dstate, whole.dstate);
    add(first.dweights, second.dweights);
    add(first.dsource, second.dsource);
    compare("dweights", first.dweights, whole.dweights);
    compare("dsource", first.dsource, whole.dsource);
}

}  // namespace unroll::conformance
