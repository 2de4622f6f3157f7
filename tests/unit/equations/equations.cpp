// Cells of equations against the same cells with forward and backward written out by hand, and the errors of recording.
#include "unroll/equations.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.h"
#include "unroll/error.h"

using namespace unroll;

namespace {

using Array = std::vector<double>;

Array random_array(Size size, std::uint64_t key) {
    RandomStream stream(key, "equations test");
    Array array(size);
    for (double& value : array) value = stream.uniform(-1, 1);
    return array;
}

/// Everything that one forward and one backward call give.
struct Outcome {
    Array y, next_state, dx, dstate, dweights;
};

struct Setting {
    Size T = 5, B = 3, D = 4, H = 3;
    std::vector<Size> lengths{5, 2, 3};
    Array x, weights, state, dy, dnext;

    Setting(Size weight_count, Size state_size)
        : x(random_array(T * B * D, 1)),
          weights(random_array(weight_count, 2)),
          state(random_array(B * state_size, 3)),
          dy(random_array(T * B * H, 4)),
          dnext(random_array(B * state_size, 5)) {}
};

Outcome run(const Cell<double>& cell, const Setting& problem) {
    Outcome out;
    const Size S = cell.layout().state_size();
    Array prepared(cell.prepared_size()), saved(cell.saved_size(problem.T, problem.B), std::nan("")),
        workspace(cell.workspace_size(problem.T, problem.B), std::nan(""));
    cell.prepare(problem.weights.data(), prepared.data());
    out.y.resize(problem.T * problem.B * problem.H);
    out.next_state.resize(problem.B * S);
    out.dx.resize(problem.x.size());
    out.dstate.resize(problem.B * S);
    out.dweights.assign(problem.weights.size(), 0);
    Forward<double> call;
    call.T = problem.T, call.B = problem.B;
    call.weights = problem.weights.data(), call.prepared = prepared.data();
    call.x.values = problem.x.data();
    call.lengths = problem.lengths.data();
    call.state = problem.state.data();
    call.y = out.y.data(), call.next_state = out.next_state.data();
    call.saved = saved.data(), call.workspace = workspace.data();
    cell.forward(call);
    Backward<double> gradients;
    gradients.dy = problem.dy.data(), gradients.dnext_state = problem.dnext.data();
    gradients.dx = out.dx.data(), gradients.dstate = out.dstate.data(), gradients.dweights = out.dweights.data();
    gradients.workspace = workspace.data();
    cell.backward(call, gradients);
    return out;
}

void require_equal(const Array& a, const Array& b) {
    REQUIRE(a.size() == b.size());
    for (Size i = 0; i < a.size(); ++i) REQUIRE(a[i] == Approx(b[i]).epsilon(1e-11).margin(1e-13));
}

void require_equal(const Outcome& a, const Outcome& b) {
    require_equal(a.y, b.y);
    require_equal(a.next_state, b.next_state);
    require_equal(a.dx, b.dx);
    require_equal(a.dstate, b.dstate);
    require_equal(a.dweights, b.dweights);
}

double logistic(double x) {
    return 1 / (1 + std::exp(-x));
}

/// z (rows) += W (rows, columns) x.
void multiply_add(const double* W, const double* x, double* z, Size rows, Size columns) {
    for (Size i = 0; i < rows; ++i)
        for (Size j = 0; j < columns; ++j) z[i] += W[i * columns + j] * x[j];
}

/// dx += Wᵀ dz and dW += dz xᵀ.
void multiply_add_backward(const double* W, const double* x, const double* dz, double* dx, double* dW, Size rows,
                           Size columns) {
    for (Size i = 0; i < rows; ++i)
        for (Size j = 0; j < columns; ++j) dx[j] += W[i * columns + j] * dz[i], dW[i * columns + j] += dz[i] * x[j];
}

// ---- LSTM

void lstm(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input();
    auto h = e.state("h", H), c = e.state("c", H);
    auto z = e.linear("gates", 4 * H, {x, h});
    auto i = sigmoid(slice(z, 0, H)), f = sigmoid(slice(z, H, H)), g = tanh(slice(z, 2 * H, H)),
         o = sigmoid(slice(z, 3 * H, H));
    e.next(c, f * c + i * g);
    e.next(h, o * tanh(e.next_of(c)));
    e.output(e.next_of(h));
}

Outcome lstm_by_hand(const Setting& p) {
    const Size T = p.T, B = p.B, D = p.D, H = p.H;
    const double *Wx = p.weights.data(), *Wh = Wx + 4 * H * D, *bias = Wh + 4 * H * H;
    Outcome out{Array(T * B * H), Array(p.state.size()), Array(p.x.size()), Array(p.state.size()),
                Array(p.weights.size())};
    double *dWx = out.dweights.data(), *dWh = dWx + 4 * H * D, *dbias = dWh + 4 * H * H;
    for (Size b = 0; b < B; ++b) {
        const Size length = p.lengths[b];
        std::vector<Array> h(length + 1, Array(H)), c(length + 1, Array(H)), gates(length, Array(4 * H));
        for (Size j = 0; j < H; ++j) h[0][j] = p.state[b * 2 * H + j], c[0][j] = p.state[b * 2 * H + H + j];
        for (Size t = 0; t < length; ++t) {
            Array& z = gates[t];
            z.assign(bias, bias + 4 * H);
            multiply_add(Wx, &p.x[(t * B + b) * D], z.data(), 4 * H, D);
            multiply_add(Wh, h[t].data(), z.data(), 4 * H, H);
            for (Size j = 0; j < 4 * H; ++j) z[j] = j / H == 2 ? std::tanh(z[j]) : logistic(z[j]);
            for (Size j = 0; j < H; ++j) {
                c[t + 1][j] = z[H + j] * c[t][j] + z[j] * z[2 * H + j];
                h[t + 1][j] = z[3 * H + j] * std::tanh(c[t + 1][j]);
                out.y[(t * B + b) * H + j] = h[t + 1][j];
            }
        }
        Array dh(H), dc(H);
        for (Size j = 0; j < H; ++j) {
            out.next_state[b * 2 * H + j] = h[length][j], out.next_state[b * 2 * H + H + j] = c[length][j];
            dh[j] = p.dnext[b * 2 * H + j], dc[j] = p.dnext[b * 2 * H + H + j];
        }
        for (Size t = length; t-- > 0;) {
            const Array& z = gates[t];
            Array dz(4 * H), dh_before(H);
            for (Size j = 0; j < H; ++j) {
                const double i = z[j], f = z[H + j], g = z[2 * H + j], o = z[3 * H + j];
                const double s = std::tanh(c[t + 1][j]), dy = dh[j] + p.dy[(t * B + b) * H + j];
                const double dcell = dc[j] + dy * o * (1 - s * s);
                dz[j] = dcell * g * i * (1 - i);
                dz[H + j] = dcell * c[t][j] * f * (1 - f);
                dz[2 * H + j] = dcell * i * (1 - g * g);
                dz[3 * H + j] = dy * s * o * (1 - o);
                dc[j] = dcell * f;
            }
            for (Size j = 0; j < 4 * H; ++j) dbias[j] += dz[j];
            multiply_add_backward(Wx, &p.x[(t * B + b) * D], dz.data(), &out.dx[(t * B + b) * D], dWx, 4 * H, D);
            multiply_add_backward(Wh, h[t].data(), dz.data(), dh_before.data(), dWh, 4 * H, H);
            dh = dh_before;
        }
        for (Size j = 0; j < H; ++j) out.dstate[b * 2 * H + j] = dh[j], out.dstate[b * 2 * H + H + j] = dc[j];
    }
    return out;
}

// ---- GRU, reset after the product

void gru(Equations& e) {
    const Size H = e.hidden();
    auto x = e.input();
    auto h = e.state("h", H);
    auto above = e.plus(e.product("weight_ih", 3 * H, x), "bias_ih");
    auto past = e.plus(e.product("weight_hh", 3 * H, h), "bias_hh");
    auto r = sigmoid(slice(above, 0, H) + slice(past, 0, H)), u = sigmoid(slice(above, H, H) + slice(past, H, H)),
         n = tanh(slice(above, 2 * H, H) + r * slice(past, 2 * H, H));
    e.next(h, (1 - u) * n + u * h);
    e.output(e.next_of(h));
}

Outcome gru_by_hand(const Setting& p) {
    const Size T = p.T, B = p.B, D = p.D, H = p.H;
    const double *Wx = p.weights.data(), *bx = Wx + 3 * H * D, *Wh = bx + 3 * H, *bh = Wh + 3 * H * H;
    Outcome out{Array(T * B * H), Array(p.state.size()), Array(p.x.size()), Array(p.state.size()),
                Array(p.weights.size())};
    double *dWx = out.dweights.data(), *dbx = dWx + 3 * H * D, *dWh = dbx + 3 * H, *dbh = dWh + 3 * H * H;
    for (Size b = 0; b < B; ++b) {
        const Size length = p.lengths[b];
        std::vector<Array> h(length + 1, Array(H)), r(length, Array(H)), u(r), n(r), q(r);  // q: what r multiplies
        std::copy_n(&p.state[b * H], H, h[0].begin());
        for (Size t = 0; t < length; ++t) {
            Array zx(bx, bx + 3 * H), zh(bh, bh + 3 * H);
            multiply_add(Wx, &p.x[(t * B + b) * D], zx.data(), 3 * H, D);
            multiply_add(Wh, h[t].data(), zh.data(), 3 * H, H);
            for (Size j = 0; j < H; ++j) {
                r[t][j] = logistic(zx[j] + zh[j]), u[t][j] = logistic(zx[H + j] + zh[H + j]);
                q[t][j] = zh[2 * H + j], n[t][j] = std::tanh(zx[2 * H + j] + r[t][j] * q[t][j]);
                h[t + 1][j] = (1 - u[t][j]) * n[t][j] + u[t][j] * h[t][j];
                out.y[(t * B + b) * H + j] = h[t + 1][j];
            }
        }
        std::copy_n(h[length].begin(), H, &out.next_state[b * H]);
        Array dh(p.dnext.begin() + static_cast<std::ptrdiff_t>(b * H),
                 p.dnext.begin() + static_cast<std::ptrdiff_t>((b + 1) * H));
        for (Size t = length; t-- > 0;) {
            Array dzx(3 * H), dzh(3 * H), dh_before(H);
            for (Size j = 0; j < H; ++j) {
                const double d = dh[j] + p.dy[(t * B + b) * H + j];
                const double dn = d * (1 - u[t][j]) * (1 - n[t][j] * n[t][j]);
                dzx[j] = dzh[j] = dn * q[t][j] * r[t][j] * (1 - r[t][j]);
                dzx[H + j] = dzh[H + j] = d * (h[t][j] - n[t][j]) * u[t][j] * (1 - u[t][j]);
                dzx[2 * H + j] = dn, dzh[2 * H + j] = dn * r[t][j];
                dh_before[j] = d * u[t][j];
            }
            for (Size j = 0; j < 3 * H; ++j) dbx[j] += dzx[j], dbh[j] += dzh[j];
            multiply_add_backward(Wx, &p.x[(t * B + b) * D], dzx.data(), &out.dx[(t * B + b) * D], dWx, 3 * H, D);
            multiply_add_backward(Wh, h[t].data(), dzh.data(), dh_before.data(), dWh, 3 * H, H);
            dh = dh_before;
        }
        std::copy_n(dh.begin(), H, &out.dstate[b * H]);
    }
    return out;
}

std::unique_ptr<Cell<double>> make(void (*record)(Equations&)) {
    return make_equations_cell<double>(record, {.input = 4, .hidden = 3, .context = 5}, {});
}

}  // namespace

TEST_CASE("an LSTM of equations equals one by hand, gradients and padding too") {
    const auto cell = make(lstm);
    const Setting problem(cell->layout().weight_count(), cell->layout().state_size());
    require_equal(run(*cell, problem), lstm_by_hand(problem));
}

TEST_CASE("a GRU of equations equals one by hand, gradients and padding too") {
    const auto cell = make(gru);
    const Setting problem(cell->layout().weight_count(), cell->layout().state_size());
    require_equal(run(*cell, problem), gru_by_hand(problem));
}

TEST_CASE("equations declare their weights and state") {
    const auto cell = make(lstm);
    const CellLayout& layout = cell->layout();
    REQUIRE(layout.weights.size() == 3);
    CHECK(layout.weights[0].name == "weight_gates_0");
    CHECK(layout.weights[0].shape == std::vector<Size>{12, 4});
    CHECK(layout.weights[0].role == Weight::Role::input);
    CHECK(layout.weights[1].name == "weight_gates_1");
    CHECK(layout.weights[1].role == Weight::Role::recurrent);
    CHECK(layout.weights[2].name == "bias_gates");
    CHECK(layout.weights[2].shape == std::vector<Size>{12});
    CHECK(layout.weights[2].fan_in == 3);
    REQUIRE(layout.state.size() == 2);
    CHECK(layout.state[1].name == "c");
    CHECK(layout.output == 3);
}

TEST_CASE("a mistake in equations is told with the formula and its shapes") {
    const auto refusal = [](void (*record)(Equations&)) {
        try {
            make(record);
        } catch (const Error& error) {
            return error.problem().where + ": " + error.problem().found;
        }
        return std::string("accepted");
    };
    // The input is 4 wide and the state 3.
    CHECK(refusal([](Equations& e) { e.output(e.input() + e.state("h", 3)); }) ==
          R"(equations, input() + state("h"): shapes (B, 4) and (B, 3))");
    CHECK(refusal([](Equations& e) { e.output(e.input() - e.state("h", 3)); }) ==
          R"(equations, input() - state("h"): shapes (B, 4) and (B, 3))");
    CHECK(refusal([](Equations& e) { e.output(sigmoid(e.linear("gate", 4, {e.input()})) * e.state("h", 3)); }) ==
          R"(equations, sigmoid(linear("gate")) * state("h"): shapes (B, 4) and (B, 3))");
    CHECK(refusal([](Equations& e) { e.output(slice(e.input(), 2, 3)); }) ==
          "equations, slice(input(), 2, 3): columns [2, 5) of a value of shape (B, 4)");
    CHECK(refusal([](Equations& e) { e.output(layer_norm(e.input(), 3)); }) ==
          "equations, layer_norm(input(), 3): 3 groups of a value of shape (B, 4)");
    CHECK(refusal([](Equations& e) { e.output(contract(e.input(), e.state("S", 2, 3, 2))); }) ==
          R"(equations, contract(state("S"), input()): matrices, 2 of (3, 2), and a value of shape (B, 4))");
    CHECK(refusal([](Equations& e) { e.output(outer(e.input(), e.state("h", 3), 2)); }) ==
          R"(equations, outer(input(), state("h"), 2): 2 heads of values of shapes (B, 4) and (B, 3))");
    CHECK(refusal([](Equations& e) { e.state("h", e.input()); }) ==
          R"(equations, state("h", input()): a first value that depends on the input or on a state)");
    CHECK(refusal([](Equations&) { concatenate({}); }) == "equations, concatenate: no values");
    CHECK(refusal([](Equations& e) { e.product("W", 0, e.input()); }) == "equations, weights 'W': 0 outputs");
    CHECK(refusal([](Equations& e) { e.plus(e.input(), "b", 2, 5); }) ==
          "equations, bias 'b': ones in [2, 5) of 4 elements");
    CHECK(refusal([](Equations& e) { e.times(e.times(e.input(), "g"), "g"); }) ==
          "equations, weights: 'g' for the second time");
    CHECK(refusal([](Equations& e) { e.output(e.linear("a", 3, {})); }) == R"(equations, linear("a"): no inputs)");
    CHECK(refusal([](Equations& e) { e.output(e.linear("a", 3, {e.input()}) + e.linear("a", 3, {e.input()})); }) ==
          R"(equations, linear("a"): the name for the second time)");
    CHECK(refusal([](Equations& e) { e.state("h", 3), e.state("h", 3); }) ==
          "equations, state: 'h' for the second time");
    CHECK(refusal([](Equations& e) { e.state("h", 0); }) == "equations, state 'h': width 0");
    CHECK(refusal([](Equations& e) { e.next(e.input(), e.input()); }) ==
          "equations, next(input()): a value that is no state");
    CHECK(refusal([](Equations& e) { e.next(e.state("h", 3), e.input()); }) ==
          R"(equations, next(state("h"), input()): a value of shape (B, 4) for a state of shape (B, 3))");
    CHECK(refusal([](Equations& e) {
              auto h = e.state("h", 3);
              e.next(h, h), e.next(h, h);
          }) == "equations, next: a second value for the state 'h'");
    CHECK(refusal([](Equations& e) { e.output(e.next_of(e.state("h", 3))); }) ==
          "equations, next_of: the state 'h', which has no next value yet");
    CHECK(refusal([](Equations& e) { e.output(e.input()), e.output(slice(e.input(), 0, 2)); }) ==
          "equations, output: a second output, slice(input(), 0, 2) after input()");
    CHECK(refusal([](Equations& e) { e.output(e.state("h", 3)); }) == "equations, next: nothing for the state 'h'");
    CHECK(refusal([](Equations& e) { e.input(); }) == "equations, output: nothing");
    CHECK(refusal([](Equations& e) {
              Equations other(e.spec(), e.options());
              e.output(e.input() + other.input());
          }) == "equations, an operation: values of two cells");
}
