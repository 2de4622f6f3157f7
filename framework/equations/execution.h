// One call of a cell of equations, forward or backward: the schedule, carried out.
#pragma once

#include <vector>

#include "equations/memories.h"
#include "equations/operations.h"
#include "equations/products.h"
#include "equations/schedule.h"
#include "unroll/cell.h"

namespace unroll {

/// How big the arrays of a call are.
struct Extents {
    const Equations::Graph& graph;
    const Schedule& schedule;
    Size T, B;

    /// Rows of a group that are computed together: what they need should stay in the first caches.
    Size group_rows(const Segment& group, Size available) const;
    Size slots() const;  ///< of states that are kept at intervals
    Size saved() const;
    Size group_scratch() const;
    Size node_scratch() const;
    Size workspace() const;
};

template <class Real>
class Execution {
public:
    Execution(const Equations::Graph& graph, const Schedule& schedule, const std::vector<Operation<Real>>& operations,
              const Products<Real>& products, const Memories<Real>& memories, const Forward<Real>& call);

    void forward();
    void backward(const Backward<Real>& gradients);

private:
    /// Some rows of all arrays: `rows` from (t, b) on, or all at once; and the scratch of a group.
    struct Frame {
        Size row = 0, rows = 0;
        Real* values = nullptr;     ///< of the group's nodes
        Real* gradients = nullptr;  ///< of the group's nodes
    };

    Size width(Size n) const { return graph_.nodes[n].width; }
    Size state_size() const { return graph_.layout.state_size(); }
    bool valid(Size row) const { return !call_.lengths || row / B_ < call_.lengths[row % B_]; }
    const Plan& plan(Size n) const { return schedule_.plans[n]; }

    Real* kept(Size n, Size row) const;
    Real* slot(Size n, Size number, Size b) const;  ///< of a state that is kept at intervals
    Real* value(Size n, const Frame& frame) const;
    Real* gradient(Size n, const Frame& frame) const;

    // Nodes
    Operands<Real> operands(Size n, const Frame& frame) const;
    void compute(Size n, const Frame& frame);
    void differentiate(Size n, const Frame& frame);
    void differentiate_products();
    typename Memories<Real>::Values memory_operands(Size n) const;
    void remember(Size n);
    void differentiate_memory(Size n);
    template <class Body>
    void for_each_call(Operands<Real>& at, const Frame& frame, Body&& body) const;

    // Segments
    void compute_group(const Segment& group, const Frame& frame, bool again);
    void differentiate_group(const Stage& stage, const Segment& group, const Frame& frame);
    void shift(Size n);
    void shift_back(Size n);
    template <class Body>
    void for_each_block(const Segment& group, Size first, Size rows, Body&& body);

    // Stages
    void forward_at_once(const Stage& stage);
    void backward_at_once(const Stage& stage);
    void forward_by_steps(const Stage& stage);
    void backward_by_steps(const Stage& stage);
    void forward_by_sequences(const Stage& stage);
    void backward_by_sequences(const Stage& stage);
    void backward_sequences(const Stage& stage, Size b, Size rows);
    Frame chunk_frame(const Stage& stage, Size t, Size b, Size rows, Size place) const;
    void compute_chunk(const Stage& stage, Size first, Size last, Size b, Size rows);

    // States and output
    void begin(const StateNode& state, Real* to, Size b, Size rows) const;
    void advance(const StateNode& state, const Frame& frame);
    void hand_back(const StateNode& state, const Frame& frame);
    void take_back(const StateNode& state, const Frame& frame);
    void finish(const StateNode& state, const Real* values, Size b, Size rows) const;
    void write_output(const Frame& frame);
    void add_output_gradient(const Frame& frame);

    const Equations::Graph& graph_;
    const Schedule& schedule_;
    const std::vector<Operation<Real>>& operations_;
    const Products<Real>& products_;
    const Memories<Real>& memories_;
    const Forward<Real>& call_;
    const Size T_, B_;
    const Extents extents_;
    Real* saved_intervals_;
    Real* saved_once_;
    Real* saved_step_;
    Real* saved_memories_;
    Real* group_scratch_ = nullptr;  ///< values of a group's rows, of as many steps as an interval has; then gradients
    Real* node_scratch_ = nullptr;

    // Backward
    const Real* dy_ = nullptr;
    Real* dx_ = nullptr;
    Real* dweights_ = nullptr;
    Real* gradients_ = nullptr;
    Real* step_gradients_ = nullptr;
    Real* once_gradients_ = nullptr;
    Real* products_scratch_ = nullptr;
    Real* memories_scratch_ = nullptr;
    Real* carried_ = nullptr;  ///< (B, state_size): of the states after the current step
};

}  // namespace unroll
