// Memories of a cell of equations.
#include "equations/memories.h"

#include <algorithm>

namespace unroll {

using Kind = Node::Kind;

template <class Real>
Memories<Real>::Memories(const Equations::Graph& graph, const Schedule& schedule) : graph_(graph), schedule_(schedule) {
    for_each([&](Size node) {
        const Shape of = shape(node);
        workspace_size_ = std::max(workspace_size_, matrix_scan_workspace(of.heads, of.n, of.m));
    });
}

template <class Real>
template <class Body>
void Memories<Real>::for_each(Body&& body) const {
    for (Size n = 0; n < graph_.nodes.size(); ++n)
        if (graph_.nodes[n].kind == Kind::memory && schedule_.plans[n].values != Plan::Values::none) body(n);
}

template <class Real>
auto Memories<Real>::shape(Size n) const -> Shape {
    const Node& node = graph_.nodes[n];
    return {node.heads, graph_.nodes[node.operands[0]].width / node.heads, node.width / node.heads};
}

template <class Real>
double Memories<Real>::elements(Size n) const {
    const Shape of = shape(n);
    const double uses = graph_.nodes[n].strength == Node::none ? 2 : 3;  // k uᵀ, S'ᵀ q, S̄ᵀ k
    return uses * double(of.heads) * double(of.n) * double(of.m);
}

template <class Real>
Size Memories<Real>::kept_size(Size T, Size B) const {
    Size size = 0;
    for_each([&](Size n) { size += matrix_scan_kept(T, B, shape(n).heads, shape(n).n, shape(n).m); });
    return size;
}

template <class Real>
MatrixScan<Real> Memories<Real>::scan(Size n, const Forward<Real>& call, const Values& values, Real* kept,
                                      Real* workspace) const {
    const Node& node = graph_.nodes[n];
    const Shape of = shape(n);
    MatrixScan<Real> scan;
    scan.time = {call.T, call.B, call.lengths};
    scan.heads = of.heads, scan.n = of.n, scan.m = of.m;
    scan.q = values[0], scan.k = values[1], scan.v = values[2];
    if (node.decay != Node::none) {
        scan.a = values[node.decay];
        const bool of_heads = graph_.nodes[node.operands[node.decay]].width == of.heads;
        scan.decay = of_heads ? MatrixDecay::head : MatrixDecay::row;
    }
    if (node.strength != Node::none) scan.beta = values[node.strength];
    scan.workspace = workspace;
    for_each([&](Size before) {
        if (before < n) kept += matrix_scan_kept(call.T, call.B, shape(before).heads, shape(before).n, shape(before).m);
    });
    scan.kept = kept;
    return scan;
}

template <class Real>
void Memories<Real>::forward(Size n, const Forward<Real>& call, const Values& values, Real* kept, Real* workspace,
                             Real* y) const {
    const Size place = graph_.nodes[n].first, stride = graph_.layout.state_size();
    MatrixScan<Real> made = scan(n, call, values, kept, workspace);
    if (call.state) made.S_before = {call.state + place, stride};
    if (call.next_state) made.S_after = {call.next_state + place, stride};
    made.o = y;
    matrix_scan(made);
}

template <class Real>
void Memories<Real>::backward(Size n, const Forward<Real>& call, const Values& values, Real* kept, Real* workspace,
                              const Real* dy, const Gradients& gradients, Real* carried) const {
    const Node& node = graph_.nodes[n];
    const MatrixScan<Real> made = scan(n, call, values, kept, workspace);
    MatrixScanBackward<Real> back;
    back.forward = &made;
    back.d_o = dy;
    back.dq = gradients[0], back.dk = gradients[1], back.dv = gradients[2];
    if (node.decay != Node::none) back.da = gradients[node.decay];
    if (node.strength != Node::none) back.dbeta = gradients[node.strength];
    back.dS_before = {carried + node.first, graph_.layout.state_size()};
    back.dS_after = back.dS_before;
    back.workspace = workspace;
    matrix_scan_backward(back);
}

template class Memories<float>;
template class Memories<double>;

}  // namespace unroll
