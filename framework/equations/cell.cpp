// A cell of equations: a recorded graph, its schedule, and a call's execution of it.
#include "equations/execution.h"
#include "equations/graph.h"
#include "equations/memories.h"
#include "equations/products.h"
#include "equations/schedule.h"

namespace unroll {

namespace {

template <class Real>
class EquationsCell final : public Cell<Real> {
public:
    EquationsCell(void (*record)(Equations&), const CellSpec& spec, const Options& options)
        : equations_(spec, options),
          schedule_(recorded(equations_, record)),
          products_(graph(), schedule_),
          memories_(graph(), schedule_) {
        this->layout_ = graph().layout;
        this->layout_.takes_tokens = products_.take_tokens();
        for (const Node& node : graph().nodes) operations_.push_back(Operations<Real>::of(node.kind));
    }

    Size saved_size(Size T, Size B) const override { return extents(T, B).saved() + memories_.kept_size(T, B); }
    Size workspace_size(Size T, Size B) const override {
        return extents(T, B).workspace() + products_.workspace_size() + memories_.workspace_size();
    }
    Size prepared_size() const override { return products_.prepared_size(); }

    void prepare(const Real* weights, Real* prepared) const override { products_.prepare(weights, prepared); }

    /// Those of the matrices, and of what is done with matrices that are no weights.
    double flops(Size T, Size B) const override {
        double elements = 0;
        for (Size n = 0; n < graph().nodes.size(); ++n) {
            const Node& node = graph().nodes[n];
            if (schedule_.plans[n].values == Plan::Values::none) continue;
            if (node.kind == Node::Kind::memory) elements += memories_.elements(n);
            if (node.kind == Node::Kind::outer) elements += double(node.width);
            if (node.kind == Node::Kind::contract) elements += double(graph().nodes[node.operands[1]].width);
            if (node.kind == Node::Kind::contract_columns) elements += double(graph().nodes[node.operands[0]].width);
        }
        return this->layout_.product_flops(T, B) + 6 * double(T) * double(B) * elements;
    }

    void forward(const Forward<Real>& call) const override {
        Execution<Real>(graph(), schedule_, operations_, products_, memories_, call).forward();
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        Execution<Real>(graph(), schedule_, operations_, products_, memories_, call).backward(gradients);
    }

private:
    static const Equations::Graph& recorded(Equations& equations, void (*record)(Equations&)) {
        record(equations);
        EquationsAccess::graph(equations).finish();
        return EquationsAccess::graph(equations);
    }

    const Equations::Graph& graph() const { return EquationsAccess::graph(equations_); }
    Extents extents(Size T, Size B) const { return {graph(), schedule_, T, B}; }

    Equations equations_;
    Schedule schedule_;
    Products<Real> products_;
    Memories<Real> memories_;
    std::vector<Operation<Real>> operations_;
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
