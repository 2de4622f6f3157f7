// Problems for cells: drawn at random, and cut into sequences and steps.
#include "conformance/cell_call.h"

#include <algorithm>
#include <cmath>

namespace unroll::conformance {

namespace {

std::vector<double> draw_array(Size size, RandomStream stream) {
    std::vector<double> array(size);
    for (double& value : array) value = draw(stream, 1);
    return array;
}

}  // namespace

std::vector<double> draw_weights(const CellLayout& layout, RandomStream stream) {
    std::vector<double> weights;
    for (const Weight& weight : layout.weights) {
        const bool matrix = weight.shape.size() > 1 && weight.role != Weight::Role::table;
        const double limit = matrix ? 1.2 / std::sqrt(static_cast<double>(weight.shape.back())) : 0.4;
        const double center = weight.role == Weight::Role::gain ? 1 : 0;
        for (Size i = 0; i < weight.size(); ++i) weights.push_back(static_cast<float>(center + draw(stream, limit)));
    }
    return weights;
}

Problem<double> draw_problem(const CellSpec& spec, const CellLayout& layout, Size T, Size B, std::uint64_t key) {
    const RandomStream stream(key, "conformance");
    Problem<double> problem;
    problem.T = T, problem.B = B;
    problem.weights = draw_weights(layout, stream.split(0));
    if (spec.tokens) {
        RandomStream tokens = stream.split(1);
        for (Size i = 0; i < T * B; ++i) problem.tokens.push_back(static_cast<Token>(tokens.below(spec.input)));
    } else {
        problem.x = draw_array(T * B * spec.input, stream.split(1));
    }
    if (layout.cross_attends) {
        problem.source_steps = spec.source_context;
        problem.source = draw_array(problem.source_steps * B * spec.source, stream.split(2));
        RandomStream lengths = stream.split(3);
        for (Size b = 0; b < B; ++b)
            problem.source_lengths.push_back(b == 0 ? problem.source_steps : 1 + lengths.below(problem.source_steps));
    }
    problem.dy = draw_array(T * B * layout.output, stream.split(4));
    problem.dnext_state = draw_array(B * layout.state_size(), stream.split(5));
    return problem;
}

template <class Real>
Problem<Real> sequence(const Problem<Real>& problem, const CellLayout& layout, Size b) {
    const auto row = [&](const std::vector<Real>& array) {  // of (B, state_size)
        return of_sequence(array, 1, array.empty() ? 1 : problem.B, b);
    };
    Problem<Real> part;
    part.T = problem.T, part.B = 1;
    part.weights = problem.weights;
    part.x = of_sequence(problem.x, problem.T, problem.B, b);
    part.tokens = of_sequence(problem.tokens, problem.T, problem.B, b);
    part.state = row(problem.state);
    part.source_steps = problem.source_steps;
    part.source = of_sequence(problem.source, problem.source_steps, problem.B, b);
    if (!problem.lengths.empty()) part.lengths = {problem.lengths[b]};
    if (!problem.source_lengths.empty()) part.source_lengths = {problem.source_lengths[b]};
    part.dropout = problem.dropout;
    part.dy = of_sequence(problem.dy, problem.T, problem.B, b);
    if (layout.state_size() > 0) part.dnext_state = row(problem.dnext_state);
    return part;
}

template <class Real>
Problem<Real> steps(const Problem<Real>& problem, Size first, Size last) {
    const auto cut = [&](const auto& array) {
        const Size step = array.size() / problem.T;
        return std::decay_t<decltype(array)>(array.begin() + static_cast<std::ptrdiff_t>(first * step),
                                             array.begin() + static_cast<std::ptrdiff_t>(last * step));
    };
    Problem<Real> part = problem;
    part.T = last - first;
    part.x = cut(problem.x);
    part.tokens = cut(problem.tokens);
    part.dy = cut(problem.dy);
    for (Size& length : part.lengths) length = std::min(length, last) - first;
    return part;
}

template Problem<float> sequence(const Problem<float>&, const CellLayout&, Size);
template Problem<double> sequence(const Problem<double>&, const CellLayout&, Size);
template Problem<float> steps(const Problem<float>&, Size, Size);
template Problem<double> steps(const Problem<double>&, Size, Size);

}  // namespace unroll::conformance
