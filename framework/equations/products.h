// The weight matrices of a cell of equations: packed or looked up, and their products there and back.
#pragma once

#include <vector>

#include "equations/graph.h"
#include "equations/schedule.h"
#include "unroll/layers/input_projection.h"

namespace unroll {

/// Nodes are those of kind `product` and `lookup`: y = x Wᵀ + b, W (width, inputs), b perhaps absent. Where all that
/// uses the cell's input are such nodes, it may come as tokens. Immutable; any number of threads may use it.
template <class Real>
class Products {
public:
    Products(const Equations::Graph& graph, const Schedule& schedule);

    bool take_tokens() const { return take_tokens_; }

    /// To be called from Cell::prepare.
    Size prepared_size() const { return prepared_size_; }
    void prepare(const Real* weights, Real* prepared) const;

    /// y (rows, width), of the rows [first, first + rows) of all T·B, is overwritten by x Wᵀ + b. With tokens x is
    /// null where it is the cell's input.
    void forward(Size n, const Forward<Real>& call, const Real* x, Size first, Size rows, Real* y) const;
    /// dx = or += dy W.
    void backward_input(Size n, const Forward<Real>& call, const Real* dy, Size rows, Real* dx, Into into) const;
    /// dW += dyᵀ x, db += the sum of dy's rows; `dweights` are those of the whole cell.
    void backward_weights(Size n, const Forward<Real>& call, const Real* x, const Real* dy, Size rows, Real* dweights,
                          Real* workspace) const;
    Size workspace_size() const { return workspace_size_; }  ///< of backward_weights

private:
    struct Product {
        layers::InputProjection<Real> projection;  ///< of the cell's input
        Size forward = 0, backward = 0;            ///< where Wᵀ, or the projection's own, and W begin in `prepared`
    };

    Size inputs(Size n) const { return graph_.nodes[graph_.nodes[n].operands[0]].width; }
    bool reads_input(Size n) const { return take_tokens_ && graph_.nodes[n].operands[0] == graph_.input; }
    Size take(Size size);
    template <class Body>
    void for_each(Body&& body) const;

    const Equations::Graph& graph_;
    const Schedule& schedule_;
    bool take_tokens_ = false;
    std::vector<Product> products_;  ///< of each node
    Size prepared_size_ = 0, workspace_size_ = 0;
};

}  // namespace unroll
