// Products of a cell of equations.
#include "equations/products.h"

#include <algorithm>

#include "equations/kinds.h"
#include "unroll/kernels.h"

namespace unroll {

using Kind = Node::Kind;

template <class Real>
Products<Real>::Products(const Equations::Graph& graph, const Schedule& schedule)
    : graph_(graph), schedule_(schedule), products_(graph.nodes.size()) {
    if (graph.input != Node::none) {
        take_tokens_ = graph.input != graph.output;
        for (const StateNode& state : graph.states) take_tokens_ &= state.next != graph.input;
        for (Size n = 0; n < graph.nodes.size(); ++n) {
            const std::vector<Size>& operands = graph.nodes[n].operands;
            if (schedule.plans[n].values == Plan::Values::none || is_product(graph.nodes[n])) continue;
            take_tokens_ &= std::find(operands.begin(), operands.end(), graph.input) == operands.end();
        }
    }
    for_each([&](Size n) {
        const Node& node = graph_.nodes[n];
        Product& product = products_[n];
        if (reads_input(n)) {
            product.projection = {graph_.spec, node.width, node.weights};
            product.forward = take(product.projection.prepared_size());
            workspace_size_ = std::max(workspace_size_, product.projection.workspace_size());
            if (node.kind == Kind::lookup) return;
        } else {
            product.forward = take(packed_size(inputs(n), node.width));
        }
        product.backward = take(packed_size(node.width, inputs(n)));
    });
}

template <class Real>
Size Products<Real>::take(Size size) {
    const Size place = prepared_size_;
    prepared_size_ += size;
    return place;
}

/// Calls body(n) for each that somebody needs.
template <class Real>
template <class Body>
void Products<Real>::for_each(Body&& body) const {
    for (Size n = 0; n < graph_.nodes.size(); ++n)
        if (is_product(graph_.nodes[n]) && schedule_.plans[n].values != Plan::Values::none) body(n);
}

template <class Real>
void Products<Real>::prepare(const Real* weights, Real* prepared) const {
    for_each([&](Size n) {
        const Node& node = graph_.nodes[n];
        const Matrix<const Real> matrix(weights + node.weights, node.width, inputs(n));
        if (reads_input(n)) {
            products_[n].projection.prepare(weights, prepared + products_[n].forward,
                                            node.bias == Node::none ? nullptr : weights + node.bias);
            if (node.kind == Kind::lookup) return;
        } else {
            pack(matrix.transposed(), prepared + products_[n].forward);
        }
        pack(matrix, prepared + products_[n].backward);
    });
}

template <class Real>
void Products<Real>::forward(Size n, const Forward<Real>& call, const Real* x, Size first, Size rows, Real* y) const {
    const Node& node = graph_.nodes[n];
    const Real* prepared = call.prepared + products_[n].forward;
    if (reads_input(n)) {
        if (call.x.tokens) {
            const Added<Real> table = products_[n].projection.added(call, prepared, 0);
            gather_rows(table.rows, table.tokens + first, y, rows, node.width, Into::overwrite);
            return;
        }
        prepared = products_[n].projection.packed(prepared);
    }
    constexpr Size most_rows = 256;  // whose results are still in the second cache when the bias comes
    for (Size r = 0; r < rows; r += most_rows) {
        const Size count = std::min(most_rows, rows - r);
        gemm(Matrix<const Real>(x + r * inputs(n), count, inputs(n)), Packed<Real>{prepared, inputs(n), node.width},
             Matrix<Real>(y + r * node.width, count, node.width), Into::overwrite);
        if (node.bias != Node::none) add_bias(call.weights + node.bias, y + r * node.width, count, node.width);
    }
}

template <class Real>
void Products<Real>::backward_input(Size n, const Forward<Real>& call, const Real* dy, Size rows, Real* dx,
                                    Into into) const {
    const Size width = graph_.nodes[n].width;
    gemm(Matrix<const Real>(dy, rows, width), Packed<Real>{call.prepared + products_[n].backward, width, inputs(n)},
         Matrix<Real>(dx, rows, inputs(n)), into);
}

template <class Real>
void Products<Real>::backward_weights(Size n, const Forward<Real>& call, const Real* x, const Real* dy, Size rows,
                                      Real* dweights, Real* workspace) const {
    const Node& node = graph_.nodes[n];
    Real* const dbias = node.bias == Node::none ? nullptr : dweights + node.bias;
    if (reads_input(n) && call.x.tokens) {
        Backward<Real> gradients;
        gradients.dweights = dweights;
        products_[n].projection.backward(call, gradients, dy, dbias, workspace);
        return;
    }
    gemm(Matrix<const Real>(dy, rows, node.width).transposed(), Matrix<const Real>(x, rows, inputs(n)),
         Matrix<Real>(dweights + node.weights, node.width, inputs(n)), Into::add);
    if (dbias) add_bias_backward(dy, dbias, rows, node.width);
}

template class Products<float>;
template class Products<double>;

}  // namespace unroll
