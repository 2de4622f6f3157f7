// Calls of a cell of equations: stages and their segments, there and back.
#include "equations/execution.h"

#include <algorithm>

#include "equations/kinds.h"

namespace unroll {

using Kind = Node::Kind;

// ---- Places -----------------------------------------------------------------------------------------------------

template <class Real>
Execution<Real>::Execution(const Equations::Graph& graph, const Schedule& schedule,
                           const std::vector<Operation<Real>>& operations, const Products<Real>& products,
                           const Memories<Real>& memories, const Forward<Real>& call)
    : graph_(graph),
      schedule_(schedule),
      operations_(operations),
      products_(products),
      memories_(memories),
      call_(call),
      T_(call.T),
      B_(call.B),
      extents_{graph, schedule, call.T, call.B},
      saved_intervals_(call.saved + T_ * B_ * schedule.all + B_ * schedule.all_states),
      saved_once_(saved_intervals_ + extents_.slots() * B_ * schedule.interval),
      saved_step_(saved_once_ + schedule.once_columns),
      saved_memories_(call.saved + extents_.saved()) {}

template <class Real>
Real* Execution<Real>::kept(Size n, Size row) const {
    return call_.saved + T_ * B_ * plan(n).value + B_ * plan(n).states + row * width(n);
}

template <class Real>
Real* Execution<Real>::slot(Size n, Size number, Size b) const {
    return saved_intervals_ + extents_.slots() * B_ * plan(n).value + (number * B_ + b) * width(n);
}

template <class Real>
Real* Execution<Real>::value(Size n, const Frame& frame) const {
    switch (plan(n).values) {
        case Plan::Values::given:
            return call_.x.values ? const_cast<Real*>(call_.x.values) + frame.row * width(n) : nullptr;
        case Plan::Values::once:
            return saved_once_ + plan(n).value;
        case Plan::Values::all:
            return kept(n, frame.row);
        case Plan::Values::next:
            return kept(plan(n).next_of, frame.row + B_);
        case Plan::Values::step:
            return saved_step_ + B_ * plan(n).value + frame.row % B_ * width(n);
        default:
            return frame.values + plan(n).local * frame.rows;
    }
}

template <class Real>
Real* Execution<Real>::gradient(Size n, const Frame& frame) const {
    n = plan(n).gradient_of;
    const Plan& place = plan(n);
    switch (place.gradient) {
        case Plan::Gradient::given:
            return dx_ ? dx_ + frame.row * width(n) : nullptr;
        case Plan::Gradient::once:
            return once_gradients_ + place.gradient_at;
        case Plan::Gradient::all:
            return gradients_ + T_ * B_ * place.gradient_at + frame.row * width(n);
        case Plan::Gradient::step:
            return step_gradients_ + B_ * place.gradient_at + frame.row % B_ * width(n);
        case Plan::Gradient::local:
            break;
    }
    return frame.gradients + place.local * frame.rows;
}

// ---- Nodes ------------------------------------------------------------------------------------------------------

template <class Real>
Operands<Real> Execution<Real>::operands(Size n, const Frame& frame) const {
    const Node& node = graph_.nodes[n];
    Operands<Real> at{.node = node, .rows = frame.rows, .columns = node.width};
    at.y = value(n, frame);
    at.weights = call_.weights;
    at.scratch = node_scratch_;
    at.into.fill(Into::add);
    return at;
}

/// Calls body() with the operands in `at`: concatenate's one after the other, those of others together.
template <class Real>
template <class Body>
void Execution<Real>::for_each_call(Operands<Real>& at, const Frame& frame, Body&& body) const {
    const std::vector<Size>& sources = at.node.operands;
    if (at.node.kind == Kind::concatenate) {
        for (Size k = 0; k < sources.size(); ++k) {
            at.x[0] = value(sources[k], frame);
            at.widths[0] = width(sources[k]);
            body(k);
            at.column += at.widths[0];
        }
        return;
    }
    for (Size k = 0; k < sources.size(); ++k) {
        at.x[k] = value(sources[k], frame);
        at.widths[k] = width(sources[k]);
    }
    body(0);
}

template <class Real>
void Execution<Real>::compute(Size n, const Frame& frame) {
    const Node& node = graph_.nodes[n];
    if (is_product(node))
        products_.forward(n, call_, value(node.operands[0], frame), frame.row, frame.rows, value(n, frame));
    if (node.kind == Kind::memory) remember(n);
    if (!operations_[n].forward) return;
    Operands<Real> at = operands(n, frame);
    for_each_call(at, frame, [&](Size) { operations_[n].forward(at); });
}

/// Adds to the gradients of the node's operands and, but for products, of its weights.
template <class Real>
void Execution<Real>::differentiate(Size n, const Frame& frame) {
    const Node& node = graph_.nodes[n];
    if (node.kind == Kind::product)
        if (Real* const dx = gradient(node.operands[0], frame))
            products_.backward_input(n, call_, gradient(n, frame), frame.rows, dx, plan(n).into[0]);
    if (node.kind == Kind::memory) differentiate_memory(n);
    if (!operations_[n].backward) return;
    Operands<Real> at = operands(n, frame);
    at.dy = gradient(n, frame);
    at.dweights = dweights_;
    const bool has_weights = at.node.kind == Kind::weight || at.node.kind == Kind::plus || at.node.kind == Kind::times;
    for_each_call(at, frame, [&](Size first) {
        const std::vector<Size>& sources = at.node.operands;
        bool wanted = has_weights;
        for (Size k = 0; k < std::min(sources.size() - std::min(first, sources.size()), Operands<Real>::most); ++k) {
            at.dx[k] = gradient(sources[first + k], frame);
            at.into[k] = plan(n).into[first + k];
            wanted |= at.dx[k] != nullptr;
            if (at.node.kind == Kind::concatenate) break;
        }
        if (wanted && (has_weights || at.dx[0] || sources.size() > 1)) operations_[n].backward(at);
    });
}

/// The gradients of matrices, and of biases that are joined to them: one product each for all rows.
template <class Real>
void Execution<Real>::differentiate_products() {
    for (Size n = 0; n < graph_.nodes.size(); ++n) {
        const Node& node = graph_.nodes[n];
        if (!is_product(node) || plan(n).values == Plan::Values::none) continue;
        const Frame frame{.row = 0, .rows = node.from_weights_alone ? 1 : T_ * B_};
        products_.backward_weights(n, call_, value(node.operands[0], frame), gradient(n, frame), frame.rows, dweights_,
                                   products_scratch_);
    }
}

template <class Real>
typename Memories<Real>::Values Execution<Real>::memory_operands(Size n) const {
    typename Memories<Real>::Values values{};
    const std::vector<Size>& operands = graph_.nodes[n].operands;
    for (Size k = 0; k < operands.size(); ++k) values[k] = value(operands[k], {.row = 0, .rows = T_ * B_});
    return values;
}

template <class Real>
void Execution<Real>::remember(Size n) {
    memories_.forward(n, call_, memory_operands(n), saved_memories_, memories_scratch_,
                      value(n, {.row = 0, .rows = T_ * B_}));
}

template <class Real>
void Execution<Real>::differentiate_memory(Size n) {
    typename Memories<Real>::Gradients gradients{};
    const std::vector<Size>& operands = graph_.nodes[n].operands;
    const Frame all{.row = 0, .rows = T_ * B_};
    for (Size k = 0; k < operands.size(); ++k) gradients[k] = {gradient(operands[k], all), plan(n).into[k]};
    memories_.backward(n, call_, memory_operands(n), saved_memories_, memories_scratch_, gradient(n, all), gradients,
                       carried_);
}

// ---- Segments ---------------------------------------------------------------------------------------------------

/// `again`: what backward does for what is not kept.
template <class Real>
void Execution<Real>::compute_group(const Segment& group, const Frame& frame, bool again) {
    for (const Size n : group.nodes)
        if (!again || (plan(n).values == Plan::Values::local && plan(n).again)) compute(n, frame);
}

template <class Real>
void Execution<Real>::differentiate_group(const Stage& stage, const Segment& group, const Frame& frame) {
    const auto clear = [&](Size n) {
        if (plan(n).gradient == Plan::Gradient::local && plan(n).cleared)
            std::fill_n(gradient(n, frame), frame.rows * width(n), Real{0});
    };
    for (const Size n : group.nodes) clear(n);
    if (stage.by_sequences)
        for (const Size s : stage.states) clear(graph_.states[s].node);
    for (const Size s : group.states) hand_back(graph_.states[s], frame);
    if (group.output) add_output_gradient(frame);
    for (Size i = group.nodes.size(); i-- > 0;) differentiate(group.nodes[i], frame);
}

/// Calls body(frame) for the rows [first, first + rows), a few at a time.
template <class Real>
template <class Body>
void Execution<Real>::for_each_block(const Segment& group, Size first, Size rows, Body&& body) {
    const Size step = extents_.group_rows(group, rows);
    for (Size row = 0; row < rows; row += step) {
        Frame frame{.row = first + row, .rows = std::min(step, rows - row), .values = group_scratch_};
        frame.gradients = frame.values + frame.rows * group.local;
        body(frame);
    }
}

/// A state on no cycle: its next values are known for all steps.
template <class Real>
void Execution<Real>::shift(Size n) {
    const StateNode& state = *std::find_if(graph_.states.begin(), graph_.states.end(),
                                           [n](const StateNode& other) { return other.node == n; });
    begin(state, kept(n, 0), 0, B_);
    for (Size t = 0; t < T_; ++t) advance(state, {.row = t * B_, .rows = B_});
    finish(state, kept(n, T_ * B_), 0, B_);
}

template <class Real>
void Execution<Real>::shift_back(Size n) {
    const StateNode& state = *std::find_if(graph_.states.begin(), graph_.states.end(),
                                           [n](const StateNode& other) { return other.node == n; });
    for (Size t = T_; t-- > 0;) {
        const Frame frame{.row = t * B_, .rows = B_};
        hand_back(state, frame);
        take_back(state, frame);
    }
}

// ---- Stages -----------------------------------------------------------------------------------------------------

template <class Real>
void Execution<Real>::forward_at_once(const Stage& stage) {
    for (const Segment& segment : stage.segments) {
        if (segment.kind == Segment::Kind::group)
            for_each_block(segment, 0, T_ * B_, [&](const Frame& frame) {
                compute_group(segment, frame, false);
                if (segment.output) write_output(frame);
            });
        else if (segment.kind == Segment::Kind::single)
            compute(segment.nodes[0], {.row = 0, .rows = T_ * B_});
        else
            shift(segment.nodes[0]);
    }
}

template <class Real>
void Execution<Real>::backward_at_once(const Stage& stage) {
    for (Size i = stage.segments.size(); i-- > 0;) {
        const Segment& segment = stage.segments[i];
        if (segment.kind == Segment::Kind::group)
            for_each_block(segment, 0, T_ * B_, [&](const Frame& frame) {
                compute_group(segment, frame, true);
                differentiate_group(stage, segment, frame);
            });
        else if (segment.kind == Segment::Kind::single)
            differentiate(segment.nodes[0], {.row = 0, .rows = T_ * B_});
        else
            shift_back(segment.nodes[0]);
    }
}

template <class Real>
void Execution<Real>::forward_by_steps(const Stage& stage) {
    for (const Size s : stage.states) begin(graph_.states[s], kept(graph_.states[s].node, 0), 0, B_);
    for (Size t = 0; t < T_; ++t) {
        const Frame step{.row = t * B_, .rows = B_};
        for (const Segment& segment : stage.segments) {
            if (segment.kind == Segment::Kind::single) {
                compute(segment.nodes[0], step);
                continue;
            }
            for_each_block(segment, step.row, B_, [&](const Frame& frame) {
                compute_group(segment, frame, false);
                for (const Size s : segment.states) advance(graph_.states[s], frame);
                if (segment.output) write_output(frame);
            });
        }
        for (const Size s : stage.elsewhere) advance(graph_.states[s], step);
    }
    for (const Size s : stage.states) finish(graph_.states[s], kept(graph_.states[s].node, T_ * B_), 0, B_);
}

template <class Real>
void Execution<Real>::backward_by_steps(const Stage& stage) {
    const auto clear = [&](Size n) {
        if (plan(n).gradient == Plan::Gradient::step && plan(n).cleared)
            std::fill_n(gradient(n, {.row = 0, .rows = B_}), B_ * width(n), Real{0});
    };
    for (Size t = T_; t-- > 0;) {
        const Frame step{.row = t * B_, .rows = B_};
        for (const Size s : stage.states) clear(graph_.states[s].node);
        for (const Segment& segment : stage.segments)
            for (const Size n : segment.nodes) clear(n);
        for (const Size s : stage.elsewhere) hand_back(graph_.states[s], step);
        for (Size i = stage.segments.size(); i-- > 0;) {
            const Segment& segment = stage.segments[i];
            if (segment.kind == Segment::Kind::single)
                differentiate(segment.nodes[0], step);
            else
                for_each_block(segment, step.row, B_, [&](const Frame& frame) {
                    compute_group(segment, frame, true);
                    differentiate_group(stage, segment, frame);
                });
        }
        for (const Size s : stage.states) take_back(graph_.states[s], step);
    }
}

/// The scratch for `rows` sequences from b on at step t, the `place`-th that is held at once.
template <class Real>
auto Execution<Real>::chunk_frame(const Stage& stage, Size t, Size b, Size rows, Size place) const -> Frame {
    const Size local = stage.segments[0].local;
    return {.row = t * B_ + b,
            .rows = rows,
            .values = group_scratch_ + place * rows * local,
            .gradients = group_scratch_ + stage.interval * rows * local};
}

template <class Real>
void Execution<Real>::forward_by_sequences(const Stage& stage) {
    const Segment& group = stage.segments[0];
    const Size step = extents_.group_rows(group, B_);
    const bool at_intervals = stage.interval > 1;
    for (Size b = 0; b < B_; b += step) {
        const Size rows = std::min(step, B_ - b);
        const auto states_at = [&](Size n, Size t) {
            return at_intervals ? value(n, chunk_frame(stage, 0, b, rows, 0)) : kept(n, t * B_ + b);
        };
        for (const Size s : stage.states) begin(graph_.states[s], states_at(graph_.states[s].node, 0), b, rows);
        for (Size t = 0; t < T_; ++t) {
            const Frame frame = chunk_frame(stage, t, b, rows, 0);
            if (at_intervals && t % stage.interval == 0)
                for (const Size s : stage.states) {
                    const Size n = graph_.states[s].node;
                    std::copy_n(value(n, frame), rows * width(n), slot(n, t / stage.interval, b));
                }
            compute_group(group, frame, false);
            if (group.output) write_output(frame);
            for (const Size s : stage.states) advance(graph_.states[s], frame);
        }
        for (const Size s : stage.states) finish(graph_.states[s], states_at(graph_.states[s].node, T_), b, rows);
    }
}

template <class Real>
void Execution<Real>::backward_by_sequences(const Stage& stage) {
    const Size step = extents_.group_rows(stage.segments[0], B_);
    for (Size b = 0; b < B_; b += step) backward_sequences(stage, b, std::min(step, B_ - b));
}

template <class Real>
void Execution<Real>::backward_sequences(const Stage& stage, Size b, Size rows) {
    for (Size last = T_; last > 0;) {
        const Size first = (last - 1) / stage.interval * stage.interval;
        compute_chunk(stage, first, last, b, rows);
        for (Size t = last; t-- > first;) {
            const Frame frame = chunk_frame(stage, t, b, rows, t - first);
            differentiate_group(stage, stage.segments[0], frame);
            for (const Size s : stage.states) take_back(graph_.states[s], frame);
        }
        last = first;
    }
}

/// What was not kept of the steps [first, last), which an interval holds.
template <class Real>
void Execution<Real>::compute_chunk(const Stage& stage, Size first, Size last, Size b, Size rows) {
    for (Size t = first; t < last; ++t) {
        const Frame frame = chunk_frame(stage, t, b, rows, t - first);
        if (stage.interval > 1)
            for (const Size s : stage.states) {
                const Size n = graph_.states[s].node, next = graph_.states[s].next;
                if (t == first) {
                    std::copy_n(slot(n, first / stage.interval, b), rows * width(n), value(n, frame));
                    continue;
                }
                const Frame before = chunk_frame(stage, t - 1, b, rows, t - 1 - first);
                for (Size r = 0; r < rows; ++r)
                    std::copy_n(value(valid(before.row + r) ? next : n, before) + r * width(n), width(n),
                                value(n, frame) + r * width(n));
            }
        compute_group(stage.segments[0], frame, true);
    }
}

// ---- States and output ------------------------------------------------------------------------------------------

template <class Real>
void Execution<Real>::begin(const StateNode& state, Real* to, Size b, Size rows) const {
    const Size n = width(state.node);
    for (Size r = 0; r < rows; ++r)
        if (call_.state)
            std::copy_n(call_.state + (b + r) * state_size() + state.offset, n, to + r * n);
        else
            std::fill_n(to + r * n, n, Real{0});
}

/// The value after the frame's step: the next one, or the old one where the sequence has ended.
template <class Real>
void Execution<Real>::advance(const StateNode& state, const Frame& frame) {
    const Size n = width(state.node);
    const Real* const now = value(state.node, frame);
    const Real* const next = value(state.next, frame);
    Real* const to =
        plan(state.node).values == Plan::Values::all ? kept(state.node, frame.row + B_) : value(state.node, frame);
    for (Size r = 0; r < frame.rows; ++r) {
        const Real* const from = valid(frame.row + r) ? next : now;
        if (from != to) std::copy_n(from + r * n, n, to + r * n);
    }
}

template <class Real>
void Execution<Real>::finish(const StateNode& state, const Real* values, Size b, Size rows) const {
    const Size n = width(state.node);
    if (!call_.next_state) return;
    for (Size r = 0; r < rows; ++r)
        std::copy_n(values + r * n, n, call_.next_state + (b + r) * state_size() + state.offset);
}

/// The gradient of the state after the frame's step goes to the value that it is there.
template <class Real>
void Execution<Real>::hand_back(const StateNode& state, const Frame& frame) {
    Real* const dnext = gradient(state.next, frame);
    const Size n = width(state.node);
    if (!dnext) return;
    for (Size r = 0; r < frame.rows; ++r)
        if (valid(frame.row + r))
            axpy(Real{1}, carried_ + (frame.row + r) % B_ * state_size() + state.offset, dnext + r * n, n);
}

/// The gradient of the state before the frame's step becomes what is carried.
template <class Real>
void Execution<Real>::take_back(const StateNode& state, const Frame& frame) {
    const Real* const dstate = gradient(state.node, frame);
    const Size n = width(state.node);
    for (Size r = 0; r < frame.rows; ++r)
        if (valid(frame.row + r))
            std::copy_n(dstate + r * n, n, carried_ + (frame.row + r) % B_ * state_size() + state.offset);
}

template <class Real>
void Execution<Real>::write_output(const Frame& frame) {
    const Size n = width(graph_.output);
    const Real* const from = value(graph_.output, frame);
    for (Size r = 0; r < frame.rows; ++r) {
        Real* const y = call_.y + (frame.row + r) * n;
        if (valid(frame.row + r))
            std::copy_n(from + r * n, n, y);
        else
            std::fill_n(y, n, Real{0});
    }
}

template <class Real>
void Execution<Real>::add_output_gradient(const Frame& frame) {
    const Size n = width(graph_.output);
    Real* const to = gradient(graph_.output, frame);
    if (!to) return;
    for (Size r = 0; r < frame.rows; ++r)
        if (valid(frame.row + r)) axpy(Real{1}, dy_ + (frame.row + r) * n, to + r * n, n);
}

// ---- The whole --------------------------------------------------------------------------------------------------

template <class Real>
void Execution<Real>::forward() {
    group_scratch_ = memories_scratch_ = call_.workspace;
    for (const Size n : schedule_.once) compute(n, {.row = 0, .rows = 1});
    for (const Stage& stage : schedule_.stages) {
        if (!stage.recurrent)
            forward_at_once(stage);
        else if (stage.by_sequences)
            forward_by_sequences(stage);
        else
            forward_by_steps(stage);
    }
    if (!schedule_.output_in_group) write_output({.row = 0, .rows = T_ * B_});
}

template <class Real>
void Execution<Real>::backward(const Backward<Real>& gradients) {
    dy_ = gradients.dy;
    dx_ = gradients.dx;
    dweights_ = gradients.dweights;
    gradients_ = gradients.workspace;
    step_gradients_ = gradients_ + T_ * B_ * schedule_.gradients;
    once_gradients_ = step_gradients_ + B_ * schedule_.step_gradients;
    carried_ = once_gradients_ + schedule_.once_columns;
    group_scratch_ = carried_ + B_ * state_size();
    node_scratch_ = group_scratch_ + extents_.group_scratch();
    products_scratch_ = node_scratch_ + extents_.node_scratch();
    memories_scratch_ = products_scratch_ + products_.workspace_size();

    for (Size n = 0; n < graph_.nodes.size(); ++n)
        if (plan(n).gradient == Plan::Gradient::all && plan(n).cleared && plan(n).values != Plan::Values::none)
            std::fill_n(gradient(n, {.row = 0, .rows = T_ * B_}), T_ * B_ * width(n), Real{0});
    std::fill_n(once_gradients_, schedule_.once_columns, Real{0});
    if (dx_) std::fill_n(dx_, T_ * B_ * graph_.spec.input, Real{0});
    if (gradients.dnext_state)
        std::copy_n(gradients.dnext_state, B_ * state_size(), carried_);
    else
        std::fill_n(carried_, B_ * state_size(), Real{0});

    if (!schedule_.output_in_group) add_output_gradient({.row = 0, .rows = T_ * B_});
    for (Size s = schedule_.stages.size(); s-- > 0;) {
        const Stage& stage = schedule_.stages[s];
        if (!stage.recurrent)
            backward_at_once(stage);
        else if (stage.by_sequences)
            backward_by_sequences(stage);
        else
            backward_by_steps(stage);
    }
    for (Size i = schedule_.once.size(); i-- > 0;) differentiate(schedule_.once[i], {.row = 0, .rows = 1});
    if (dweights_) differentiate_products();
    if (gradients.dstate) std::copy_n(carried_, B_ * state_size(), gradients.dstate);
}

template class Execution<float>;
template class Execution<double>;

}  // namespace unroll
