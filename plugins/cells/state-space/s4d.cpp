// Diagonal structured state space (S4D: Gu, Gupta, Goel and Ré 2022, arXiv 2206.11893), each channel by itself.
//
//     s_t = 2 Re Σ_n C_n B̄_n h_n + D u_t,  h_n = Ā_n h_n + u_t,  A_n = -exp(A_real) + i A_imag, n < N / 2
//     zoh: Ā = exp(Δ A), B̄ = (Ā - 1) / A;  bilinear: Ā = (1 + Δ A / 2) / (1 - Δ A / 2), B̄ = Δ / (1 - Δ A / 2)
//     y = W₁ gelu(s) + b₁ times σ(W₂ gelu(s) + b₂)   with final_act glu; none: y = s
//
// u is x, or W_in x + b_in where D_in is not H. A starts as -1/2 + iπn (lin), -1/2 + i N/π (N / (2n + 1) - 1) (inv) or
// -(n + 1) (real); Δ = exp(log_dt) log-uniform from dt_min to dt_max, C at N(0, 1/2) in both parts, D at N(0, 1). As in
// the authors' code log_dt and A are not decayed and learn at a tenth of the rate. B̄ is a factor of what is read, so
// that h is the sum of the inputs alone.
//
// x (T, B, D_in), y (T, B, H); log_dt (H), log_A_real, A_imag, C_re, C_im (H, N/2), D (H), output.weight (2H, H),
// output.bias (2H). State: h (N·H: real parts of all n and channels, then imaginary ones).
// Memory: saved are T·B·3H with glu, H·N·B for every 64 steps, and T·B·H for u where it is not x; backward's workspace
// T·B·5H with glu, else T·B·2H.
#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>

#include "layer_input.h"
#include "unroll/error.h"
#include "unroll/kernels.h"
#include "unroll/layers.h"
#include "unroll/parallel.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::layers;
using state_space::LayerInput;

using Complex = std::complex<double>;

/// Ā and B̄, and their derivatives by A and by Δ.
struct Discrete {
    Complex a, b, a_by_rate, b_by_rate, a_by_step, b_by_step;

    Discrete(Complex rate, double step, bool bilinear) {
        if (bilinear) {
            const Complex m = 1.0 / (1.0 - step * rate / 2.0), square = m * m;
            a = (1.0 + step * rate / 2.0) * m, b = step * m;
            a_by_rate = step * square, b_by_rate = step * step / 2 * square;
            a_by_step = rate * square, b_by_step = square;
        } else {
            a = std::exp(step * rate), b = (a - 1.0) / rate;
            a_by_rate = step * a, b_by_rate = (step * a - b) / rate;
            a_by_step = rate * a, b_by_step = a;
        }
    }
};

/// A's imaginary parts, n < N / 2.
std::vector<double> frequencies(const std::string& init, Size N) {
    using std::numbers::pi;
    std::vector<double> all(N / 2);
    for (Size n = 0; n < N / 2; ++n) {
        if (init == "lin") all[n] = pi * double(n);
        if (init == "inv") all[n] = double(N) / pi * (double(N) / double(2 * n + 1) - 1);
    }
    return all;
}

/// log of minus A's real parts.
std::vector<double> log_decays(const std::string& init, Size N) {
    std::vector<double> all(N / 2, std::log(0.5));
    for (Size n = 0; init == "real" && n < N / 2; ++n) all[n] = std::log(double(n + 1));
    return all;
}

/// exp(u), u uniform between the logarithms of the bounds, as its logarithm.
Start log_uniform(const Options& options) {
    const double low = options.number("dt_min"), high = options.number("dt_max");
    if (low > high)
        throw Error({"dt_min", std::to_string(low), "at most dt_max, which is " + std::to_string(high),
                     "lower dt_min or raise dt_max"});
    return start::uniform(std::log(low), std::log(high));
}

template <class Real>
class S4d final : public Cell<Real> {
public:
    S4d(const CellSpec& spec, const Options& options)
        : H(spec.hidden),
          N(static_cast<Size>(options.integer("d_state"))),
          bilinear_(options.text("disc") == "bilinear"),
          glu_(options.text("final_act") == "glu") {
        if (N % 2)
            throw Error({"d_state", std::to_string(N),
                         "an even number: half of the state is the other half's conjugate",
                         "use " + std::to_string(N + 1)});
        CellLayout& layout = this->layout_;
        const Size half = N / 2;
        const std::string& init = options.text("init");
        input_ = {layout, spec};
        const auto add = [&](const char* name, std::vector<Size> shape, Start start, double factor) {
            const bool matrix = shape.size() > 1;
            Weight weight{name, shape, matrix ? Weight::Role::input : Weight::Role::bias, shape.back()};
            weight.start = std::move(start), weight.decays = factor == 1, weight.learning_rate_factor = factor;
            return layout.add(std::move(weight));
        };
        step_ = add("log_dt", {H}, log_uniform(options), 0.1);
        decay_ = add("log_A_real", {H, half}, start::values(log_decays(init, N)), 0.1);
        frequency_ = add("A_imag", {H, half}, start::values(frequencies(init, N)), 0.1);
        c_ = add("C_re", {H, half}, start::normal(std::sqrt(0.5)), 1);
        add("C_im", {H, half}, start::normal(std::sqrt(0.5)), 1);
        skip_ = add("D", {H}, start::normal(1), 1);
        if (glu_) output_ = {layout, {.inputs = H, .outputs = 2 * H, .weight = "output.weight", .bias = "output.bias"}};
        state_.offset = layout.add_state("h", N * H), state_.stride = layout.state_size();
        layout.output = H;
        products_ = (spec.input != H ? H * spec.input : 0) + (glu_ ? 2 * H * H : 0) + N * H;
    }

    Size saved_size(Size T, Size B) const override { return Saved(*this, T, B).used(); }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return Prepared<Real>(*this).used(); }
    double flops(Size T, Size B) const override { return 6 * double(T) * double(B) * double(products_); }

    void prepare(const Real* weights, Real* to) const override {
        const Prepared<Real> prepared(*this, to);
        input_.prepare(weights, prepared.input);
        if (glu_) output_.prepare(weights, prepared.output);
        for_each_mode(weights, [&](Size, Size place, const Discrete& discrete, Complex, double, Complex read) {
            const Complex c = 2.0 * read * discrete.b;
            prepared.a[place] = static_cast<Real>(discrete.a.real());
            prepared.a[place + N / 2 * H] = static_cast<Real>(discrete.a.imag());
            prepared.c[place] = static_cast<Real>(c.real());
            prepared.c[place + N / 2 * H] = static_cast<Real>(c.imag());
        });
    }

    void forward(const Forward<Real>& call) const override {
        const Size rows = call.T * call.B;
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, call.T, call.B, call.saved);
        DiagonalScan<Real> scan = scan_of(call, prepared, saved);
        scan.x = input_.forward(call, prepared.input, saved.input);
        scan.h_after = state_.after(call);
        scan.y = glu_ ? saved.s : call.y;
        diagonal_scan(scan);
        if (!glu_) return;
        Real* active = call.workspace;
        for_each_part(rows * H, [&](Size first, Size n) { gelu(saved.s + first, active + first, n); });
        output_.forward(call.weights, prepared.output, active, rows, saved.z);
        parallel_for(rows, 1 + 16384 / H, [&](Size first, Size last) {
            for (Size row = first; row < last; ++row) {
                const Real* z = saved.z + row * 2 * H;
                Real* y = call.y + row * H;
                sigmoid(z + H, y, H);
                multiply(z, y, y, H, Into::overwrite);
            }
        });
        clear_padding(call, call.y, H);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, call.T, call.B, call.saved);
        const Workspace work(*this, call.T, call.B, gradients.workspace);
        const Real* ds = glu_ ? output_backward(call, gradients, saved, work) : gradients.dy;
        DiagonalScan<Real> scan = scan_of(call, prepared, saved);
        scan.x = input_.values(call, saved.input);
        Real* du = input_.gradient(gradients, work.du);
        diagonal_scan_backward<Real>({.forward = &scan,
                                      .dy = ds,
                                      .dh_after = state_.after_gradient(gradients),
                                      .dx = du,
                                      .da = work.da,
                                      .dc = work.dc,
                                      .dskip = work.dskip,
                                      .dh_before = state_.before_gradient(gradients),
                                      .workspace = work.scan});
        if (gradients.dweights) weight_gradients(call.weights, work, gradients.dweights);
        input_.backward(call, gradients, du, work.input);
    }

private:
    template <class Element>
    struct Prepared : Slices<Element> {
        Element *input, *output;
        Element *a, *c;  ///< (2, N/2, H): Ā and 2 C B̄

        explicit Prepared(const S4d& cell, Element* base = nullptr)
            : Slices<Element>(base),
              input(this->take(cell.input_.prepared_size())),
              output(this->take(cell.glu_ ? cell.output_.prepared_size() : 0)),
              a(this->take(cell.N * cell.H)),
              c(this->take(cell.N * cell.H)) {}
    };

    struct Saved : Slices<Real> {
        Real *input, *kept;
        Real *s, *z;  ///< (T, B, H), and (T, B, 2H) before the gate; with glu

        Saved(const S4d& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              input(this->take(cell.input_.saved_size(T, B))),
              kept(this->take(diagonal_kept_size(T, B, cell.N * cell.H))),
              s(this->take(cell.glu_ ? T * B * cell.H : 0)),
              z(this->take(cell.glu_ ? T * B * 2 * cell.H : 0)) {}
    };

    struct Workspace : Slices<Real> {
        Real* active;          ///< (T, B, H): gelu(s), then its gradient; with glu. First: forward has it there, too
        Real *dz, *ds;         ///< (T, B, 2H), (T, B, H); with glu
        Real* du;              ///< (T, B, H)
        Real *da, *dc, *scan;  ///< (2, N/2, H)
        Real* dskip;           ///< (H)
        Real* input;

        Workspace(const S4d& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              active(this->take(cell.glu_ ? T * B * cell.H : 0)),
              dz(this->take(cell.glu_ ? T * B * 2 * cell.H : 0)),
              ds(this->take(cell.glu_ ? T * B * cell.H : 0)),
              du(this->take(T * B * cell.H)),
              da(this->take(cell.N * cell.H)),
              dc(this->take(cell.N * cell.H)),
              scan(this->take(cell.N * cell.H)),
              dskip(this->take(cell.H)),
              input(this->take(cell.input_.workspace_size())) {}
    };

    /// Calls body(channel, place in (N/2, H), discrete, A, Δ, C) for each complex number of the state. Weights are
    /// (H, N/2), element `place / H` of row `channel`.
    template <class Body>
    void for_each_mode(const Real* weights, Body body) const {
        const Size half = N / 2;
        for (Size c = 0; c < H; ++c) {
            const double step = std::exp(double(weights[step_ + c]));
            for (Size n = 0; n < half; ++n) {
                const Size i = c * half + n;
                const Complex rate(-std::exp(double(weights[decay_ + i])), double(weights[frequency_ + i]));
                const Complex read{double(weights[c_ + i]), double(weights[c_ + H * half + i])};
                body(c, n * H + c, Discrete(rate, step, bilinear_), rate, step, read);
            }
        }
    }

    DiagonalScan<Real> scan_of(const Forward<Real>& call, const Prepared<const Real>& prepared,
                               const Saved& saved) const {
        return {.time = {call.T, call.B, call.lengths},
                .n = H,
                .N = N / 2,
                .a = prepared.a,
                .c = prepared.c,
                .skip = call.weights + skip_,
                .h_before = state_.before(call),
                .kept = saved.kept};
    }

    /// The gradient of s, and those of the output's weights.
    const Real* output_backward(const Forward<Real>& call, const Backward<Real>& gradients, const Saved& saved,
                                const Workspace& work) const {
        const Size rows = call.T * call.B;
        parallel_for(rows, 1 + 16384 / H, [&](Size first, Size last) {
            for (Size row = first; row < last; ++row) {
                const Real *z = saved.z + row * 2 * H, *dy = gradients.dy + row * H;
                Real *dvalue = work.dz + row * 2 * H, *dgate = dvalue + H;
                if (!time_step(call, row / call.B).valid(row % call.B)) {
                    std::fill_n(dvalue, 2 * H, Real{0});
                    continue;
                }
                sigmoid(z + H, dvalue, H);
                multiply(dy, z, dgate, H, Into::overwrite);
                sigmoid_backward(dvalue, dgate, dgate, H);
                multiply(dy, dvalue, dvalue, H, Into::overwrite);
            }
        });
        if (gradients.dweights) {
            for_each_part(rows * H, [&](Size first, Size n) { gelu(saved.s + first, work.active + first, n); });
            output_.backward_weights(work.active, work.dz, rows, gradients.dweights);
        }
        output_.backward_input(call.weights, work.dz, rows, work.active);
        for_each_part(rows * H, [&](Size first, Size n) {
            gelu_backward(saved.s + first, work.active + first, work.ds + first, n);
        });
        return work.ds;
    }

    void weight_gradients(const Real* weights, const Workspace& work, Real* dweights) const {
        const Size half = N / 2, imaginary = half * H;
        axpy(1, work.dskip, dweights + skip_, H);
        for_each_mode(weights,
                      [&](Size c, Size place, const Discrete& discrete, Complex rate, double step, Complex read) {
                          const Complex da(work.da[place], work.da[place + imaginary]);
                          const Complex dc(work.dc[place], work.dc[place + imaginary]);
                          const Complex dread = std::conj(2.0 * discrete.b) * dc, db = std::conj(2.0 * read) * dc;
                          const Complex drate = std::conj(discrete.a_by_rate) * da + std::conj(discrete.b_by_rate) * db;
                          const Complex dstep = std::conj(discrete.a_by_step) * da + std::conj(discrete.b_by_step) * db;
                          const Size i = c * half + place / H;
                          dweights[step_ + c] += static_cast<Real>(step * dstep.real());
                          dweights[decay_ + i] += static_cast<Real>(rate.real() * drate.real());
                          dweights[frequency_ + i] += static_cast<Real>(drate.imag());
                          dweights[c_ + i] += static_cast<Real>(dread.real());
                          dweights[c_ + H * half + i] += static_cast<Real>(dread.imag());
                      });
    }

    Size H, N;
    bool bilinear_, glu_;
    LayerInput<Real> input_;
    Size step_, decay_, frequency_, c_, skip_, products_;
    Linear<Real> output_;
    state_space::ScanState<Real> state_;
};

constexpr Option options[] = {
    Option::integer("d_state", "64", 2, 4096, "numbers of state for each channel, in conjugate pairs; even"),
    Option::choice("init", "\"lin\"", "lin|inv|real", "what the eigenvalues start from: S4D-Lin, S4D-Inv or S4D-Real"),
    Option::choice("disc", "\"zoh\"", "zoh|bilinear", "discretization: zero-order hold or bilinear"),
    Option::number("dt_min", "0.001", 1e-6, 1e3, "time steps start no shorter than this"),
    Option::number("dt_max", "0.1", 1e-6, 1e3, "time steps start no longer than this"),
    Option::choice("final_act", "\"glu\"", "glu|none", "what mixes the channels: a gated linear unit, or nothing"),
};

}  // namespace

constinit const Plugin unroll_plugin = cell_plugin<S4d>("s4d", 1, "diagonal structured state space, S4D", options);
