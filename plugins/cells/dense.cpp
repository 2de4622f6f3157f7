// A dense layer, without memory: every step by itself.
//
//     y_t = f(W x_t + b)        f = linear, relu, tanh, sigmoid or gelu
//
// x (T, B, D), y (T, B, H); weight (H, D), bias (H); no state.
// Memory: gelu saves T·B·H, what f is applied to; the others nothing, since f' follows from y. Backward's
// workspace holds T·B·H.
#include <algorithm>
#include <string>

#include "unroll/kernels.h"
#include "unroll/layers.h"
#include "unroll/parallel.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::layers;

/// A function of n values, and dx = dy f' from x or y = f(x), whichever it needs.
template <class Real>
struct Nonlinearity {
    const char* name;
    void (*forward)(const Real* x, Real* y, Size n);
    void (*backward)(const Real* x_or_y, const Real* dy, Real* dx, Size n);
};

template <class Real>
constexpr Nonlinearity<Real> nonlinearities[] = {
    {.name = "relu", .forward = &relu<Real>, .backward = &relu_backward<Real>},
    {.name = "tanh", .forward = &tanh<Real>, .backward = &tanh_backward<Real>},
    {.name = "sigmoid", .forward = &sigmoid<Real>, .backward = &sigmoid_backward<Real>},
    {.name = "gelu", .forward = &gelu<Real>, .backward = &gelu_backward<Real>},
};

template <class Real>
class Dense final : public Cell<Real> {
public:
    Dense(const CellSpec& spec, const Options& options)
        : H(spec.hidden), keeps_sums_(options.text("activation") == "gelu") {
        for (const Nonlinearity<Real>& candidate : nonlinearities<Real>)
            if (options.text("activation") == candidate.name) activation_ = candidate;
        CellLayout& layout = this->layout_;
        input_ = {spec, H, layout.add({"weight", {H, spec.input}, Weight::Role::input, spec.input})};
        bias_ = layout.add({"bias", {H}, Weight::Role::bias, spec.input});
        layout.output = H;
        layout.takes_tokens = true;
    }

    Size saved_size(Size T, Size B) const override { return keeps_sums_ ? T * B * H : 0; }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return input_.prepared_size(); }

    void prepare(const Real* weights, Real* to) const override { input_.prepare(weights, to, weights + bias_); }

    void forward(const Forward<Real>& call) const override {
        Real* sums = keeps_sums_ ? call.saved : call.y;
        input_.project(call, call.prepared, 0, call.T, sums);
        for_each_block(call.T * call.B, [&](Size first, Size rows) {
            if (call.x.values) add_bias(call.weights + bias_, sums + first * H, rows, H);
            if (activation_.forward) activation_.forward(sums + first * H, call.y + first * H, rows * H);
        });
        clear_padding(call, call.y, H);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Workspace work(*this, call.T, call.B, gradients.workspace);
        const Real* kept = keeps_sums_ ? call.saved : call.y;
        for_each_block(call.T * call.B, [&](Size first, Size rows) {
            const Size at = first * H, n = rows * H;
            if (activation_.backward)
                activation_.backward(kept + at, gradients.dy + at, work.dsums + at, n);
            else
                std::copy_n(gradients.dy + at, n, work.dsums + at);
        });
        clear_padding(call, work.dsums, H);
        input_.backward(call, gradients, work.dsums, gradients.dweights ? gradients.dweights + bias_ : nullptr,
                        work.input);
    }

private:
    struct Workspace : Slices<Real> {
        Real* dsums;  ///< (T, B, H), the gradient of what f is applied to
        Real* input;

        Workspace(const Dense& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base), dsums(this->take(T * B * cell.H)), input(this->take(cell.input_.workspace_size())) {}
    };

    /// Calls body(first row, rows) for blocks that stay in the first cache from one function to the next; on idle cores
    /// too.
    template <class Body>
    void for_each_block(Size rows, Body&& body) const {
        const Size block = 1 + 4096 / H;
        parallel_for(rows, 1 + 16384 / H, [&](Size first, Size last) {
            for (Size row = first; row < last; row += block) body(row, std::min(block, last - row));
        });
    }

    Size H;
    Nonlinearity<Real> activation_{};  ///< no functions: linear
    bool keeps_sums_;                  ///< backward needs what f is applied to
    InputProjection<Real> input_;
    Size bias_;
};

constexpr Option options[] = {
    Option::choice("activation", "\"linear\"", "linear|relu|tanh|sigmoid|gelu", "activation function"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::cell_plugin<Dense>("dense", 1, "fully connected (linear) layer at every step, without state", options);
