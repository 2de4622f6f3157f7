// Linear recurrent unit (Orvieto et al. 2023, arXiv 2303.06349): a complex diagonal recurrence between two matrices.
//
//     h_t = λ ∘ h_{t-1} + exp(γ_log) ∘ (B u_t),  λ = exp(-exp(ν_log) + i exp(θ_log))
//     y_t = Re(C h_t) + D ∘ u_t
//
// u is x, or W_in x + b_in where D_in is not H. h has N complex numbers (`d_state`; 0: H). λ starts uniform in the ring
// r_min ≤ |λ| ≤ r_max with angles up to max_phase; γ at √(1 - |λ|²); B at N(0, 1 / 2H), C at N(0, 1 / N), both parts,
// and D at N(0, 1). As in the authors' code ν, θ, γ and B are not decayed and learn at half the rate.
//
// x (T, B, D_in), y (T, B, H); B_re, B_im (N, H), nu_gamma_log (2N: ν_log, then γ_log), theta_log (N), C_re, C_im
// (H, N), D (H). State: h (2N: real parts, then imaginary ones).
// Memory: saved are T·B·2N, h at every step, and T·B·H for u where it is not x; backward's workspace B·(2N + 2H) for a
// few steps.
#include <algorithm>
#include <cmath>
#include <string>

#include "layer_input.h"
#include "unroll/error.h"
#include "unroll/kernels.h"
#include "unroll/layers.h"
#include "unroll/plugin.h"

namespace {

using namespace unroll;
using namespace unroll::layers;
using state_space::LayerInput;

/// ν_log for the first N elements, γ_log for the others: of element i and N + i the same λ, as γ is √(1 - |λ|²).
Start ring_and_scale(double r_min, double r_max, Size N) {
    return [=](Size i, RandomStream& stream) {
        const double square = stream.split(i % N).uniform(r_min * r_min, r_max * r_max);  // |λ|²
        return i < N ? std::log(-std::log(square) / 2) : std::log1p(-square) / 2;
    };
}

template <class Real>
class Lru final : public Cell<Real> {
public:
    Lru(const CellSpec& spec, const Options& options)
        : H(spec.hidden), N(options.integer("d_state") ? static_cast<Size>(options.integer("d_state")) : spec.hidden) {
        const double r_min = options.number("r_min"), r_max = options.number("r_max");
        if (!(r_min < r_max))
            throw Error({"r_min", std::to_string(r_min), "less than r_max, which is " + std::to_string(r_max),
                         "lower r_min or raise r_max: the eigenvalues start between them"});
        CellLayout& layout = this->layout_;
        input_ = {layout, spec};
        const double b = std::sqrt(0.5 / double(H)), c = std::sqrt(1 / double(N));
        const auto add = [&](const char* name, std::vector<Size> shape, Start start, double factor) {
            const bool matrix = shape.size() > 1;
            Weight weight{name, shape, matrix ? Weight::Role::input : Weight::Role::bias, shape.back()};
            weight.start = std::move(start), weight.decays = factor == 1, weight.learning_rate_factor = factor;
            return layout.add(std::move(weight));
        };
        b_ = add("B_re", {N, H}, start::normal(b), 0.5);
        add("B_im", {N, H}, start::normal(b), 0.5);
        radius_ = add("nu_gamma_log", {2 * N}, ring_and_scale(r_min, r_max, N), 0.5);
        angle_ = add("theta_log", {N}, start::log_of_uniform(0, options.number("max_phase")), 0.5);
        c_ = add("C_re", {H, N}, start::normal(c), 1);
        add("C_im", {H, N}, start::normal(c), 1);
        skip_ = add("D", {H}, start::normal(1), 1);
        h_ = {layout.add_state("h", 2 * N), 2 * N, 2 * N};
        layout.output = H;
        in_ = {H, 2 * N, 0};
        out_ = {2 * N, H, 0};
    }

    Size saved_size(Size T, Size B) const override { return Saved(*this, T, B).used(); }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return Prepared<Real>(*this).used(); }

    void prepare(const Real* weights, Real* to) const override {
        const Prepared<Real> prepared(*this, to);
        input_.prepare(weights, prepared.input);
        for (Size i = 0; i < N; ++i) {
            const double size = std::exp(-std::exp(double(weights[radius_ + i])));
            const double angle = std::exp(double(weights[angle_ + i]));
            prepared.lambda[i] = static_cast<Real>(size * std::cos(angle));
            prepared.lambda[N + i] = static_cast<Real>(size * std::sin(angle));
        }
        for (Size part = 0; part < 2; ++part)
            for (Size i = 0; i < N; ++i) {
                const Size first = (part * N + i) * H;
                affine(scale(weights, i), 0, weights + b_ + first, prepared.scaled_b + first, H, Into::overwrite);
            }
        for (Size i = 0; i < H; ++i) {  // (H, 2N): C_re, -C_im
            std::copy_n(weights + c_ + i * N, N, prepared.both_c + i * 2 * N);
            affine(-1, 0, weights + c_ + (H + i) * N, prepared.both_c + (2 * i + 1) * N, N, Into::overwrite);
        }
        in_.prepare(prepared.scaled_b, prepared.packed_b);
        out_.prepare(prepared.both_c, prepared.packed_c);
    }

    void forward(const Forward<Real>& call) const override {
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, call.T, call.B, call.saved);
        const Real* u = input_.forward(call, prepared.input, saved.input);
        for (Size first = 0; first < call.T; first += chunk_steps(call.T, call.B)) {
            const TimeRange time = range(call, first, std::min(call.T, first + chunk_steps(call.T, call.B)));
            const Size row = first * call.B, rows = time.T * call.B;
            Real *h = saved.h + row * 2 * N, *y = call.y + row * H;
            in_.forward(prepared.scaled_b, prepared.packed_b, u + row * H, rows, h);
            complex_scan<Real>({.time = time,
                                .n = N,
                                .a = {prepared.lambda, true},
                                .b = h,
                                .h_before = h_.before(call, saved.h, first),
                                .h = h});
            out_.forward(prepared.both_c, prepared.packed_c, h, rows, y);
            add_skip(time, call.weights + skip_, u + row * H, y);
        }
        h_.write_next(call, saved.h);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Size B = call.B;
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, call.T, B, call.saved);
        const Workspace work(*this, call.T, B, gradients.workspace);
        const Real* u = input_.values(call, saved.input);
        input_.begin_backward(call, gradients, work.input);
        std::fill_n(work.dscaled_b, 2 * N * H, Real{0});
        std::fill_n(work.dboth_c, 2 * N * H, Real{0});
        for_each_chunk_backward(call.T, B, [&](Size first, Size last) {
            const TimeRange time = range(call, first, last);
            const Size row = first * B, rows = (last - first) * B;
            const Real *dy = valid_rows(time, gradients.dy + row * H, work.dy), *h = saved.h + row * 2 * N;
            out_.backward_input(prepared.both_c, dy, rows, work.dh);
            complex_scan_backward<Real>({.time = time,
                                         .n = N,
                                         .a = {prepared.lambda, true},
                                         .h = h,
                                         .h_before = h_.before(call, saved.h, first),
                                         .dh = work.dh,
                                         .dstate = h_.gradient(gradients, work.carry),
                                         .db = work.dh,
                                         .da = work.dlambda});
            Real* du = input_.gradient(gradients, work.du, row);
            in_.backward_input(prepared.scaled_b, work.dh, rows, du);
            add_skip(time, call.weights + skip_, dy, du);
            if (gradients.dweights) {
                in_.backward_weights(u + row * H, work.dh, rows, work.dscaled_b);
                out_.backward_weights(h, dy, rows, work.dboth_c);
                for_valid_rows(time, [&](Size i) {
                    multiply(dy + i * H, u + (row + i) * H, gradients.dweights + skip_, H, Into::add);
                });
            }
            input_.backward_steps(call, gradients, first, last - first, du, work.input);
        });
        h_.write_gradient(call, gradients, work.carry);
        input_.end_backward(call, gradients, work.input);
        if (gradients.dweights) weight_gradients(call, gradients.dweights, prepared, work);
    }

private:
    template <class Element>
    struct Prepared : Slices<Element> {
        Element* input;
        Element* lambda;               ///< (2N)
        Element *scaled_b, *packed_b;  ///< (2N, H): exp(γ_log) ∘ B, and its transpose packed
        Element *both_c, *packed_c;    ///< (H, 2N), and its transpose packed

        explicit Prepared(const Lru& cell, Element* base = nullptr)
            : Slices<Element>(base),
              input(this->take(cell.input_.prepared_size())),
              lambda(this->take(2 * cell.N)),
              scaled_b(this->take(2 * cell.N * cell.H)),
              packed_b(this->take(cell.in_.prepared_size())),
              both_c(this->take(2 * cell.N * cell.H)),
              packed_c(this->take(cell.out_.prepared_size())) {}
    };

    struct Saved : Slices<Real> {
        Real* input;
        Real* h;  ///< (T, B, 2N)

        Saved(const Lru& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base), input(this->take(cell.input_.saved_size(T, B))), h(this->take(T * B * 2 * cell.N)) {}
    };

    struct Workspace : Slices<Real> {
        Real *dh, *dy, *du;           ///< (steps, B, 2N), (steps, B, H) twice
        Real* carry;                  ///< (B, 2N): the gradient of h on its way
        Real *dlambda, *dlambda_sum;  ///< (B, 2N), (2N)
        Real *dscaled_b, *dboth_c;    ///< as in Prepared
        Real* input;

        Workspace(const Lru& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              dh(this->take(chunk_steps(T, B) * B * 2 * cell.N)),
              dy(this->take(chunk_steps(T, B) * B * cell.H)),
              du(this->take(chunk_steps(T, B) * B * cell.H)),
              carry(this->take(B * 2 * cell.N)),
              dlambda(this->take(B * 2 * cell.N)),
              dlambda_sum(this->take(2 * cell.N)),
              dscaled_b(this->take(2 * cell.N * cell.H)),
              dboth_c(this->take(2 * cell.N * cell.H)),
              input(this->take(cell.input_.workspace_size())) {}
    };

    /// Steps [first, last). No result depends on where they are cut, but for sums over a batch.
    static TimeRange range(const Forward<Real>& call, Size first, Size last) {
        return {last - first, call.B, call.lengths, first, call.T};
    }

    template <class Body>
    static void for_valid_rows(const TimeRange& time, Body body) {
        for (Size t = 0; t < time.T; ++t)
            for (Size b = 0; b < time.B; ++b)
                if (time.valid(t, b)) body(t * time.B + b);
    }

    /// y += D ∘ x in the valid rows.
    void add_skip(const TimeRange& time, const Real* skip, const Real* x, Real* y) const {
        for_valid_rows(time, [&](Size i) { multiply(skip, x + i * H, y + i * H, H, Into::add); });
    }

    /// dy itself, or its copy with zeros at and after a sequence's length, where it may hold anything.
    const Real* valid_rows(const TimeRange& time, const Real* dy, Real* copy) const {
        if (!time.lengths) return dy;
        std::fill_n(copy, time.T * time.B * H, Real{0});
        for_valid_rows(time, [&](Size i) { std::copy_n(dy + i * H, H, copy + i * H); });
        return copy;
    }

    Real scale(const Real* weights, Size i) const {
        return static_cast<Real>(std::exp(double(weights[radius_ + N + i])));
    }

    void weight_gradients(const Forward<Real>& call, Real* dweights, const Prepared<const Real>& prepared,
                          const Workspace& work) const {
        std::fill_n(work.dlambda_sum, 2 * N, Real{0});
        add_bias_backward(work.dlambda, work.dlambda_sum, call.B, 2 * N);
        for (Size i = 0; i < H; ++i) {
            axpy(1, work.dboth_c + i * 2 * N, dweights + c_ + i * N, N);
            axpy(-1, work.dboth_c + (2 * i + 1) * N, dweights + c_ + (H + i) * N, N);
        }
        for (Size part = 0; part < 2; ++part)
            for (Size i = 0; i < N; ++i) {
                const Size first = (part * N + i) * H;
                axpy(scale(call.weights, i), work.dscaled_b + first, dweights + b_ + first, H);
                dweights[radius_ + N + i] += dot(work.dscaled_b + first, prepared.scaled_b + first, H);
            }
        for (Size i = 0; i < N; ++i) {  // by way of log λ = -exp(ν_log) + i exp(θ_log)
            const Real re = prepared.lambda[i], im = prepared.lambda[N + i];
            const Real dre = work.dlambda_sum[i], dim = work.dlambda_sum[N + i];
            dweights[radius_ + i] -= std::exp(call.weights[radius_ + i]) * (dre * re + dim * im);
            dweights[angle_ + i] += std::exp(call.weights[angle_ + i]) * (dim * re - dre * im);
        }
    }

    Size H, N;
    LayerInput<Real> input_;
    Size b_, radius_, angle_, c_, skip_;
    RecurrentState h_;
    Linear<Real> in_, out_;  ///< over the matrices in Prepared
};

constexpr Option options[] = {
    Option::integer("d_state", "0", 0, 1048576, "complex numbers of the state; 0: as many as hidden units"),
    Option::number("r_min", "0", 0, 1, "eigenvalues start no smaller than this"),
    Option::number("r_max", "1", 0, 1, "eigenvalues start no larger than this"),
    Option::number("max_phase", "6.28", 1e-6, 6.283185307179586,
                   "eigenvalues start with angles up to this, in radians"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    cell_plugin<Lru>("lru", 1, "linear recurrent unit, complex and diagonal", options);
