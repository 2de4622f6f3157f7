// A residual block of a temporal convolutional network (Bai, Kolter and Koltun 2018, arXiv 1803.01271), as in the
// article's code: layers are blocks, each of which looks further back.
//
//     u_t = dropout(relu(b_1 + Σ_k W_1,k x_{t-(K-1-k) d})),  v_t likewise of u;  W = g v / ‖v‖ with weight_norm
//     y_t = relu(v_t + x_t),  or W_d x_t + b_d in place of x_t where D ≠ H;  K taps, d = dilation^layer
//
// x (T, B, D), y (T, B, H). Weights, named and laid out as the article's code has them: conv1.weight_g (H) and
// conv1.weight_v (H, D, K), or conv1.weight alone; conv1.bias; the same of conv2, (H, H, K); downsample.weight (H, D)
// and downsample.bias. In that code g starts at ‖v‖, and N(0, 0.01) reaches only what has no weight norm: here g starts
// at 1/√3, which is ‖v‖ under the uniform initializer but for chance, and the others from N(0, 0.01).
// State: the last (K-1)·d of x (D each) and of u (H each). A block sees 2 (K-1) d steps back.
// Memory: saved are x and u with what came before them, and v: (T + (K-1) d)·B·(D + H) + T·B·H; the workspace of
// backward has as much, and W's gradients.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "unroll/error.h"
#include "unroll/kernels.h"
#include "unroll/layers.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::layers;

/// A causal dilated convolution over time, and relu. Its arrays of inputs are (S + T, B, inputs): the S steps before
/// the call's, then the call's. `weights` and `dweights` are those of the whole cell.
template <class Real>
class Convolution {
public:
    struct Declared {
        std::string name;
        Size inputs, outputs, taps, dilation;
        bool weight_norm;
    };
    Convolution() = default;
    Convolution(CellLayout& layout, const Declared& declared)
        : D(declared.inputs),
          H(declared.outputs),
          K(declared.taps),
          dilation_(declared.dilation),
          normed_(declared.weight_norm) {
        const std::string& name = declared.name;
        if (normed_)
            gain_ = layout.add({.name = name + ".weight_g",
                                .shape = {H},
                                .role = Weight::Role::gain,
                                .start = start::constant(1 / std::sqrt(3.0))});
        weight_ = layout.add({.name = name + (normed_ ? ".weight_v" : ".weight"),
                              .shape = {H, D * K},
                              .role = Weight::Role::input,
                              .fan_in = D * K,
                              .start = normed_ ? nullptr : start::normal(0.01)});
        bias_ = layout.add({.name = name + ".bias", .shape = {H}, .role = Weight::Role::bias, .fan_in = D * K});
        if (before() > 0) state_ = layout.add_state(name, before() * D);
    }

    Size before() const { return (K - 1) * dilation_; }  ///< S
    Size inputs_size(Size T, Size B) const { return (before() + T) * B * D; }

    // What is made of the weights: W as it is kept, and each tap's transpose, packed.
    Size prepared_size() const { return Prepared<Real>(*this).used(); }
    void prepare(const Real* weights, Real* to) const {
        const Prepared<Real> prepared(*this, to);
        for (Size o = 0; o < H; ++o) {
            const Real* v = weights + weight_ + o * D * K;
            const Real factor = normed_ ? weights[gain_ + o] / norm(v) : Real{1};
            for (Size i = 0; i < D * K; ++i) prepared.weight[o * D * K + i] = factor * v[i];
        }
        for (Size k = 0; k < K; ++k)
            pack<Real>(tap(prepared.weight, k).transposed(), prepared.taps + k * packed_size(D, H));
    }

    /// The rows of the state, or zeros, into the first S steps of `inputs`.
    void begin(const Forward<Real>& call, Real* inputs, Size state_size) const {
        for (Size s = 0; s < before(); ++s)
            for (Size b = 0; b < call.B; ++b) {
                Real* row = inputs + (s * call.B + b) * D;
                if (call.state)
                    std::copy_n(call.state + b * state_size + state_ + s * D, D, row);
                else
                    std::fill_n(row, D, Real{0});
            }
    }

    /// y (T, B, H) = relu(b + Σ_k W_k inputs).
    void forward(const Forward<Real>& call, const Real* to, const Real* inputs, Real* y) const {
        const Prepared<const Real> prepared(*this, to);
        const Size rows = call.T * call.B;
        for (Size row = 0; row < rows; ++row) std::copy_n(call.weights + bias_, H, y + row * H);
        for (Size k = 0; k < K; ++k)
            gemm(Matrix<const Real>(inputs + k * dilation_ * call.B * D, rows, D),
                 Packed<Real>{prepared.taps + k * packed_size(D, H), D, H}, Matrix<Real>(y, rows, H), Into::add);
        relu(y, y, rows * H);
    }

    /// This part of next_state: the S steps up to each sequence's length.
    void leave_state(const Forward<Real>& call, const Real* inputs, Size state_size) const {
        for (Size b = 0; call.next_state && b < call.B; ++b)
            for (Size s = 0; s < before(); ++s)
                std::copy_n(inputs + ((length(call, b) + s) * call.B + b) * D, D,
                            call.next_state + b * state_size + state_ + s * D);
    }

    /// From dy (T, B, H), which becomes the gradient before relu: dinputs, overwritten, of all S + T steps, with what
    /// dnext_state has of them; and the weights' gradients. `inputs` and `y` are forward's.
    void backward(const Forward<Real>& call, const Backward<Real>& gradients, const Real* to, const Real* inputs,
                  const Real* y, Real* dy, Real* dinputs, Real* dweight, Size state_size) const {
        const Prepared<const Real> prepared(*this, to);
        const Size rows = call.T * call.B;
        relu_backward(y, dy, dy, rows * H);
        std::fill_n(dinputs, inputs_size(call.T, call.B), Real{0});
        for (Size b = 0; gradients.dnext_state && b < call.B; ++b)
            for (Size s = 0; s < before(); ++s)
                std::copy_n(gradients.dnext_state + b * state_size + state_ + s * D, D,
                            dinputs + ((length(call, b) + s) * call.B + b) * D);
        for (Size k = 0; k < K; ++k)
            gemm(Matrix<const Real>(dy, rows, H), tap(prepared.weight, k),
                 Matrix<Real>(dinputs + k * dilation_ * call.B * D, rows, D), Into::add);
        if (gradients.dweights) add_weight_gradients(call, gradients.dweights, inputs, dy, dweight);
    }

    /// This part of dstate, from the first S steps of dinputs.
    void write_dstate(const Forward<Real>& call, const Backward<Real>& gradients, const Real* dinputs,
                      Size state_size) const {
        for (Size b = 0; gradients.dstate && b < call.B; ++b)
            for (Size s = 0; s < before(); ++s)
                std::copy_n(dinputs + (s * call.B + b) * D, D, gradients.dstate + b * state_size + state_ + s * D);
    }

    /// Elements of `dweight`: a gradient of W, each tap by itself.
    Size weight_size() const { return K * H * D; }

private:
    template <class Element>
    struct Prepared : Slices<Element> {
        Element *weight, *taps;  ///< (H, D, K); K of packed (D, H)
        explicit Prepared(const Convolution& own, Element* base = nullptr)
            : Slices<Element>(base),
              weight(this->take(own.H * own.D * own.K)),
              taps(this->take(own.K * packed_size(own.D, own.H))) {}
    };

    static Size length(const Forward<Real>& call, Size b) { return call.lengths ? call.lengths[b] : call.T; }
    Real norm(const Real* v) const { return static_cast<Real>(std::sqrt(sum_of_squares(v, D * K))); }
    Matrix<const Real> tap(const Real* weight, Size k) const { return {weight + k, H, D, D * K, K}; }

    void add_weight_gradients(const Forward<Real>& call, Real* dweights, const Real* inputs, const Real* dy,
                              Real* dweight) const {
        const Size rows = call.T * call.B;
        add_bias_backward(dy, dweights + bias_, rows, H);
        for (Size k = 0; k < K; ++k)
            gemm(Matrix<const Real>(dy, rows, H).transposed(),
                 Matrix<const Real>(inputs + k * dilation_ * call.B * D, rows, D),
                 Matrix<Real>(dweight + k * H * D, H, D), Into::overwrite);
        for (Size o = 0; o < H; ++o) {
            const auto of_weight = [&](Size i) { return dweight[(i % K * H + o) * D + i / K]; };
            Real* to = dweights + weight_ + o * D * K;
            if (!normed_) {
                for (Size i = 0; i < D * K; ++i) to[i] += of_weight(i);
                continue;
            }
            // W = g v / ‖v‖: dg = dW·v / ‖v‖, dv = g / ‖v‖ (dW - dg v / ‖v‖)
            const Real* v = call.weights + weight_ + o * D * K;
            const Real size = norm(v), gain = call.weights[gain_ + o];
            Real along = 0;
            for (Size i = 0; i < D * K; ++i) along += of_weight(i) * v[i];
            const Real dgain = along / size;
            dweights[gain_ + o] += dgain;
            for (Size i = 0; i < D * K; ++i) to[i] += gain / size * (of_weight(i) - dgain * v[i] / size);
        }
    }

    Size D = 0, H = 0, K = 1, dilation_ = 1;
    bool normed_ = false;
    Size gain_ = 0, weight_ = 0, bias_ = 0, state_ = 0;
};

template <class Real>
class Tcn final : public Cell<Real> {
public:
    Tcn(const CellSpec& spec, const Options& options) : D(spec.input), H(spec.hidden), dropout_(spec.dropout) {
        const auto taps = static_cast<Size>(options.integer("kernel_size"));
        const Size dilation = dilation_of(spec, static_cast<Size>(options.integer("dilation")), taps);
        const bool weight_norm = options.boolean("weight_norm");
        CellLayout& layout = this->layout_;
        first_ = {layout, {"conv1", D, H, taps, dilation, weight_norm}};
        second_ = {layout, {"conv2", H, H, taps, dilation, weight_norm}};
        if (D != H) {
            const Size weight = layout.add({.name = "downsample.weight",
                                            .shape = {H, D},
                                            .role = Weight::Role::input,
                                            .fan_in = D,
                                            .start = start::normal(0.01)});
            downsample_ = Linear<Real>(D, H, weight, layout.add({"downsample.bias", {H}, Weight::Role::bias, D}));
        }
        layout.output = H;
        layout.applies_dropout = true;
    }

    Size saved_size(Size T, Size B) const override { return Saved(*this, T, B).used(); }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return Prepared<Real>(*this).used(); }
    void prepare(const Real* weights, Real* to) const override {
        const Prepared<Real> prepared(*this, to);
        first_.prepare(weights, prepared.first);
        second_.prepare(weights, prepared.second);
        if (downsample_) downsample_->prepare(weights, prepared.downsample);
    }

    void forward(const Forward<Real>& call) const override {
        const Size rows = call.T * call.B, size = this->layout_.state_size();
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, call.T, call.B, call.saved);
        Real *x = saved.x + first_.before() * call.B * D, *u = saved.u + second_.before() * call.B * H;
        const Dropout first(Dropout(call, dropout_).part(0)), second(Dropout(call, dropout_).part(1));

        first_.begin(call, saved.x, size);
        second_.begin(call, saved.u, size);
        std::copy_n(call.x.values, rows * D, x);
        first_.forward(call, prepared.first, saved.x, u);
        if (first) first.apply(u, u, rows * H);
        second_.forward(call, prepared.second, saved.u, saved.v);
        if (second) second.apply(saved.v, saved.v, rows * H);
        if (downsample_) {
            downsample_->forward(call.weights, prepared.downsample, x, rows, call.y);
            add(saved.v, call.y, call.y, rows * H);
        } else {
            add(saved.v, x, call.y, rows * H);
        }
        relu(call.y, call.y, rows * H);
        clear_padding(call, call.y, H);
        first_.leave_state(call, saved.x, size);
        second_.leave_state(call, saved.u, size);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Size rows = call.T * call.B, size = this->layout_.state_size();
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, call.T, call.B, call.saved);
        const Workspace work(*this, call.T, call.B, gradients.workspace);
        const Real* u = saved.u + second_.before() * call.B * H;
        Real *dx = work.dx + first_.before() * call.B * D, *du = work.du + second_.before() * call.B * H;
        const Dropout first(Dropout(call, dropout_).part(0)), second(Dropout(call, dropout_).part(1));

        std::copy_n(gradients.dy, rows * H, work.dy);
        clear_padding(call, work.dy, H);
        relu_backward(call.y, work.dy, work.dy, rows * H);
        std::copy_n(work.dy, rows * H, work.dv);
        if (second) second.apply(work.dv, work.dv, rows * H);
        second_.backward(call, gradients, prepared.second, saved.u, saved.v, work.dv, work.du, work.dweight, size);
        second_.write_dstate(call, gradients, work.du, size);
        if (first) first.apply(du, du, rows * H);
        first_.backward(call, gradients, prepared.first, saved.x, u, du, work.dx, work.dweight, size);
        first_.write_dstate(call, gradients, work.dx, size);

        if (downsample_) {
            const Real* x = saved.x + first_.before() * call.B * D;
            downsample_->backward_weights(x, work.dy, rows, gradients.dweights);
            if (gradients.dx) downsample_->backward_input(call.weights, work.dy, rows, dx, Into::add);
        } else {
            add(dx, work.dy, dx, rows * H);
        }
        if (!gradients.dx) return;
        std::copy_n(dx, rows * D, gradients.dx);
        clear_padding(call, gradients.dx, D);
    }

private:
    /// base^layer; throws Error where a state of so many steps could not be kept.
    static Size dilation_of(const CellSpec& spec, Size base, Size taps) {
        constexpr Size most = Size{1} << 24;
        Size dilation = 1;
        for (Size layer = 0; layer < spec.layer; ++layer)
            if ((dilation *= base) * std::max<Size>(1, taps - 1) > most)
                throw Error({"dilation",
                             std::to_string(base) + " to the power " + std::to_string(spec.layer) + " in layer " +
                                 std::to_string(spec.layer + 1),
                             "at most " + std::to_string(most) + " steps between a kernel's first and last tap",
                             "lower dilation, kernel_size or layers"});
        return dilation;
    }

    template <class Element>
    struct Prepared : Slices<Element> {
        Element *first, *second, *downsample;
        explicit Prepared(const Tcn& cell, Element* base = nullptr)
            : Slices<Element>(base),
              first(this->take(cell.first_.prepared_size())),
              second(this->take(cell.second_.prepared_size())),
              downsample(this->take(cell.downsample_ ? cell.downsample_->prepared_size() : 0)) {}
    };
    struct Saved : Slices<Real> {
        Real *x, *u, *v;  ///< with the steps before; u and v after dropout
        Saved(const Tcn& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              x(this->take(cell.first_.inputs_size(T, B))),
              u(this->take(cell.second_.inputs_size(T, B))),
              v(this->take(T * B * cell.H)) {}
    };
    struct Workspace : Slices<Real> {
        Real *dx, *du, *dv, *dy, *dweight;
        Workspace(const Tcn& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              dx(this->take(cell.first_.inputs_size(T, B))),
              du(this->take(cell.second_.inputs_size(T, B))),
              dv(this->take(T * B * cell.H)),
              dy(this->take(T * B * cell.H)),
              dweight(this->take(std::max(cell.first_.weight_size(), cell.second_.weight_size()))) {}
    };

    Size D, H;
    double dropout_;
    Convolution<Real> first_, second_;
    std::optional<Linear<Real>> downsample_;
};

constexpr Option options[] = {
    Option::integer("kernel_size", "2", 1, 1024, "taps of each convolution"),
    Option::integer("dilation", "2", 1, 64, "steps between taps in layer l, from 0: this number to the power of l"),
    Option::boolean("weight_norm", "true", "weight normalization of the convolutions"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::cell_plugin<Tcn>("tcn", 1, "a block of a temporal convolutional network", options);
