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

/// One call of a cell: arrays of its own, with guards around them, for all that a cell reads and writes.
template <class Real>
class Call {
public:
    Call(const Cell<Real>& cell, const Problem<Real>& problem, const Manner<Real>& manner = {});
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
    double loss() const;

    /// Forward, and backward when the manner says so, with every guard checked.
    Result<Real> run();

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
