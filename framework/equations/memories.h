// The memories of a cell of equations: matrices as states, by one kernel for all steps.
#pragma once

#include <array>

#include "equations/graph.h"
#include "equations/schedule.h"
#include "unroll/cell.h"
#include "unroll/kernels/scan.h"

namespace unroll {

/// Nodes are those of kind `memory`. Immutable; any number of threads may use it.
template <class Real>
class Memories {
public:
    /// Of each operand of a node, (T, B, width): values, or gradients and whether they are overwritten. Those that it
    /// has not are null.
    using Values = std::array<const Real*, 5>;
    using Gradients = std::array<GradientRows<Real>, 5>;

    Memories(const Equations::Graph& graph, const Schedule& schedule);

    Size kept_size(Size T, Size B) const;                    ///< elements that forward keeps for backward
    Size workspace_size() const { return workspace_size_; }  ///< of forward and of backward
    double elements(Size n) const;                           ///< products of two numbers that a step makes

    /// y (T, B, width) is overwritten.
    void forward(Size n, const Forward<Real>& call, const Values& values, Real* kept, Real* workspace, Real* y) const;
    /// `carried` (B, state) has the gradients of states after the last step, and gets those before the first.
    void backward(Size n, const Forward<Real>& call, const Values& values, Real* kept, Real* workspace, const Real* dy,
                  const Gradients& gradients, Real* carried) const;

private:
    struct Shape {
        Size heads, n, m;
    };
    Shape shape(Size n) const;
    MatrixScan<Real> scan(Size n, const Forward<Real>& call, const Values& values, Real* kept, Real* workspace) const;
    /// Calls body(n) for each that somebody needs.
    template <class Body>
    void for_each(Body&& body) const;

    const Equations::Graph& graph_;
    const Schedule& schedule_;
    Size workspace_size_ = 0;
};

}  // namespace unroll
