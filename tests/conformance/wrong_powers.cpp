// Conformance finds faults in the powers that a cell may have: tokens, dropout, a source, looking ahead. One small
// cell, y = dropout(W x + V mean(source)), right or wrong in one way at a time.
#include <algorithm>

#include "catch.h"
#include "conformance/conformance.h"
#include "unroll/kernels.h"

using namespace unroll;

namespace {

enum class Fault {
    none,
    wrong_row_of_token,
    wrong_dsource,
    overwrites_dsource,
    reads_source_past_length,
    drops_in_evaluation,
    drops_the_same_always,
    forgets_dropout_in_backward,
    not_causal_undeclared,
    not_causal,
};

template <class Real, Fault fault>
class Mixer final : public Cell<Real> {
public:
    Mixer(const CellSpec& spec, const Options&) : D(spec.input), H(spec.hidden), M(spec.source), drop_(spec.dropout) {
        CellLayout& layout = this->layout_;
        layout.add({"weight_x", {H, D}, Weight::Role::input, D});
        if (M > 0) layout.add({"weight_memory", {H, M}, Weight::Role::input, M});
        layout.output = H;
        layout.takes_tokens = layout.applies_dropout = true;
        layout.cross_attends = M > 0;
        layout.causal = fault != Fault::not_causal;
    }

    Size saved_size(Size, Size) const override { return 0; }
    Size workspace_size(Size T, Size B) const override { return T * B * H; }

    void forward(const Forward<Real>& call) const override {
        std::fill_n(call.y, call.T * call.B * H, Real{0});
        for_each_step(call, [&](Size t, Size b) {
            Real* y = call.y + (t * call.B + b) * H;
            // Looking ahead: the last valid step's x stands for every x.
            const Size row = ahead ? (length_of(call, b) - 1) * call.B + b : t * call.B + b;
            for (Size j = 0; j < H; ++j) {
                for (Size i = 0; i < D; ++i) y[j] += call.weights[j * D + i] * x(call, row, i);
                for (Size m = 0; m < M; ++m) y[j] += call.weights[H * D + j * M + m] * mean(call, b, m);
            }
        });
        mask(call, call.y, call.y);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        Real* dy = gradients.workspace;
        std::copy_n(gradients.dy, call.T * call.B * H, dy);
        if (fault != Fault::forgets_dropout_in_backward) mask(call, dy, dy);
        if (gradients.dx) std::fill_n(gradients.dx, call.T * call.B * D, Real{0});
        if (fault == Fault::overwrites_dsource && gradients.dsource)
            std::fill_n(gradients.dsource, call.source_steps * call.B * M, Real{0});
        for_each_step(call, [&](Size t, Size b) {
            const Real* d = dy + (t * call.B + b) * H;
            const Size row = ahead ? (length_of(call, b) - 1) * call.B + b : t * call.B + b;
            for (Size j = 0; j < H; ++j) {
                for (Size i = 0; i < D; ++i) {
                    if (gradients.dweights) gradients.dweights[j * D + i] += d[j] * x(call, row, i);
                    if (gradients.dx) gradients.dx[row * D + i] += d[j] * call.weights[j * D + i];
                }
                for (Size m = 0; m < M; ++m) {
                    if (gradients.dweights) gradients.dweights[H * D + j * M + m] += d[j] * mean(call, b, m);
                    const Size S = source_length(call, b);
                    if (gradients.dsource)
                        for (Size s = 0; s < S; ++s)
                            gradients.dsource[(s * call.B + b) * M + m] +=
                                d[j] * call.weights[H * D + j * M + m] /
                                static_cast<Real>(fault == Fault::wrong_dsource ? call.source_steps : S);
                }
            }
        });
    }

private:
    static constexpr bool ahead = fault == Fault::not_causal || fault == Fault::not_causal_undeclared;

    static Size length_of(const Forward<Real>& call, Size b) { return call.lengths ? call.lengths[b] : call.T; }
    static Size source_length(const Forward<Real>& call, Size b) {
        return call.source_lengths && fault != Fault::reads_source_past_length ? call.source_lengths[b]
                                                                               : call.source_steps;
    }

    template <class Body>
    static void for_each_step(const Forward<Real>& call, Body body) {
        for (Size b = 0; b < call.B; ++b)
            for (Size t = 0; t < length_of(call, b); ++t) body(t, b);
    }

    Real x(const Forward<Real>& call, Size row, Size i) const {
        if (!call.x.tokens) return call.x.values[row * D + i];
        const Size token = static_cast<Size>(call.x.tokens[row]);
        return (fault == Fault::wrong_row_of_token ? (token + 1) % D : token) == i ? 1 : 0;
    }

    Real mean(const Forward<Real>& call, Size b, Size m) const {
        Real sum = 0;
        for (Size s = 0; s < source_length(call, b); ++s) sum += call.source[(s * call.B + b) * M + m];
        return sum / static_cast<Real>(source_length(call, b));
    }

    void mask(const Forward<Real>& call, const Real* from, Real* to) const {
        if (drop_ == 0 || (!call.dropout && fault != Fault::drops_in_evaluation)) return;
        const bool own = !call.dropout || fault == Fault::drops_the_same_always;
        dropout(from, to, call.T * call.B * H, drop_, own ? RandomStream(1, "always") : *call.dropout);
    }

    Size D, H, M;
    double drop_;
};

// A name of its own in each file: GCC 12 takes equally named member templates of unnamed namespaces for one.
template <Fault fault>
struct MixerWith {
    template <class Real>
    using Cell = Mixer<Real, fault>;
};

template <Fault fault>
conformance::Report report_on() {
    return conformance::check(cell_plugin<MixerWith<fault>::template Cell>("mixer", 1, "a cell for tests"));
}

const conformance::Check* find(const conformance::Report& report, const std::string& name) {
    for (const conformance::Check& check : report.checks)
        if (check.name == name) return &check;
    return nullptr;
}

template <Fault fault>
void finds(const std::string& name) {
    const conformance::Report report = report_on<fault>();
    INFO(to_string(report));
    const conformance::Check* check = find(report, name);
    REQUIRE(check);
    CHECK_FALSE(check->passed);
}

}  // namespace

TEST_CASE("a cell with all powers and no fault conforms") {
    const conformance::Report report = report_on<Fault::none>();
    INFO(to_string(report));
    CHECK(report.passed());
    for (const char* name : {"gradient of the source equals finite differences", "tokens equal one-hot rows",
                             "dropout depends on its stream alone", "evaluation applies no dropout"})
        CHECK(find(report, name));
}

TEST_CASE("conformance finds wrong powers") {
    finds<Fault::wrong_row_of_token>("tokens equal one-hot rows");
    finds<Fault::wrong_dsource>("gradient of the source equals finite differences");
    finds<Fault::overwrites_dsource>("dweights and dsource are added to");
    finds<Fault::reads_source_past_length>("what x, dy and source hold past a length does not matter");
    finds<Fault::drops_in_evaluation>("evaluation applies no dropout");
    finds<Fault::drops_the_same_always>("dropout depends on its stream alone");
    finds<Fault::forgets_dropout_in_backward>("gradient of the weights equals finite differences");
}

TEST_CASE("a cell that looks ahead must say so, and is then not asked for single steps") {
    finds<Fault::not_causal_undeclared>("T steps equal T single steps, double");
    const conformance::Report report = report_on<Fault::not_causal>();
    INFO(to_string(report));
    CHECK(report.passed());
    CHECK_FALSE(find(report, "T steps equal T single steps, double"));
    CHECK(find(report, "gradient of x equals finite differences"));
}
