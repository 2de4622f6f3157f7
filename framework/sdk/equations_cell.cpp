// A cell of equations: runs the recorded graph over time, and back.
//
// Every node has a block (T·B, width) of values in what is saved and one of adjoints in the workspace; a state's values
// have one step more, so that the value after step t is the value at step t + 1. Nodes that the recurrence does not
// pass through are computed for all T·B rows at once (Node::Phase), and so are the gradients of all weights, when every
// adjoint is known. Operands accumulate: adjoints start at zero and every user adds its share.
#include <algorithm>
#include <cmath>

#include "sdk/equations_graph.h"
#include "unroll/kernels.h"

namespace unroll {

namespace {

using Kind = Node::Kind;
using Phase = Node::Phase;

/// Where a node's values, adjoints and packed weights stand.
struct Place {
    Size columns;   ///< widths of all nodes before it
    Size states;    ///< widths of the state nodes among them: their blocks have B rows more
    Size prepared;  ///< products: elements of Forward::prepared before it
};

template <class Real>
void copy_columns(const Real* x, Size x_stride, Real* y, Size y_stride, Size width, Size rows) {
    for (Size r = 0; r < rows; ++r) std::copy_n(x + r * x_stride, width, y + r * y_stride);
}

template <class Real>
void add_columns(const Real* x, Size x_stride, Real* y, Size y_stride, Size width, Size rows) {
    for (Size r = 0; r < rows; ++r)
        for (Size j = 0; j < width; ++j) y[r * y_stride + j] += x[r * x_stride + j];
}

/// One call of forward or backward.
template <class Real>
class Execution {
public:
    Execution(const Equations::Graph& graph, const std::vector<Place>& places, const Forward<Real>& call)
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
    const Real* weights(const Node& node) const { return call_.weights + node.weights; }

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
        const Node& node = graph_.nodes[n];
        if (node.kind == Kind::input || node.kind == Kind::state) return;
        const Size columns = node.width, count = rows * columns;
        const Real* a = value(node.operands[0], row);
        const Real number = static_cast<Real>(node.number);
        Real* y = target(n, row);
        switch (node.kind) {
            case Kind::input:
            case Kind::state:
                break;
            case Kind::add: {
                const Real* b = value(node.operands[1], row);
                for (Size i = 0; i < count; ++i) y[i] = a[i] + b[i];
                break;
            }
            case Kind::subtract: {
                const Real* b = value(node.operands[1], row);
                for (Size i = 0; i < count; ++i) y[i] = a[i] - b[i];
                break;
            }
            case Kind::multiply:
                multiply(a, value(node.operands[1], row), y, count, Into::overwrite);
                break;
            case Kind::shift:
                for (Size i = 0; i < count; ++i) y[i] = a[i] + number;
                break;
            case Kind::scale:
                for (Size i = 0; i < count; ++i) y[i] = a[i] * number;
                break;
            case Kind::sigmoid:
                sigmoid(a, y, count);
                break;
            case Kind::tanh:
                tanh(a, y, count);
                break;
            case Kind::relu:
                relu(a, y, count);
                break;
            case Kind::gelu:
                gelu(a, y, count);
                break;
            case Kind::exp:
                exp(a, y, count);
                break;
            case Kind::softmax:
                softmax(a, y, rows, columns);
                break;
            case Kind::slice:
                copy_columns(a + node.first, width(node.operands[0]), y, columns, columns, rows);
                break;
            case Kind::concatenate:
                for (const Size part : node.operands) {
                    copy_columns(value(part, row), width(part), y, columns, width(part), rows);
                    y += width(part);
                }
                break;
            case Kind::product: {
                const Size inputs = width(node.operands[0]);
                const Packed<Real> packed{call_.prepared + places_[n].prepared, inputs, columns};
                gemm(Matrix<const Real>(a, rows, inputs), packed, Matrix<Real>(y, rows, columns), Into::overwrite);
                break;
            }
            case Kind::plus:
                std::copy_n(a, count, y);
                add_bias(weights(node), y, rows, columns);
                break;
            case Kind::times:
                for (Size r = 0; r < rows; ++r)
                    multiply(a + r * columns, weights(node), y + r * columns, columns, Into::overwrite);
                break;
        }
    }

    /// Adds to the adjoints of the node's operands.
    void differentiate(Size n, Size row, Size rows) {
        const Node& node = graph_.nodes[n];
        if (node.kind == Kind::input || node.kind == Kind::state) return;
        const Size columns = node.width, count = rows * columns;
        const Real* y = value(n, row);
        const Real* dy = adjoint(n, row);
        if (node.kind == Kind::concatenate) {
            for (const Size part : node.operands) {
                if (Real* dpart = adjoint(part, row)) add_columns(dy, columns, dpart, width(part), width(part), rows);
                dy += width(part);
            }
            return;
        }
        const Real* a = value(node.operands[0], row);
        Real* da = adjoint(node.operands[0], row);
        Real* db = node.operands.size() > 1 ? adjoint(node.operands[1], row) : nullptr;
        if (node.kind == Kind::multiply && db) multiply(dy, a, db, count, Into::add);
        if ((node.kind == Kind::add || node.kind == Kind::subtract) && db)
            axpy(node.kind == Kind::add ? Real{1} : Real{-1}, dy, db, count);
        if (!da) return;
        switch (node.kind) {
            case Kind::input:
            case Kind::state:
            case Kind::concatenate:
                break;
            case Kind::add:
            case Kind::subtract:
            case Kind::shift:
            case Kind::plus:
                axpy(Real{1}, dy, da, count);
                break;
            case Kind::multiply:
                multiply(dy, value(node.operands[1], row), da, count, Into::add);
                break;
            case Kind::scale:
                axpy(static_cast<Real>(node.number), dy, da, count);
                break;
            case Kind::sigmoid:
                sigmoid_backward(y, dy, scratch_, count);
                axpy(Real{1}, scratch_, da, count);
                break;
            case Kind::tanh:
                tanh_backward(y, dy, scratch_, count);
                axpy(Real{1}, scratch_, da, count);
                break;
            case Kind::relu:
                relu_backward(y, dy, scratch_, count);
                axpy(Real{1}, scratch_, da, count);
                break;
            case Kind::gelu:
                gelu_backward(a, dy, scratch_, count);
                axpy(Real{1}, scratch_, da, count);
                break;
            case Kind::exp:
                multiply(dy, y, da, count, Into::add);
                break;
            case Kind::softmax:
                softmax_backward(y, dy, scratch_, rows, columns);
                axpy(Real{1}, scratch_, da, count);
                break;
            case Kind::slice:
                add_columns(dy, columns, da + node.first, width(node.operands[0]), columns, rows);
                break;
            case Kind::product: {
                const Size inputs = width(node.operands[0]);
                const Real* packed_weights = call_.prepared + places_[n].prepared + packed_size(inputs, columns);
                gemm(Matrix<const Real>(dy, rows, columns), Packed<Real>{packed_weights, columns, inputs},
                     Matrix<Real>(da, rows, inputs), Into::add);
                break;
            }
            case Kind::times:
                for (Size r = 0; r < rows; ++r)
                    multiply(dy + r * columns, weights(node), da + r * columns, columns, Into::add);
                break;
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
    const std::vector<Place>& places_;
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
            places_.push_back({columns_, state_columns_, prepared_});
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
    std::vector<Place> places_;
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
