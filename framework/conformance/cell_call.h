// Calls of a cell with everything that a conformance check wants to vary: what goes in, how it is called, what came
// out.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "conformance/guarded.h"
#include "unroll/cell.h"

namespace unroll::conformance {

/// What goes into a call. Empty arrays are passed as null.
template <class Real>
struct Problem {
    Size T = 0, B = 0;
    std::vector<Real> weights, x, state, source;
    std::vector<Token> tokens;  ///< in place of x
    std::vector<Size> lengths, source_lengths;
    Size source_steps = 0;
    std::optional<RandomStream> dropout;
    std::vector<Real> dy, dnext_state;
};

/// What comes out.
template <class Real>
struct Result {
    std::vector<Real> y, next_state, dx, dstate, dsource, dweights;
    std::string damage;  ///< arrays that were written to though they are not the cell's to write, or beyond their ends
};

/// How a cell is called.
template <class Real>
struct Manner {
    Real garbage = std::numeric_limits<Real>::quiet_NaN();  ///< what outputs, `saved` and workspaces hold beforehand
    Real sum = 0;                                           ///< what dweights and dsource hold beforehand
    bool want_next_state = true, want_dx = true, want_dstate = true, want_dsource = true, want_dweights = true;
    bool backward = true;
    bool in_place = false;  ///< next_state is the array of state; without backward only
};

/// The values that a problem draws are floats, so that both versions of a cell see the same numbers.
inline double draw(RandomStream& stream, double limit) {
    return static_cast<float>(stream.uniform(-limit, limit));
}

template <class Real>
class Call {
public:
    Call(const Cell<Real>& cell, const Problem<Real>& problem, const Manner<Real>& manner = {})
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
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    // For finite differences: arrays to perturb. After a change of weights, prepare().
    Real* weights() { return weights_.data(); }
    Real* x() { return x_.data(); }
    Real* state() { return state_.data(); }
    Real* source() { return source_.data(); }
    void prepare() { cell_.prepare(weights_.data(), prepared_.data()); }

    void forward() { cell_.forward(forward_); }

    /// Σ dy · y + Σ dnext_state · next_state, the loss whose gradient backward computes. After forward.
    double loss() const {
        double sum = 0;
        for (Size i = 0; i < problem_.dy.size(); ++i) {
            const Size t = i / (problem_.B * cell_.layout().output), b = i / cell_.layout().output % problem_.B;
            if (problem_.lengths.empty() || t < problem_.lengths[b]) sum += problem_.dy[i] * y_.data()[i];
        }
        for (Size i = 0; i < problem_.dnext_state.size(); ++i) sum += problem_.dnext_state[i] * next_state_.data()[i];
        return sum;
    }

    /// Forward, and backward when the manner says so, with every guard checked.
    Result<Real> run() {
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

private:
    const Cell<Real>& cell_;
    const Problem<Real> problem_;
    const Manner<Real> manner_;
    Guarded<Real> weights_, prepared_, x_, state_, source_, dy_, dnext_state_;
    Guarded<Token> tokens_;
    Guarded<Size> lengths_, source_lengths_;
    Guarded<Real> y_, next_state_, saved_, workspace_;
    Forward<Real> forward_;
};

template <class Real>
Result<Real> run(const Cell<Real>& cell, const Problem<Real>& problem, const Manner<Real>& manner = {}) {
    return Call<Real>(cell, problem, manner).run();
}

/// The same problem in another precision.
template <class To, class From>
Problem<To> as(const Problem<From>& p) {
    const auto convert = [](const std::vector<From>& from) { return std::vector<To>(from.begin(), from.end()); };
    return {p.T,
            p.B,
            convert(p.weights),
            convert(p.x),
            convert(p.state),
            convert(p.source),
            p.tokens,
            p.lengths,
            p.source_lengths,
            p.source_steps,
            p.dropout,
            convert(p.dy),
            convert(p.dnext_state)};
}

/// Random weights of a sensible size for each role, so that no unit is saturated.
std::vector<double> draw_weights(const CellLayout& layout, RandomStream stream);

/// A random problem for a cell: T steps of B sequences of full length, from the beginning, evaluation, with a source
/// when the cell takes one.
Problem<double> draw_problem(const CellSpec& spec, const CellLayout& layout, Size T, Size B, std::uint64_t key);

/// Sequence b alone.
template <class Real>
Problem<Real> sequence(const Problem<Real>& problem, const CellLayout& layout, Size b);
/// Steps [first, last) of all sequences, each of which must be longer than `first`. State and dnext_state stay.
template <class Real>
Problem<Real> steps(const Problem<Real>& problem, Size first, Size last);

/// Columns of one sequence of a (T, B, width) array.
template <class Real>
std::vector<Real> of_sequence(const std::vector<Real>& array, Size T, Size B, Size b) {
    if (array.empty()) return {};
    const Size width = array.size() / (T * B);
    std::vector<Real> part;
    for (Size t = 0; t < T; ++t)
        part.insert(part.end(), array.begin() + static_cast<std::ptrdiff_t>((t * B + b) * width),
                    array.begin() + static_cast<std::ptrdiff_t>((t * B + b + 1) * width));
    return part;
}

}  // namespace unroll::conformance
