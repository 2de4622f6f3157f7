// Where weights start: bounds, moments, orthogonality, forget gates, streams.
#include "model/initialize.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "catch.h"

using unroll::Initializer;
using unroll::RandomStream;
using unroll::Size;
using unroll::Weight;
using Role = Weight::Role;

namespace {

Weight matrix(Role role, Size rows, Size columns, Size fan_in = 0) {
    return {.name = "weight", .shape = {rows, columns}, .role = role, .fan_in = fan_in};
}

Weight vector(Role role, Size n, Size fan_in = 0) {
    return {.name = "vector", .shape = {n}, .role = role, .fan_in = fan_in};
}

template <class Real = double>
std::vector<Real> values(const Weight& weight, Initializer initializer, Size layers = 1, std::uint64_t seed = 1,
                         std::string_view key = "initialize") {
    std::vector<Real> filled(weight.size(), Real(-77));
    unroll::model::initialize(weight, initializer, layers, RandomStream(seed, key), filled.data());
    return filled;
}

double mean(const std::vector<double>& x) {
    double sum = 0;
    for (double v : x) sum += v;
    return sum / static_cast<double>(x.size());
}

double deviation(const std::vector<double>& x) {
    double sum = 0;
    for (double v : x) sum += v * v;
    return std::sqrt(sum / static_cast<double>(x.size()));
}

/// Uniform in ±bound: nothing outside, the ends nearly reached, the moments right (all five standard errors wide).
void check_uniform(const std::vector<double>& x, double bound) {
    const auto [low, high] = std::minmax_element(x.begin(), x.end());
    const double error = 5 / std::sqrt(static_cast<double>(x.size()));
    CHECK(*low >= -bound);
    CHECK(*high <= bound);
    CHECK(*low < -0.99 * bound);
    CHECK(*high > 0.99 * bound);
    CHECK(std::abs(mean(x)) < error * bound / std::sqrt(3.0));
    CHECK(deviation(x) == Catch::Approx(bound / std::sqrt(3.0)).epsilon(error));
}

void check_normal(const std::vector<double>& x, double expected) {
    const double error = 5 / std::sqrt(static_cast<double>(x.size()));
    CHECK(std::abs(mean(x)) < error * expected);
    CHECK(deviation(x) == Catch::Approx(expected).epsilon(error));
    const auto beyond = std::count_if(x.begin(), x.end(), [&](double v) { return std::abs(v) > 2 * expected; });
    CHECK(static_cast<double>(beyond) / static_cast<double>(x.size()) == Catch::Approx(0.0455).margin(error));
}

bool all(const std::vector<double>& x, double value) {
    return std::all_of(x.begin(), x.end(), [&](double v) { return v == value; });
}

}  // namespace

TEST_CASE("uniform is bounded by one over the root of the declared fan-in") {
    for (Role role : {Role::input, Role::recurrent, Role::residual}) {
        check_uniform(values(matrix(role, 200, 50, 64), Initializer::uniform), 1.0 / 8);
    }
    check_uniform(values(vector(Role::bias, 5000, 16), Initializer::uniform), 1.0 / 4);
}

TEST_CASE("uniform starts a bias without fan-in at 0 and tables at the standard normal") {
    CHECK(all(values(vector(Role::bias, 9), Initializer::uniform), 0));
    check_normal(values(matrix(Role::table, 100, 100), Initializer::uniform), 1);
}

TEST_CASE("glorot bounds the whole stack of gates") {
    for (Role role : {Role::input, Role::residual}) {
        check_uniform(values(matrix(role, 4 * 64, 40, 1), Initializer::glorot), std::sqrt(6.0 / (4 * 64 + 40)));
    }
    check_uniform(values(matrix(Role::table, 100, 100), Initializer::glorot), 0.05);
}

TEST_CASE("glorot makes recurrent matrices orthogonal") {
    const auto [rows, columns] = GENERATE(std::pair<Size, Size>{128, 32}, std::pair<Size, Size>{33, 33},
                                          std::pair<Size, Size>{7, 20}, std::pair<Size, Size>{1, 1});
    const std::vector<float> w = values<float>(matrix(Role::recurrent, rows, columns), Initializer::glorot);
    const bool tall = rows >= columns;
    const Size m = tall ? columns : rows, n = tall ? rows : columns;
    const auto at = [&](Size i, Size k) { return double(tall ? w[k * columns + i] : w[i * columns + k]); };
    double worst = 0;
    for (Size i = 0; i < m; ++i) {
        for (Size j = 0; j < m; ++j) {
            double product = 0;
            for (Size k = 0; k < n; ++k) product += at(i, k) * at(j, k);
            worst = std::max(worst, std::abs(product - (i == j ? 1 : 0)));
        }
    }
    CHECK(worst < 1e-5);
}

TEST_CASE("orthogonal matrices have no preferred sign") {
    Size positive = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        positive += values(matrix(Role::recurrent, 3, 3), Initializer::glorot, 1, seed)[8] > 0;
    }
    CHECK(positive > 150);
    CHECK(positive < 250);
}

TEST_CASE("glorot starts biases at 0 and forget gates at 1") {
    Weight bias = vector(Role::bias, 12, 3);
    CHECK(all(values(bias, Initializer::glorot), 0));
    bias.ones_first = 3;
    bias.ones_last = 6;
    CHECK(values(bias, Initializer::glorot) == std::vector<double>{0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("normal scales residual projections by the depth") {
    for (Role role : {Role::input, Role::recurrent, Role::table}) {
        check_normal(values(matrix(role, 100, 100, 3), Initializer::normal, 8), 0.02);
    }
    check_normal(values(matrix(Role::residual, 100, 100), Initializer::normal, 8), 0.02 / 4);
    CHECK(all(values(vector(Role::bias, 9, 4), Initializer::normal), 0));
}

TEST_CASE("gains start at 1 whatever the initializer") {
    for (const Initializer initializer : {Initializer::uniform, Initializer::glorot, Initializer::normal}) {
        CHECK(all(values(vector(Role::gain, 9), initializer), 1));
    }
}

TEST_CASE("values follow the stream and nothing else") {
    for (const Initializer initializer : {Initializer::uniform, Initializer::glorot, Initializer::normal}) {
        for (Role role : {Role::input, Role::recurrent, Role::residual, Role::table}) {
            const Weight weight = matrix(role, 6, 5, 5);
            const auto first = values(weight, initializer);
            CHECK(values(weight, initializer) == first);
            CHECK(values(weight, initializer, 1, 2) != first);
            CHECK(values(weight, initializer, 1, 1, "another weight") != first);
            const auto rounded = values<float>(weight, initializer);
            CHECK(std::equal(first.begin(), first.end(), rounded.begin(),
                             [](double d, float f) { return static_cast<float>(d) == f; }));
        }
    }
}

TEST_CASE("a weight that contradicts its role is refused") {
    CHECK_THROWS_AS(values(vector(Role::input, 4), Initializer::uniform), std::invalid_argument);
    Weight bias = vector(Role::bias, 4);
    bias.ones_last = 5;
    CHECK_THROWS_AS(values(bias, Initializer::glorot), std::invalid_argument);
}

TEST_CASE("a weight's own start overrules every initializer") {
    namespace start = unroll::start;
    const Initializer initializer = GENERATE(Initializer::uniform, Initializer::glorot, Initializer::normal);
    const auto starts = [&](unroll::Start chosen, Size n, Role role = Role::bias) {
        Weight weight = vector(role, n, 4);
        weight.start = std::move(chosen);
        return values(weight, initializer);
    };
    CHECK(starts(start::constant(3), 4) == std::vector<double>(4, 3.0));
    CHECK(starts(start::constant(0.5), 2, Role::gain) == std::vector<double>(2, 0.5));
    CHECK(starts(start::values({1, 2, 3}), 5) == std::vector<double>{1, 2, 3, 1, 2});
    CHECK(starts(start::linspace(3, 6, 4, 2), 8) == std::vector<double>{3, 3, 4, 4, 5, 5, 6, 6});
    CHECK(starts(start::linspace(3, 6, 1), 2) == std::vector<double>{3, 3});
    CHECK(starts(start::logs(3), 4) == std::vector<double>{0, std::log(2.0), std::log(3.0), 0});
    check_uniform(starts(start::uniform(-2, 2), 5000), 2);
    check_normal(starts(start::normal(0.1), 5000), 0.1);
    const auto within = [](const std::vector<double>& x, double low, double high, double (*of)(double)) {
        double least = HUGE_VAL, greatest = -HUGE_VAL;
        for (const double v : x) least = std::min(least, of(v)), greatest = std::max(greatest, of(v));
        const double margin = 0.02 * (high - low);
        CHECK(least >= low * (1 - 1e-9));
        CHECK(least < low + margin);
        CHECK(greatest <= high * (1 + 1e-9));
        CHECK(greatest > high - margin);
    };
    within(starts(start::log_of_uniform(1, 16), 5000), 1, 16, [](double v) { return std::exp(v); });
    within(starts(start::softplus_log_uniform(1e-3, 1e-1), 5000), 1e-3, 1e-1,
           [](double v) { return std::log1p(std::exp(v)); });
    within(starts(start::softplus_log_uniform(1e-5, 1e-1, 1e-2), 5000), 1e-2, 1e-1,
           [](double v) { return std::log1p(std::exp(v)); });
    within(starts(start::ring(0.4, 0.9), 5000), 0.4, 0.9, [](double v) { return std::exp(-std::exp(v)); });
    within(starts(start::softplus_ring(0.4, 0.9), 5000), 0.4, 0.9, [](double v) { return 1 / (1 + std::exp(v)); });
}
