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

template <class Real>
Call<Real>::Call(const Cell<Real>& cell, const Problem<Real>& problem, const Manner<Real>& manner)
    : cell_(cell),
      problem_(problem),
      manner_(manner),
      weights_(problem.weights),
      prepared_(cell.prepared_size(), manner.garbage),
      x_(problem.x),
      state_(problem.state),
      source_(problem.source),
      dy_(problem.dy),
      dnext_state_(problem.dnext_state),
      tokens_(problem.tokens),
      lengths_(problem.lengths),
      source_lengths_(problem.source_lengths),
      y_(problem.T * problem.B * cell.layout().output, manner.garbage),
      next_state_(problem.B * cell.layout().state_size(), manner.garbage),
      saved_(cell.saved_size(problem.T, problem.B), manner.garbage),
      workspace_(cell.workspace_size(problem.T, problem.B), manner.garbage) {
    forward_.T = problem.T, forward_.B = problem.B;
    forward_.weights = weights_.data();
    forward_.prepared = prepared_.data();
    forward_.x.values = x_.pointer();
    forward_.x.tokens = tokens_.pointer();
    forward_.lengths = lengths_.pointer();
    forward_.state = state_.pointer();
    forward_.source = source_.pointer();
    forward_.source_steps = problem.source_steps;
    forward_.source_lengths = source_lengths_.pointer();
    forward_.dropout = problem.dropout ? &*problem_.dropout : nullptr;
    forward_.y = y_.data();
    if (manner.want_next_state) forward_.next_state = manner.in_place ? state_.pointer() : next_state_.data();
    forward_.saved = saved_.data();
    forward_.workspace = workspace_.data();
    prepare();
}

template <class Real>
double Call<Real>::loss() const {
    double sum = 0;
    for (Size i = 0; i < problem_.dy.size(); ++i) {
        const Size t = i / (problem_.B * cell_.layout().output), b = i / cell_.layout().output % problem_.B;
        if (problem_.lengths.empty() || t < problem_.lengths[b]) sum += problem_.dy[i] * y_.data()[i];
    }
    for (Size i = 0; i < problem_.dnext_state.size(); ++i) sum += problem_.dnext_state[i] * next_state_.data()[i];
    return sum;
}

template <class Real>
Result<Real> Call<Real>::run() {
    Guarded<Real> dx(problem_.x.size(), manner_.garbage), dstate(next_state_.size(), manner_.garbage),
        dsource(problem_.source.size(), manner_.sum), dweights(problem_.weights.size(), manner_.sum),
        workspace(workspace_.size(), manner_.garbage);
    const std::vector<Real> prepared = prepared_.values();
    forward();
    if (manner_.backward) {
        Backward<Real> gradients;
        gradients.dy = dy_.data();
        gradients.dnext_state = dnext_state_.pointer();
        if (manner_.want_dx) gradients.dx = dx.pointer();
        if (manner_.want_dstate) gradients.dstate = dstate.data();
        if (manner_.want_dsource) gradients.dsource = dsource.pointer();
        if (manner_.want_dweights) gradients.dweights = dweights.data();
        gradients.workspace = workspace.data();
        cell_.backward(forward_, gradients);
    }
    Result<Real> result{y_.values(),
                        manner_.in_place ? state_.values() : next_state_.values(),
                        dx.values(),
                        dstate.values(),
                        dsource.values(),
                        dweights.values(),
                        {}};
    const auto note = [&](bool fine, const char* what) {
        if (!fine) result.damage += (result.damage.empty() ? "" : ", ") + std::string(what);
    };
    note(weights_.holds(problem_.weights), "weights changed");
    note(prepared_.holds(prepared), "prepared weights changed");
    note(x_.holds(problem_.x) && tokens_.holds(problem_.tokens), "x changed");
    note(manner_.in_place || state_.holds(problem_.state), "state changed");
    note(source_.holds(problem_.source), "source changed");
    note(lengths_.holds(problem_.lengths) && source_lengths_.holds(problem_.source_lengths), "lengths changed");
    note(dy_.holds(problem_.dy) && dnext_state_.holds(problem_.dnext_state), "dy or dnext_state changed");
    note(weights_.intact() && x_.intact() && tokens_.intact() && state_.intact() && source_.intact() &&
             lengths_.intact() && source_lengths_.intact() && dy_.intact() && dnext_state_.intact(),
         "written beside an input");
    note(prepared_.intact(), "written beside prepared");
    note(y_.intact(), "written beside y");
    note(next_state_.intact(), "written beside next_state");
    note(saved_.intact(), "written beside saved");
    note(workspace_.intact() && workspace.intact(), "written beside workspace");
    note(dx.intact(), "written beside dx");
    note(dstate.intact(), "written beside dstate");
    note(dsource.intact(), "written beside dsource");
    note(dweights.intact(), "written beside dweights");
    return result;
}

template class Call<float>;
template class Call<double>;

}  // namespace unroll::conformance
