// Selective state space (S6, the recurrence of Mamba: Gu and Dao 2023, arXiv 2312.00752). For channel c and n < N
//
//     (δ, B, C) = W_x u,  Δ = softplus(W_dt δ + b_dt),  A = -exp(A_log)
//     h_cn = exp(Δ_c A_cn) h_cn + Δ_c B_n u_c,  y_c = Σ_n C_n h_cn + D_c u_c
//
// u is x, or W_in x + b_in where D_in is not H; δ has dt_rank numbers, B and C have N = d_state. What stands around it
// in Mamba is the manifest's block: { "norm": "pre", "norm_kind": "rms", "residual": true, "expansion": 2,
// "convolution": 4, "gate": "silu" }. A_log starts at log 1 … log N in each channel, D at 1, b_dt so that Δ is
// log-uniform from dt_min to dt_max, W_dt uniform or constant in dt_scale / √dt_rank. As in Mamba's code A_log, D and
// b_dt are not decayed.
//
// x (T, B, D_in), y (T, B, H); x_proj.weight (dt_rank + 2N, H), dt_proj.weight (H, dt_rank), dt_proj.bias (H), A_log
// (H, N), D (H). State: h (N·H: all channels for each n).
// Memory: saved are T·B·(H + dt_rank + 2N), H·N·B for every 16 steps, and T·B·H for u where it is not x; backward's
// workspace T·B·(2H + dt_rank + 2N) and B·(2H·N + 512·N).
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

template <class Real>
class SelectiveSsm final : public Cell<Real> {
public:
    SelectiveSsm(const CellSpec& spec, const Options& options)
        : H(spec.hidden), N(static_cast<Size>(options.integer("d_state"))), R(rank(spec, options)), Z(R + 2 * N) {
        const double least = options.number("dt_min"), greatest = options.number("dt_max");
        if (least > greatest)
            throw Error({"dt_min", std::to_string(least), "at most dt_max, which is " + std::to_string(greatest),
                         "lower dt_min or raise dt_max"});
        CellLayout& layout = this->layout_;
        input_ = {layout, spec};
        project_ = {layout,
                    {.inputs = H, .outputs = Z, .weight = "x_proj.weight", .bias = "", .has_bias = Bias::absent}};
        const double bound = options.number("dt_scale") / std::sqrt(double(R));
        Weight matrix{"dt_proj.weight", {H, R}, Weight::Role::input, R};
        matrix.start = options.text("dt_init") == "constant" ? start::constant(bound) : start::uniform(-bound, bound);
        dt_ = layout.add(std::move(matrix));
        const auto add = [&](Weight weight, Start start) {
            weight.start = std::move(start), weight.decays = false;
            return layout.add(std::move(weight));
        };
        dt_bias_ = add({"dt_proj.bias", {H}, Weight::Role::bias, R},
                       start::softplus_log_uniform(least, greatest, options.number("dt_init_floor")));
        a_ = add({"A_log", {H, N}, Weight::Role::input, N}, start::logs(N));
        skip_ = add({"D", {H}, Weight::Role::bias, H}, start::constant(1));
        state_.offset = layout.add_state("h", N * H), state_.stride = layout.state_size();
        layout.output = H;
        products_ = (spec.input != H ? H * spec.input : 0) + H * Z + H * R + 2 * H * N;
    }

    Size saved_size(Size T, Size B) const override { return Saved(*this, T, B).used(); }
    Size workspace_size(Size T, Size B) const override { return Workspace(*this, T, B).used(); }
    Size prepared_size() const override { return Prepared<Real>(*this).used(); }
    double flops(Size T, Size B) const override { return 6 * double(T) * double(B) * double(products_); }

    void prepare(const Real* weights, Real* to) const override {
        const Prepared<Real> prepared(*this, to);
        input_.prepare(weights, prepared.input);
        project_.prepare(weights, prepared.project);
        pack<Real>(Matrix<const Real>(weights + dt_, H, R).transposed(), prepared.dt);
        for (Size c = 0; c < H; ++c)
            for (Size n = 0; n < N; ++n) prepared.a[n * H + c] = -std::exp(weights[a_ + c * N + n]);
    }

    void forward(const Forward<Real>& call) const override {
        const Size rows = call.T * call.B;
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, call.T, call.B, call.saved);
        const Real* u = input_.forward(call, prepared.input, saved.input);
        project_.forward(call.weights, prepared.project, u, rows, saved.z);
        gemm(Matrix<const Real>(saved.z, rows, R, Z), Packed<Real>{prepared.dt, R, H},
             Matrix<Real>(saved.delta, rows, H), Into::overwrite);
        SelectiveScan<Real> scan = scan_of(call, prepared, saved);
        scan.x = u;
        scan.h_after = state_.after(call);
        scan.y = call.y;
        selective_scan(scan);
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Size rows = call.T * call.B;
        const Prepared<const Real> prepared(*this, call.prepared);
        const Saved saved(*this, call.T, call.B, call.saved);
        const Workspace work(*this, call.T, call.B, gradients.workspace);
        SelectiveScan<Real> scan = scan_of(call, prepared, saved);
        scan.x = input_.values(call, saved.input);
        Real* du = input_.gradient(gradients, work.du);
        selective_scan_backward<Real>({.forward = &scan,
                                       .dy = gradients.dy,
                                       .dh_after = state_.after_gradient(gradients),
                                       .dx = du,
                                       .ddelta = work.ddelta,
                                       .db = {work.dz + R, Z},
                                       .dc = {work.dz + R + N, Z},
                                       .da = work.da,
                                       .dskip = work.dskip,
                                       .dh_before = state_.before_gradient(gradients),
                                       .workspace = work.scan});
        gemm(Matrix<const Real>(work.ddelta, rows, H), Matrix<const Real>(call.weights + dt_, H, R),
             Matrix<Real>(work.dz, rows, R, Z), Into::overwrite);
        project_.backward_input(call.weights, work.dz, rows, du, Into::add);
        if (gradients.dweights) weight_gradients(call, prepared, saved, work, scan.x, gradients.dweights);
        input_.backward(call, gradients, du, work.input);
    }

private:
    template <class Element>
    struct Prepared : Slices<Element> {
        Element *input, *project, *dt;
        Element* a;  ///< (N, H): A

        explicit Prepared(const SelectiveSsm& cell, Element* base = nullptr)
            : Slices<Element>(base),
              input(this->take(cell.input_.prepared_size())),
              project(this->take(cell.project_.prepared_size())),
              dt(this->take(packed_size(cell.R, cell.H))),
              a(this->take(cell.N * cell.H)) {}
    };

    struct Saved : Slices<Real> {
        Real* input;
        Real *z, *delta;  ///< (T, B, R + 2N): δ, B, C; (T, B, H): W_dt δ
        Real* kept;

        Saved(const SelectiveSsm& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              input(this->take(cell.input_.saved_size(T, B))),
              z(this->take(T * B * cell.Z)),
              delta(this->take(T * B * cell.H)),
              kept(this->take(scan_kept_size(T, B, cell.N * cell.H))) {}
    };

    struct Workspace : Slices<Real> {
        Real *dz, *ddelta, *du;  ///< as in Saved, and (T, B, H)
        Real *da, *dskip;        ///< (B, N·H), (B, H)
        Real* da_sum;            ///< (N·H)
        Real *scan, *input;

        Workspace(const SelectiveSsm& cell, Size T, Size B, Real* base = nullptr)
            : Slices<Real>(base),
              dz(this->take(T * B * cell.Z)),
              ddelta(this->take(T * B * cell.H)),
              du(this->take(T * B * cell.H)),
              da(this->take(B * cell.N * cell.H)),
              dskip(this->take(B * cell.H)),
              da_sum(this->take(cell.N * cell.H)),
              scan(this->take(selective_scan_workspace(B, cell.N, cell.H))),
              input(this->take(cell.input_.workspace_size())) {}
    };

    /// Mamba's "auto": a sixteenth of the width, rounded up.
    static Size rank(const CellSpec& spec, const Options& options) {
        const auto given = static_cast<Size>(options.integer("dt_rank"));
        return given ? given : (spec.hidden + 15) / 16;
    }

    SelectiveScan<Real> scan_of(const Forward<Real>& call, const Prepared<const Real>& prepared,
                                const Saved& saved) const {
        return {.time = {call.T, call.B, call.lengths},
                .n = H,
                .N = N,
                .a = prepared.a,
                .delta = saved.delta,
                .delta_bias = call.weights + dt_bias_,
                .b = {saved.z + R, Z},
                .c = {saved.z + R + N, Z},
                .skip = call.weights + skip_,
                .h_before = state_.before(call),
                .kept = saved.kept};
    }

    void weight_gradients(const Forward<Real>& call, const Prepared<const Real>& prepared, const Saved& saved,
                          const Workspace& work, const Real* u, Real* dweights) const {
        const Size rows = call.T * call.B;
        project_.backward_weights(u, work.dz, rows, dweights);
        gemm(Matrix<const Real>(work.ddelta, rows, H).transposed(), Matrix<const Real>(saved.z, rows, R, Z),
             Matrix<Real>(dweights + dt_, H, R), Into::add);
        add_bias_backward(work.ddelta, dweights + dt_bias_, rows, H);
        add_bias_backward(work.dskip, dweights + skip_, call.B, H);
        std::fill_n(work.da_sum, N * H, Real{0});
        add_bias_backward(work.da, work.da_sum, call.B, N * H);
        for (Size c = 0; c < H; ++c)
            for (Size n = 0; n < N; ++n) dweights[a_ + c * N + n] += work.da_sum[n * H + c] * prepared.a[n * H + c];
    }

    Size H, N, R, Z;  ///< Z = R + 2N, the width of (δ, B, C)
    LayerInput<Real> input_;
    Linear<Real> project_;
    Size dt_, dt_bias_, a_, skip_, products_;
    state_space::ScanState<Real> state_;
};

constexpr Option options[] = {
    Option::integer("d_state", "16", 1, 4096, "numbers of state for each channel"),
    Option::integer("dt_rank", "0", 0, 4096, "numbers that the time steps are made from; 0: a sixteenth of hidden"),
    Option::number("dt_min", "0.001", 1e-6, 1e3, "time steps start no shorter than this"),
    Option::number("dt_max", "0.1", 1e-6, 1e3, "time steps start no longer than this"),
    Option::choice("dt_init", "\"random\"", "random|constant", "what the matrix of the time steps starts from"),
    Option::number("dt_scale", "1", 1e-3, 1e3, "how large that matrix starts, times 1 / sqrt(dt_rank)"),
    Option::number("dt_init_floor", "0.0001", 0, 1e3, "time steps start at least here, whatever dt_min says"),
};

}  // namespace

constinit const Plugin unroll_plugin =
    cell_plugin<SelectiveSsm>("selective-ssm", 1, "selective state space, the recurrence of Mamba", options);
