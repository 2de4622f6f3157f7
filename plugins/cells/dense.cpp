// A dense layer, without memory: every step by itself.
//
//     y_t = f(W x_t + b)        f = linear, relu, tanh, sigmoid or gelu
//
// x (T, B, D), y (T, B, H); weight (H, D), bias (H); no state.
// Memory: gelu saves T·B·H, what f is applied to; the others nothing, since f' follows from y. Backward's
// workspace holds T·B·H.
#include <algorithm>
#include <string>

#include "common/input_projection.h"
#include "common/pieces.h"
#include "common/recurrent.h"
#include "unroll/kernels.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::cells;

enum class Nonlinearity { linear, relu, tanh, sigmoid, gelu };

Nonlinearity nonlinearity(const std::string& name) {
    if (name == "relu") return Nonlinearity::relu;
    if (name == "tanh") return Nonlinearity::tanh;
    if (name == "sigmoid") return Nonlinearity::sigmoid;
    if (name == "gelu") return Nonlinearity::gelu;
    return Nonlinearity::linear;
}

template <class Real>
class Dense final : public Cell<Real> {
public:
    Dense(const CellSpec& spec, const Options& options)
        : H(spec.hidden), nonlinearity_(nonlinearity(options.text("activation"))) {
        CellLayout& layout = this->layout_;
        input_ = {spec, H, layout.add({"weight", {H, spec.input}, Weight::Role::input, spec.input})};
        bias_ = layout.add({"bias", {H}, Weight::Role::bias, spec.input});
        layout.output = H;
        layout.takes_tokens = true;
    }

    Size saved_size(Size T, Size B) const override { return nonlinearity_ == Nonlinearity::gelu ? T * B * H : 0; }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return input_.prepared_size(); }

    void prepare(const Real* weights, Real* to) const override { input_.prepare(weights, to, weights + bias_); }

    void forward(const Forward<Real>& call) const override {
        Real* sums = nonlinearity_ == Nonlinearity::gelu ? call.saved : call.y;
        input_.project(call, call.prepared, 0, call.T, sums);
        for_each_sequence(call.T * call.B, H, [&](Size row) {
            Real* x = sums + row * H;
            Real* y = call.y + row * H;
            if (!valid(call, row / call.B, row % call.B)) {
                std::fill_n(y, H, Real{0});
                return;
            }
            if (call.x.values) add_bias(call.weights + bias_, x, 1, H);
            switch (nonlinearity_) {
                case Nonlinearity::linear:
                    break;
                case Nonlinearity::relu:
                    relu(x, y, H);
                    break;
                case Nonlinearity::tanh:
                    tanh(x, y, H);
                    break;
                case Nonlinearity::sigmoid:
                    sigmoid(x, y, H);
                    break;
                case Nonlinearity::gelu:
                    gelu(x, y, H);
                    break;
            }
        });
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Workspace work(*this, call.T, call.B, gradients.workspace);
        for_each_sequence(call.T * call.B, H, [&](Size row) {
            const Real* y = call.y + row * H;
            const Real* dy = gradients.dy + row * H;
            Real* dsum = work.dsums + row * H;
            if (!valid(call, row / call.B, row % call.B)) {
                std::fill_n(dsum, H, Real{0});
                return;
            }
            switch (nonlinearity_) {
                case Nonlinearity::linear:
                    std::copy_n(dy, H, dsum);
                    break;
                case Nonlinearity::relu:
                    relu_backward(y, dy, dsum, H);
                    break;
                case Nonlinearity::tanh:
                    tanh_backward(y, dy, dsum, H);
                    break;
                case Nonlinearity::sigmoid:
                    sigmoid_backward(y, dy, dsum, H);
                    break;
                case Nonlinearity::gelu:
                    gelu_backward(call.saved + row * H, dy, dsum, H);
                    break;
            }
        });
        input_.backward(call, gradients, work.dsums, gradients.dweights ? gradients.dweights + bias_ : nullptr,
                        work.input);
    }

private:
    struct Workspace : Pieces<Real> {
        Real* dsums;  ///< (T, B, H), the gradient of what f is applied to
        Real* input;

        Workspace(const Dense& cell, Size T, Size B, Real* base = nullptr)
            : Pieces<Real>(base), dsums(this->take(T * B * cell.H)), input(this->take(cell.input_.workspace_size())) {}
    };

    Size H;
    Nonlinearity nonlinearity_;
    InputProjection<Real> input_;
    Size bias_;
};

constexpr Option options[] = {
    Option::choice("activation", "\"linear\"", "linear|relu|tanh|sigmoid|gelu", "what is applied to the sum"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::cell_plugin<Dense>("dense", 1, "a layer without memory", options);
