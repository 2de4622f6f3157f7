// The cells that stand on scans against the same cells written as equations in real numbers, in double to 1e-10; and
// what their weights start from.
#include <cmath>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "equal_cells.h"
#include "unroll/equations.h"

using namespace unroll;

namespace {

using Role = Weight::Role;

struct Complex {
    Value re, im;
};
Complex operator*(Complex a, Complex b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
Complex operator/(Complex a, Complex b) {
    const Value size = b.re * b.re + b.im * b.im;
    return {(a.re * b.re + a.im * b.im) / size, (a.im * b.re - a.re * b.im) / size};
}

Value entered(Equations& e) {
    return e.plus(e.product("weight_in", e.hidden(), e.input()), "bias_in");
}

/// Column n of weights (H, N), whose elements stand row by row.
Value column(Value weights, Size H, Size N, Size n) {
    std::vector<Value> parts;
    for (Size c = 0; c < H; ++c) parts.push_back(slice(weights, c * N + n, 1));
    return concatenate(std::span<const Value>(parts));
}

void lru(Equations& e) {
    const Size H = e.hidden(), N = H;
    const Value u = entered(e);
    const Complex in{e.product("B_re", N, u), e.product("B_im", N, u)};
    const Value radius = e.weight("nu_gamma_log", {2 * N}, Role::bias), angle = e.weight("theta_log", {N}, Role::bias);
    const Value size = exp(-exp(slice(radius, 0, N))), scale = exp(slice(radius, N, N)), turn = exp(angle);
    const Complex h{e.state("re", N), e.state("im", N)}, kept = Complex{size * cos(turn), size * sin(turn)} * h;
    e.next(h.re, kept.re + scale * in.re);
    e.next(h.im, kept.im + scale * in.im);
    const Value from_re = e.product("C_re", H, e.next_of(h.re)), from_im = e.product("C_im", H, e.next_of(h.im));
    e.output(from_re - from_im + e.times(u, "D"));
}

/// S4D's factors of the state and of what enters it.
struct Discrete {
    Complex factor, entering;
};
Discrete held(Complex rate, Value dt) {
    const Value size = exp(dt * rate.re), angle = dt * rate.im;
    const Complex factor{size * cos(angle), size * sin(angle)};
    return {factor, Complex{factor.re - 1, factor.im} / rate};
}
Discrete bilinear(Complex rate, Value dt) {
    const Value re = dt * rate.re * 0.5, im = dt * rate.im * 0.5;
    const Complex below{1 - re, -im};
    return {Complex{1 + re, im} / below, Complex{dt, 0.0 * dt} / below};
}

void s4d(Equations& e) {
    const Size H = e.hidden(), half = static_cast<Size>(e.options().integer("d_state")) / 2;
    const Value u = entered(e);
    const Value dt = exp(e.weight("log_dt", {H}, Role::bias));
    const Value decays = e.weight("log_A_real", {H, half}, Role::input);
    const Value frequencies = e.weight("A_imag", {H, half}, Role::input);
    const Value reads_re = e.weight("C_re", {H, half}, Role::input);
    const Value reads_im = e.weight("C_im", {H, half}, Role::input);
    Value s = e.times(u, "D");
    std::vector<Value> states;
    for (Size i = 0; i < 2 * half; ++i) states.push_back(e.state("h" + std::to_string(i), H));
    for (Size n = 0; n < half; ++n) {
        const Complex rate{-exp(column(decays, H, half, n)), column(frequencies, H, half, n)};
        const auto [factor, entering] = e.options().text("disc") == "zoh" ? held(rate, dt) : bilinear(rate, dt);
        const Complex h{states[n], states[half + n]}, kept = factor * h;
        e.next(h.re, kept.re + u);
        e.next(h.im, kept.im);
        const Complex read = Complex{column(reads_re, H, half, n), column(reads_im, H, half, n)} * entering;
        s = s + 2 * (read.re * e.next_of(h.re) - read.im * e.next_of(h.im));
    }
    if (e.options().text("final_act") == "none") return e.output(s);
    const Value z = e.plus(e.product("output.weight", 2 * H, gelu(s)), "output.bias");
    e.output(slice(z, 0, H) * sigmoid(slice(z, H, H)));
}

void selective_ssm(Equations& e) {
    const Size H = e.hidden(), N = static_cast<Size>(e.options().integer("d_state"));
    const Size R = static_cast<Size>(e.options().integer("dt_rank"));
    const Value u = entered(e);
    const Value z = e.product("x_proj.weight", R + 2 * N, u);
    const Value dt = softplus(e.plus(e.product("dt_proj.weight", H, slice(z, 0, R)), "dt_proj.bias"));
    const Value rates = exp(e.weight("A_log", {H, N}, Role::input));
    Value y = e.times(u, "D");
    for (Size n = 0; n < N; ++n) {
        const Value h = e.state("h" + std::to_string(n), H);
        e.next(h, exp(-(dt * column(rates, H, N, n))) * h + dt * u * repeat(slice(z, R + n, 1), H));
        y = y + repeat(slice(z, R + N + n, 1), H) * e.next_of(h);
    }
    e.output(y);
}

constexpr Plugin lru_equations = equations_plugin<lru>("lru", 1, "");
constexpr Plugin s4d_equations = equations_plugin<s4d>("s4d", 1, "");
constexpr Plugin selective_equations = equations_plugin<selective_ssm>("selective-ssm", 1, "");

std::vector<tests::EqualCells> pairs() {
    Options two, bilinear, selective;
    two.set("d_state", std::int64_t{4}), two.set("disc", std::string("zoh"));
    two.set("final_act", std::string("glu"));
    bilinear.set("d_state", std::int64_t{6}), bilinear.set("disc", std::string("bilinear"));
    bilinear.set("final_act", std::string("none"));
    selective.set("d_state", std::int64_t{5}), selective.set("dt_rank", std::int64_t{2});
    const std::vector<Size> lengths{37, 1, 20, 32};  // some within, some at the end of the steps that are kept together
    return {{"lru", {}, &lru_equations, 1e-10, lengths},
            {"s4d", two, &s4d_equations, 1e-10, lengths},
            {"s4d", bilinear, &s4d_equations, 1e-10, lengths},
            {"selective-ssm", selective, &selective_equations, 1e-10, lengths}};
}

/// What the array starts from, with the seed.
std::vector<double> started(const CellLayout& layout, const std::string& name, std::uint64_t seed) {
    for (const Weight& weight : layout.weights)
        if (weight.name == name) {
            RandomStream stream(seed, name);
            std::vector<double> values;
            for (Size i = 0; i < weight.size(); ++i) values.push_back(weight.start(i, stream));
            return values;
        }
    FAIL("no weight " << name);
    return {};
}

tests::Layer<double> layer(const std::string& name, const Options& options = {}) {
    CellSpec spec;
    spec.input = spec.hidden = 64;
    return {tests::built_plugin("cells", name), spec, options};
}

}  // namespace

TEST_CASE("The cells that stand on scans equal their equations") {
    for (const tests::EqualCells& pair : pairs()) tests::check_equal_cells(pair);
}

TEST_CASE("The linear recurrent unit starts in its ring, and with the scale of its eigenvalues") {
    Options options;
    options.set("r_min", 0.5), options.set("r_max", 0.9);
    const auto made = layer("lru", options);
    const auto radius = started(made.layout(), "nu_gamma_log", 1), again = started(made.layout(), "nu_gamma_log", 2);
    CHECK(radius != again);
    for (Size i = 0; i < 64; ++i) {
        const double size = std::exp(-std::exp(radius[i]));
        CHECK(size >= 0.5);
        CHECK(size <= 0.9);
        CHECK(std::exp(radius[64 + i]) == Approx(std::sqrt(1 - size * size)));
    }
    for (const double angle : started(made.layout(), "theta_log", 1)) CHECK(std::exp(angle) <= 6.28);
    for (const Weight& weight : made.layout().weights) {
        const bool recurrence = weight.name[0] != 'C' && weight.name != "D";
        CHECK(weight.decays != recurrence);
        CHECK(weight.learning_rate_factor == (recurrence ? 0.5 : 1));
    }
}

TEST_CASE("S4D starts from the eigenvalues that are named") {
    using std::numbers::pi;
    for (const std::string init : {"lin", "inv", "real"}) {
        Options options;
        options.set("init", init), options.set("d_state", std::int64_t{8});
        const auto made = layer("s4d", options);
        const auto decays = started(made.layout(), "log_A_real", 1), imaginary = started(made.layout(), "A_imag", 1);
        for (Size i = 0; i < 64 * 4; ++i) {
            const double n = double(i % 4);
            CHECK(std::exp(decays[i]) == Approx(init == "real" ? n + 1 : 0.5));
            CHECK(imaginary[i] == Approx(init == "lin"   ? pi * n
                                         : init == "inv" ? 8 / pi * (8 / (2 * n + 1) - 1)
                                                         : 0)
                                      .margin(1e-12));
        }
        for (const double step : started(made.layout(), "log_dt", 1)) {
            CHECK(std::exp(step) >= 0.000999);
            CHECK(std::exp(step) <= 0.1001);
        }
        for (const Weight& weight : made.layout().weights)
            CHECK(weight.learning_rate_factor ==
                  (weight.name.find("A_") != std::string::npos || weight.name == "log_dt" ? 0.1 : 1));
    }
}

TEST_CASE("The selective state space starts as Mamba's") {
    const auto made = layer("selective-ssm");
    const auto a = started(made.layout(), "A_log", 1);
    for (Size i = 0; i < a.size(); ++i) CHECK(std::exp(a[i]) == Approx(double(i % 16 + 1)));
    for (const double bias : started(made.layout(), "dt_proj.bias", 1)) {
        CHECK(std::log1p(std::exp(bias)) >= 0.000999);
        CHECK(std::log1p(std::exp(bias)) <= 0.1001);
    }
    for (const double matrix : started(made.layout(), "dt_proj.weight", 1)) CHECK(std::abs(matrix) <= 0.5);
    for (const Weight& weight : made.layout().weights)
        CHECK(weight.decays == (weight.name == "x_proj.weight" || weight.name == "dt_proj.weight"));
}

TEST_CASE("State sizes are those of the recurrences") {
    Options two;
    two.set("d_state", std::int64_t{2});
    CHECK(layer("lru").layout().state_size() == 2 * 64);
    CHECK(layer("lru", two).layout().state_size() == 2 * 2);
    CHECK(layer("s4d").layout().state_size() == 64 * 64);
    CHECK(layer("selective-ssm").layout().state_size() == 16 * 64);
}

TEST_CASE("Options that contradict each other are refused") {
    Options ring, steps, odd;
    ring.set("r_min", 0.9), ring.set("r_max", 0.9);
    steps.set("dt_min", 0.2);
    odd.set("d_state", std::int64_t{7});
    CHECK_THROWS_AS(layer("lru", ring), Error);
    CHECK_THROWS_AS(layer("s4d", steps), Error);
    CHECK_THROWS_AS(layer("s4d", odd), Error);
    CHECK_THROWS_AS(layer("selective-ssm", steps), Error);
}
