// A cell of equations: runs the recorded graph over time, and back.
//
// Every node has a block (T·B, width) of values in what is saved and one of adjoints in the workspace; a state's values
// have one step more, so that the value after step t is the value at step t + 1. Nodes that the recurrence does not
// pass through are computed for all T·B rows at once (Node::Phase), and so are the gradients of all weights, when every
// adjoint is known. Operands accumulate: adjoints start at zero and every user adds its share.
#include <algorithm>
#include <cmath>

#include "equations/graph.h"
#include "equations/operations.h"
#include "unroll/kernels.h"

namespace unroll {

namespace {

using Kind = Node::Kind;
using Phase = Node::Phase;

/// What a node does, and where its values, adjoints and packed weights stand.
template <class Real>
struct Place {
    Operation<Real> operation;
    Size columns;   ///< widths of all nodes before it
    Size states;    ///< widths of the state nodes among them: their blocks have B rows more
    Size prepared;  ///< products: elements of Forward::prepared before it
};

/// One call of forward or backward.
template <class Real>
class Execution {
public:
    Execution(const Equations::Graph& graph, const std::vector<Place<Real>>& places, const Forward<Real>& call)
        : graph_(graph), places_(places), call_(call), T_(call.T), B_(call.B) {}

    void forward() {
        for (const StateNode& state : graph_.states) begin(state);
        compute_all(Phase::before);
        for (Size t = 0; t < T_; ++t) {
            for (Size n = 0; n < graph_.nodes.size(); ++n)
                if (graph_.nodes[n].phase == Phase::during) compute(n, t * B_, B_);
            for (const StateNode& state : graph_.states) advance(state, t);
        }
        compute_all(Phase::after);
        write_output();
        if (call_.next_state)
            for (const StateNode& state : graph_.states)
                copy_columns(value(state.node, T_ * B_), width(state.node), call_.next_state + state.offset,
                             state_size(), width(state.node), B_);
    }

    void backward(const Backward<Real>& gradients, Size all_columns) {
        adjoints_ = gradients.workspace;
        dx_ = gradients.dx;
        Real* dstate = adjoints_ + T_ * B_ * all_columns;  // (B, state_size), of the state after the current step
        scratch_ = dstate + B_ * state_size();

        std::fill_n(adjoints_, T_ * B_ * all_columns, Real{0});
        if (dx_) std::fill_n(dx_, T_ * B_ * graph_.spec.input, Real{0});
        if (gradients.dnext_state)
            std::copy_n(gradients.dnext_state, B_ * state_size(), dstate);
        else
            std::fill_n(dstate, B_ * state_size(), Real{0});

        read_output_gradient(gradients.dy);
        differentiate_all(Phase::after);
        for (Size t = T_; t-- > 0;) {
            for (const StateNode& state : graph_.states) hand_back(state, t, dstate);
            for (Size n = graph_.nodes.size(); n-- > 0;)
                if (graph_.nodes[n].phase == Phase::during) differentiate(n, t * B_, B_);
            for (const StateNode& state : graph_.states) take_back(state, t, dstate);
        }
        differentiate_all(Phase::before);
        if (gradients.dweights)
            for (Size n = 0; n < graph_.nodes.size(); ++n) differentiate_weights(n, gradients.dweights);
        if (gradients.dstate) std::copy_n(dstate, B_ * state_size(), gradients.dstate);
    }

private:
    Size width(Size n) const { return graph_.nodes[n].width; }
    Size state_size() const { return graph_.layout.state_size(); }
    bool valid(Size t, Size b) const { return !call_.lengths || t < call_.lengths[b]; }

    const Real* value(Size n, Size row) const {
        return n == graph_.input ? call_.x.values + row * width(n) : target(n, row);
    }
    Real* target(Size n, Size row) const {
        return call_.saved + T_ * B_ * places_[n].columns + B_ * places_[n].states + row * width(n);
    }
    /// Null for the input when dx is not wanted.
    Real* adjoint(Size n, Size row) const {
        if (n == graph_.input) return dx_ ? dx_ + row * width(n) : nullptr;
        return adjoints_ + T_ * B_ * places_[n].columns + row * width(n);
    }

    void compute_all(Phase phase) {
        for (Size n = 0; n < graph_.nodes.size(); ++n)
            if (graph_.nodes[n].phase == phase) compute(n, 0, T_ * B_);
    }
    void differentiate_all(Phase phase) {
        for (Size n = graph_.nodes.size(); n-- > 0;)
            if (graph_.nodes[n].phase == phase) differentiate(n, 0, T_ * B_);
    }

    // ---- States and output

    void begin(const StateNode& state) {
        if (call_.state)
            copy_columns(call_.state + state.offset, state_size(), target(state.node, 0), width(state.node),
                         width(state.node), B_);
        else
            std::fill_n(target(state.node, 0), B_ * width(state.node), Real{0});
    }

    /// The value after step t: the next one, or the old one where the sequence has ended.
    void advance(const StateNode& state, Size t) {
        for (Size b = 0; b < B_; ++b)
            std::copy_n(value(valid(t, b) ? state.next : state.node, t * B_ + b), width(state.node),
                        target(state.node, (t + 1) * B_ + b));
    }

    void hand_back(const StateNode& state, Size t, const Real* dstate) {
        Real* dnext = adjoint(state.next, t * B_);
        if (!dnext) return;
        for (Size b = 0; b < B_; ++b)
            if (valid(t, b))
                axpy(Real{1}, dstate + b * state_size() + state.offset, dnext + b * width(state.node),
                     width(state.node));
    }

    void take_back(const StateNode& state, Size t, Real* dstate) {
        for (Size b = 0; b < B_; ++b)
            if (valid(t, b))
                std::copy_n(adjoint(state.node, t * B_ + b), width(state.node),
                            dstate + b * state_size() + state.offset);
    }

    void write_output() {
        const Size columns = width(graph_.output);
        for (Size t = 0; t < T_; ++t)
            for (Size b = 0; b < B_; ++b) {
                Real* y = call_.y + (t * B_ + b) * columns;
                if (valid(t, b))
                    std::copy_n(value(graph_.output, t * B_ + b), columns, y);
                else
                    std::fill_n(y, columns, Real{0});
            }
    }

    void read_output_gradient(const Real* dy) {
        const Size columns = width(graph_.output);
        if (!adjoint(graph_.output, 0)) return;
        for (Size t = 0; t < T_; ++t)
            for (Size b = 0; b < B_; ++b)
                if (valid(t, b)) std::copy_n(dy + (t * B_ + b) * columns, columns, adjoint(graph_.output, t * B_ + b));
    }

    // ---- One node, `rows` rows from `row`

    void compute(Size n, Size row, Size rows) {
        if (!places_[n].operation.forward) return;
        Operands<Real> at = operands(n, rows);
        at.y = target(n, row);
        if (at.node.kind == Kind::product)
            at.packed = {call_.prepared + places_[n].prepared, width(at.node.operands[0]), at.columns};
        for_each_call(at, row, [&] { places_[n].operation.forward(at); });
    }

    /// Adds to the adjoints of the node's operands.
    void differentiate(Size n, Size row, Size rows) {
        if (!places_[n].operation.backward) return;
        Operands<Real> at = operands(n, rows);
        at.y = target(n, row);
        at.dy = adjoint(n, row);
        at.scratch = scratch_;
        if (at.node.kind == Kind::product) {
            const Size inputs = width(at.node.operands[0]);
            at.packed = {call_.prepared + places_[n].prepared + packed_size(inputs, at.columns), at.columns, inputs};
        }
        for_each_call(at, row, [&] {
            const std::vector<Size>& sources = at.node.operands;
            at.da = adjoint(sources[at.operand], row);
            at.db = at.b ? adjoint(sources[1], row) : nullptr;
            if (at.da || at.db) places_[n].operation.backward(at);
        });
    }

    Operands<Real> operands(Size n, Size rows) const {
        const Node& node = graph_.nodes[n];
        return {.node = node, .rows = rows, .columns = node.width, .weights = call_.weights + node.weights};
    }

    /// Calls body() with the operands in `at`: concatenate's one after the other, those of others together.
    template <class Body>
    void for_each_call(Operands<Real>& at, Size row, Body&& body) const {
        const std::vector<Size>& sources = at.node.operands;
        const bool together = at.node.kind != Kind::concatenate;
        if (together && sources.size() > 1) at.b = value(sources[1], row);
        for (at.operand = 0; at.operand < (together ? 1 : sources.size()); ++at.operand) {
            at.a = value(sources[at.operand], row);
            at.a_columns = width(sources[at.operand]);
            body();
            at.column += at.a_columns;
        }
    }

    /// Adds the gradient of the node's own weights, summed over all rows.
    void differentiate_weights(Size n, Real* dweights) {
        const Node& node = graph_.nodes[n];
        const Size rows = T_ * B_, columns = node.width;
        Real* gradient = dweights + node.weights;
        if (node.kind == Kind::product) {
            const Size inputs = width(node.operands[0]);
            gemm(Matrix<const Real>(adjoint(n, 0), rows, columns).transposed(),
                 Matrix<const Real>(value(node.operands[0], 0), rows, inputs), Matrix<Real>(gradient, columns, inputs),
                 Into::add);
        } else if (node.kind == Kind::plus) {
            add_bias_backward(adjoint(n, 0), gradient, rows, columns);
        } else if (node.kind == Kind::times) {
            multiply(adjoint(n, 0), value(node.operands[0], 0), scratch_, rows * columns, Into::overwrite);
            add_bias_backward(scratch_, gradient, rows, columns);
        }
    }

    const Equations::Graph& graph_;
    const std::vector<Place<Real>>& places_;
    const Forward<Real>& call_;
    const Size T_, B_;
    Real* adjoints_ = nullptr;
    Real* dx_ = nullptr;
    Real* scratch_ = nullptr;
};

template <class Real>
class EquationsCell final : public Cell<Real> {
public:
    EquationsCell(void (*record)(Equations&), const CellSpec& spec, const Options& options)
        : equations_(spec, options) {
        record(equations_);
        Equations::Graph& graph = EquationsAccess::graph(equations_);
        graph.finish();
        this->layout_ = graph.layout;
        for (const Node& node : graph.nodes) {
            places_.push_back({Operations<Real>::of(node.kind), columns_, state_columns_, prepared_});
            if (node.kind == Kind::product) {
                const Size inputs = graph.nodes[node.operands[0]].width;
                prepared_ += packed_size(inputs, node.width) + packed_size(node.width, inputs);
            }
            if (node.kind == Kind::input) continue;  // its values are the caller's x
            columns_ += node.width;
            if (node.kind == Kind::state) state_columns_ += node.width;
            widest_ = std::max(widest_, node.width);
        }
    }

    Size saved_size(Size T, Size B) const override { return T * B * columns_ + B * state_columns_; }
    Size workspace_size(Size T, Size B) const override { return T * B * (columns_ + widest_) + B * state_columns_; }
    Size prepared_size() const override { return prepared_; }

    void prepare(const Real* weights, Real* prepared) const override {
        const Equations::Graph& graph = EquationsAccess::graph(equations_);
        for (Size n = 0; n < graph.nodes.size(); ++n) {
            const Node& node = graph.nodes[n];
            if (node.kind != Kind::product) continue;
            const Size inputs = graph.nodes[node.operands[0]].width;
            const Matrix<const Real> matrix(weights + node.weights, node.width, inputs);
            Real* place = prepared + places_[n].prepared;
            pack(matrix.transposed(), place);
            pack(matrix, place + packed_size(matrix.columns, matrix.rows));
        }
    }

    void forward(const Forward<Real>& call) const override {
        Execution<Real>(EquationsAccess::graph(equations_), places_, call).forward();
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        Execution<Real>(EquationsAccess::graph(equations_), places_, call).backward(gradients, columns_);
    }

private:
    Equations equations_;
    std::vector<Place<Real>> places_;
    Size columns_ = 0, state_columns_ = 0, prepared_ = 0, widest_ = 0;
};

}  // namespace

template <class Real>
std::unique_ptr<Cell<Real>> make_equations_cell(void (*record)(Equations&), const CellSpec& spec,
                                                const Options& options) {
    return std::make_unique<EquationsCell<Real>>(record, spec, options);
}

template UNROLL_EXPORT std::unique_ptr<Cell<float>> make_equations_cell(void (*)(Equations&), const CellSpec&,
                                                                        const Options&);
template UNROLL_EXPORT std::unique_ptr<Cell<double>> make_equations_cell(void (*)(Equations&), const CellSpec&,
                                                                         const Options&);

}  // namespace unroll
