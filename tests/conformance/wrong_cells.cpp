// Conformance finds what is wrong: one small cell, h' = y = tanh(u ∘ h + W x), right or wrong in one way at a time.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <stdexcept>

#include "catch.h"
#include "conformance/conformance.h"
#include "unroll/error.h"

using namespace unroll;

namespace {

enum class Fault {
    none,
    wrong_dweights,
    wrong_dx,
    forgets_dnext_state,
    wrong_dstate,
    overwrites_dweights,
    adds_to_dx,
    dx_past_length,
    writes_beside_y,
    writes_beside_saved,
    writes_beside_workspace,
    changes_weights,
    changes_state,
    depends_on_batch,
    depends_on_last_call,
    depends_on_workspace,
    depends_on_steps,
    rough_in_float,
    y_past_length,
    state_past_length,
    reads_dy_past_length,
    needs_dx,
    not_in_place,
    null_state_is_one,
    throws,
    refuses_all,
    throws_in_maker,
    two_weights_of_one_name,
    no_fan_in,
    short_context,
    refuses_odd_widths,
    takes_odd_widths,
};

template <class Real, Fault fault>
class Leaky final : public Cell<Real> {
public:
    Leaky(const CellSpec& spec, const Options&) : D(spec.input), H(spec.hidden) {
        if (fault == Fault::refuses_all) throw Error({"leaky", "a width", "another width", ""});
        if (fault == Fault::refuses_odd_widths && H % 2) throw Error({"leaky", "an odd width", "an even one", ""});
        if (fault == Fault::throws_in_maker) throw std::runtime_error("out of order");
        CellLayout& layout = this->layout_;
        layout.add({"weight", {H, D}, Weight::Role::input, fault == Fault::no_fan_in ? 0 : D});
        layout.add({fault == Fault::two_weights_of_one_name ? "weight" : "leak", {H}, Weight::Role::gain});
        layout.add_state("h", H);
        layout.output = H;
        if (fault == Fault::short_context) layout.context = 2;
    }

    Size saved_size(Size T, Size B) const override { return T * B * H; }
    Size workspace_size(Size, Size B) const override { return B * H; }

    void forward(const Forward<Real>& call) const override {
        if (fault == Fault::throws) throw std::runtime_error("not today");
        const Real *W = call.weights, *u = W + H * D;
        if (fault == Fault::changes_weights) const_cast<Real*>(W)[0] += 1;
        if (fault == Fault::changes_state && call.state) const_cast<Real*>(call.state)[0] += 1;
        ++calls_;
        if (fault == Fault::not_in_place && call.next_state) std::fill_n(call.next_state, call.B * H, Real{0});
        for (Size b = 0; b < call.B; ++b) {
            const Size length = length_of(call, b);
            for (Size t = 0; t < call.T; ++t) {
                const Real* x = call.x.values + (t * call.B + b) * D;
                Real* y = call.y + (t * call.B + b) * H;
                for (Size j = 0; j < H; ++j) {
                    Real sum = u[j] * before(call, t, b, j);
                    for (Size i = 0; i < D; ++i) sum += W[j * D + i] * x[i];
                    if (fault == Fault::depends_on_batch) sum += static_cast<Real>(call.B) * Real(1e-6);
                    if (fault == Fault::depends_on_last_call) sum += static_cast<Real>(calls_) * Real(1e-6);
                    if (fault == Fault::depends_on_workspace && call.workspace[0] < 0) sum += Real(1e-6);
                    if (fault == Fault::depends_on_steps && call.T > 1) sum += Real(1e-6);
                    if (fault == Fault::rough_in_float && sizeof(Real) == 4) sum *= Real(1.0005);
                    call.saved[(t * call.B + b) * H + j] = std::tanh(sum);
                    y[j] = t < length || fault == Fault::y_past_length ? std::tanh(sum) : 0;
                }
            }
            const Size last = fault == Fault::state_past_length ? call.T : length;
            if (call.next_state) std::copy_n(call.saved + ((last - 1) * call.B + b) * H, H, call.next_state + b * H);
        }
        if (fault == Fault::writes_beside_y) call.y[call.T * call.B * H] = 0;
        if (fault == Fault::writes_beside_saved) call.saved[-1] = 0;
    }

    void backward(const Forward<Real>& call, const Backward<Real>& gradients) const override {
        const Real *W = call.weights, *u = W + H * D;
        Real *dW = gradients.dweights, *du = dW ? dW + H * D : nullptr;
        if (fault == Fault::overwrites_dweights && dW) std::fill_n(dW, H * D + H, Real{0});
        if (fault == Fault::writes_beside_workspace) gradients.workspace[call.B * H] = 0;
        if (gradients.dx && fault != Fault::adds_to_dx) std::fill_n(gradients.dx, call.T * call.B * D, Real{0});
        for (Size b = 0; b < call.B; ++b) {
            Real* dh = gradients.workspace + b * H;
            for (Size j = 0; j < H; ++j)
                dh[j] = gradients.dnext_state && fault != Fault::forgets_dnext_state ? gradients.dnext_state[b * H + j]
                                                                                     : Real{0};
            const Size length = length_of(call, b);
            if (fault == Fault::reads_dy_past_length && length < call.T)
                dh[0] += gradients.dy[(length * call.B + b) * H];
            for (Size t = length; t-- > 0;) {
                const Size row = t * call.B + b;
                for (Size j = 0; j < H; ++j) {
                    const Real y = call.saved[row * H + j];
                    const Real dsum = (dh[j] + gradients.dy[row * H + j]) * (1 - y * y);
                    if (du && !(fault == Fault::needs_dx && !gradients.dx)) du[j] += dsum * before(call, t, b, j);
                    for (Size i = 0; i < D; ++i) {
                        if (dW) dW[j * D + i] += dsum * call.x.values[row * D + i];
                        if (gradients.dx) gradients.dx[row * D + i] += dsum * W[j * D + i];
                    }
                    dh[j] = dsum * u[j];
                }
            }
            if (fault == Fault::wrong_dstate) dh[H - 1] *= Real(1.0001);
            if (gradients.dstate) std::copy_n(dh, H, gradients.dstate + b * H);
            if (fault == Fault::dx_past_length && gradients.dx && length < call.T)
                gradients.dx[(length * call.B + b) * D] = 1;
        }
        if (fault == Fault::wrong_dweights && dW) dW[D] *= Real(1.0001);
        if (fault == Fault::wrong_dx && gradients.dx) gradients.dx[1] *= Real(1.0001);
    }

    static Size hidden_multiple(const Options&) requires(fault == Fault::takes_odd_widths) { return 2; }

private:
    static Size length_of(const Forward<Real>& call, Size b) { return call.lengths ? call.lengths[b] : call.T; }

    Real before(const Forward<Real>& call, Size t, Size b, Size j) const {
        if (t > 0) return call.saved[((t - 1) * call.B + b) * H + j];
        if (call.state) return call.state[b * H + j];
        return fault == Fault::null_state_is_one ? 1 : 0;
    }

    Size D, H;
    mutable std::atomic<int> calls_ = 0;
};

// A name of its own in each file: GCC 12 takes equally named member templates of unnamed namespaces for one.
template <Fault fault>
struct LeakyWith {
    template <class Real>
    using Cell = Leaky<Real, fault>;
};

template <Fault fault>
conformance::Report report_on() {
    return conformance::check(cell_plugin<LeakyWith<fault>::template Cell>("leaky", 1, "a cell for tests"));
}

const conformance::Check& find(const conformance::Report& report, const std::string& name) {
    for (const conformance::Check& check : report.checks)
        if (check.name == name) return check;
    FAIL("there is no check '" << name << "' in\n" << to_string(report));
    throw std::logic_error("unreachable");
}

/// The named check fails.
template <Fault fault>
void finds(const std::string& name) {
    const conformance::Report report = report_on<fault>();
    INFO(to_string(report));
    CHECK_FALSE(report.passed());
    const conformance::Check& check = find(report, name);
    CHECK_FALSE(check.passed);
    CHECK_FALSE(check.failure.empty());
}

/// The named check fails and no other.
template <Fault fault>
void finds_only(const std::string& name) {
    finds<fault>(name);
    for (const conformance::Check& check : report_on<fault>().checks) {
        if (check.name == name) continue;
        INFO(check.name << ": " << check.failure);
        CHECK(check.passed);
    }
}

}  // namespace

TEST_CASE("the cell without a fault conforms") {
    const conformance::Report report = report_on<Fault::none>();
    INFO(to_string(report));
    CHECK(report.passed());
    CHECK(report.plugin == "cell leaky");
    CHECK(find(report, "gradient of the weights equals finite differences").tolerance == 1e-6);
    CHECK(find(report, "gradient of the weights equals finite differences").times >= 60);
    CHECK(find(report, "T steps equal T single steps, double").tolerance == 1e-10);
    CHECK(find(report, "T steps equal T single steps, float").tolerance == 1e-5);
    CHECK(find(report, "float equals double").tolerance == 1e-5);
}

TEST_CASE("conformance finds wrong gradients") {
    finds<Fault::wrong_dweights>("gradient of the weights equals finite differences");
    finds<Fault::wrong_dx>("gradient of x equals finite differences");
    finds<Fault::wrong_dstate>("gradient of the state equals finite differences");
    finds<Fault::wrong_dstate>("a run cut in two equals the whole, gradients too");
    finds<Fault::forgets_dnext_state>("gradient of the weights equals finite differences");
    finds<Fault::forgets_dnext_state>("a run cut in two equals the whole, gradients too");
    finds_only<Fault::overwrites_dweights>("dweights and dsource are added to");
    finds<Fault::adds_to_dx>("what outputs, saved and workspace held before does not matter");
    finds_only<Fault::needs_dx>("outputs that are not wanted may be null");
}

TEST_CASE("conformance finds writing where it is not allowed") {
    finds_only<Fault::writes_beside_y>("writes to its outputs only");
    finds_only<Fault::writes_beside_saved>("writes to its outputs only");
    finds_only<Fault::writes_beside_workspace>("writes to its outputs only");
    finds<Fault::changes_weights>("writes to its outputs only");
    finds<Fault::changes_state>("writes to its outputs only");
    finds_only<Fault::not_in_place>("next_state may be the array of state");
    CHECK(find(report_on<Fault::writes_beside_y>(), "writes to its outputs only").failure ==
          "written beside y, with D 3, H 5, layer 1 of 1");
}

TEST_CASE("conformance finds results that depend on what they must not") {
    finds<Fault::depends_on_batch>("a sequence does not depend on the rest of the batch");
    finds<Fault::depends_on_last_call>("two runs are equal bit for bit");
    finds_only<Fault::depends_on_workspace>("what outputs, saved and workspace held before does not matter");
    finds<Fault::depends_on_steps>("T steps equal T single steps, double");
    finds_only<Fault::rough_in_float>("float equals double");
    finds_only<Fault::null_state_is_one>("no state and no gradient of it mean zeros");
}

TEST_CASE("conformance finds faults of padding") {
    finds<Fault::y_past_length>("y and dx are zero past a sequence's length");
    finds<Fault::dx_past_length>("y and dx are zero past a sequence's length");
    finds<Fault::state_past_length>("the state stands still past a sequence's length");
    finds<Fault::reads_dy_past_length>("what x, dy and source hold past a length does not matter");
}

TEST_CASE("conformance finds faults of makers and layouts") {
    finds<Fault::throws>("throws nothing");
    finds_only<Fault::refuses_all>("can be made");
    finds_only<Fault::throws_in_maker>("can be made");
    finds_only<Fault::two_weights_of_one_name>("declares weights and state");
    finds_only<Fault::no_fan_in>("declares weights and state");
    finds_only<Fault::short_context>("declares weights and state");
    finds_only<Fault::refuses_odd_widths>("can be made");
    finds_only<Fault::takes_odd_widths>("refuses an H that is no hidden_multiple");
    CHECK(find(report_on<Fault::throws_in_maker>(), "can be made").failure ==
          "not an unroll::Error: out of order, with D 3, H 5, layer 1 of 1");
}

TEST_CASE("a report says what failed, how far and where") {
    conformance::Report report{"cell leaky", {}};
    report.checks.push_back({"float equals double", true, 3, 2e-7, 1e-5, ""});
    report.checks.push_back({"can be made", false, 1, 0, 0, "refused, with H 5"});
    CHECK(to_string(report) ==
          "cell leaky: 2 checks, 1 failed\n"
          "  ✓ float equals double  2.0e-07, at most 1e-05\n"
          "  ✗ can be made        \n"
          "      refused, with H 5\n");
}
