// The samplers as users meet them: loaded from their libraries, drawing from known distributions.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.h"
#include "plugin.h"

using namespace unroll;

namespace {

constexpr float never = -std::numeric_limits<float>::infinity();

std::unique_ptr<Sampler> make(const std::string& name, const std::map<std::string, std::string>& options = {}) {
    const Plugin& plugin = load_plugin("samplers", name);
    return plugin.make_sampler(plugin_options(plugin, options));
}

/// How often each token is picked in `draws` draws from one stream.
std::vector<int> count(const Sampler& sampler, const std::vector<float>& logits, double temperature, int draws,
                       std::uint64_t seed = 1) {
    RandomStream stream(seed, "samplers test");
    std::vector<double> scratch(logits.size());
    std::vector<int> counts(logits.size());
    for (int i = 0; i < draws; ++i) {
        const Token token = sampler.pick({logits, temperature, {}, stream, scratch});
        REQUIRE(token >= 0);
        REQUIRE(static_cast<Size>(token) < logits.size());
        ++counts[static_cast<Size>(token)];
    }
    return counts;
}

/// softmax(logits / temperature), written down independently of the SDK's.
std::vector<double> probabilities(const std::vector<float>& logits, double temperature) {
    std::vector<double> result;
    double sum = 0;
    for (float logit : logits) sum += result.emplace_back(std::exp(logit / temperature));
    for (double& p : result) p /= sum;
    return result;
}

double chi_square(const std::vector<int>& counts, const std::vector<double>& expected_share, int draws) {
    double sum = 0;
    for (Size i = 0; i < counts.size(); ++i) {
        const double expected = expected_share[i] * draws;
        if (expected == 0) {
            REQUIRE(counts[i] == 0);
        } else {
            sum += (counts[i] - expected) * (counts[i] - expected) / expected;
        }
    }
    return sum;
}

constexpr int draws = 100'000;
const std::vector<float> logits = {0.3f, -0.7f, 1.1f, 0.0f, 0.9f, -0.2f, 0.5f, 0.8f};
constexpr double chi_square_999_of_7 = 24.32;  // the 0.999 quantile at 7 degrees of freedom
constexpr double chi_square_999_of_2 = 13.82;

}  // namespace

TEST_CASE("the temperature sampler draws as often as the softmax says") {
    const auto sampler = make("temperature");
    CHECK(sampler->uses_temperature());
    for (double temperature : {0.5, 0.8, 1.0, 1.2, 2.0}) {
        CAPTURE(temperature);
        const auto counts = count(*sampler, logits, temperature, draws);
        CHECK(chi_square(counts, probabilities(logits, temperature), draws) < chi_square_999_of_7);
    }
}

TEST_CASE("the frequencies of one temperature do not pass for another's") {
    const auto counts = count(*make("temperature"), logits, 1.0, draws);
    CHECK(chi_square(counts, probabilities(logits, 1.1), draws) > chi_square_999_of_7);
}

TEST_CASE("at a low temperature the temperature sampler is nearly greedy") {
    const std::vector<float> apart = {1, 2, 4, 3};
    CHECK(count(*make("temperature"), apart, 1e-3, 1000)[2] == 1000);
}

TEST_CASE("greedy takes the largest logit, of equal ones the lowest token, at every temperature") {
    const auto sampler = make("greedy");
    CHECK_FALSE(sampler->uses_temperature());
    CHECK(count(*sampler, logits, 1.0, 10)[2] == 10);
    CHECK(count(*sampler, logits, 100.0, 10)[2] == 10);
    CHECK(count(*sampler, {1, 3, 3, 2}, 1.0, 10)[1] == 10);
    CHECK(count(*sampler, {never, -5, never}, 1.0, 10)[1] == 10);
}

TEST_CASE("greedy draws nothing from the text's stream") {
    RandomStream stream(1, "greedy"), untouched(1, "greedy");
    std::vector<double> scratch(logits.size());
    make("greedy")->pick({logits, 1.0, {}, stream, scratch});
    CHECK(stream() == untouched());
}

TEST_CASE("top-k draws among the k largest by their softmax and never leaves them") {
    const auto sampler = make("top-k", {{"k", "3"}});
    CHECK(sampler->uses_temperature());
    for (double temperature : {0.5, 1.0, 2.0}) {
        CAPTURE(temperature);
        std::vector<double> expected = probabilities(logits, temperature);
        const double kept = expected[2] + expected[4] + expected[7];
        for (Size i = 0; i < expected.size(); ++i) expected[i] = i == 2 || i == 4 || i == 7 ? expected[i] / kept : 0;
        CHECK(chi_square(count(*sampler, logits, temperature, draws), expected, draws) < chi_square_999_of_2);
    }
}

TEST_CASE("top-k with one token is greedy, with all of them it is the temperature sampler") {
    CHECK(count(*make("top-k", {{"k", "1"}}), logits, 5.0, 100)[2] == 100);
    const auto plain = count(*make("temperature"), logits, 0.7, 1000);
    CHECK(count(*make("top-k", {{"k", "8"}}), logits, 0.7, 1000) == plain);
    CHECK(count(*make("top-k"), logits, 0.7, 1000) == plain);  // the default, 40, is more than there are
}

TEST_CASE("of equal logits at the border of top-k and top-p the lowest tokens stay") {
    const std::vector<float> tied = {0, 1, 1, 1, 1};
    for (const auto& sampler : {make("top-k", {{"k", "2"}}), make("top-p", {{"p", "0.45"}})}) {
        const auto counts = count(*sampler, tied, 1.0, 1000);
        CHECK(counts[1] + counts[2] == 1000);
        CHECK(counts[1] > 400);
        CHECK(counts[2] > 400);
    }
}

TEST_CASE("top-p draws among the fewest tokens whose mass reaches p and never leaves them") {
    // Probabilities 0.5, 0.3, 0.15, 0.05, in another order.
    const std::vector<float> known = {std::log(0.15f), std::log(0.5f), std::log(0.05f), std::log(0.3f)};
    struct Case {
        const char* p;
        std::vector<double> expected;
    };
    for (const Case& c : {Case{"0.4", {0, 1, 0, 0}}, Case{"0.75", {0, 5. / 8, 0, 3. / 8}},
                          Case{"0.9", {15. / 95, 50. / 95, 0, 30. / 95}}, Case{"1", {.15, .5, .05, .3}}}) {
        CAPTURE(c.p);
        const auto counts = count(*make("top-p", {{"p", c.p}}), known, 1.0, draws);
        CHECK(chi_square(counts, c.expected, draws) < 16.27);  // the 0.999 quantile at 3 degrees of freedom
    }
}

TEST_CASE("top-p takes its set at the temperature") {
    // At temperature 0.25 the most probable of 0.5, 0.3, 0.15, 0.05 has more than 0.85.
    const std::vector<float> known = {std::log(0.15f), std::log(0.5f), std::log(0.05f), std::log(0.3f)};
    CHECK(count(*make("top-p", {{"p", "0.85"}}), known, 0.25, 1000)[1] == 1000);
}

TEST_CASE("a token of logit minus infinity is never picked") {
    const std::vector<float> masked = {never, 0.1f, never, 0.2f, never};
    for (const auto& sampler : {make("greedy"), make("temperature"), make("top-k", {{"k", "4"}}),
                                make("top-k", {{"k", "1"}}), make("top-p", {{"p", "1"}}), make("top-p")}) {
        for (double temperature : {1e-3, 1.0, 1e6}) {
            const auto counts = count(*sampler, masked, temperature, 2000);
            CHECK(counts[1] + counts[3] == 2000);
        }
    }
}

TEST_CASE("extreme logits and temperatures give tokens, not NaN") {
    const std::vector<float> extreme = {-1e30f, 1e30f, 0, 1e29f};
    for (const auto& sampler :
         {make("greedy"), make("temperature"), make("top-k", {{"k", "2"}}), make("top-p", {{"p", "0.99"}})}) {
        for (double temperature : {1e-3, 1.0, 1e3}) CHECK(count(*sampler, extreme, temperature, 100)[1] == 100);
        CHECK(count(*sampler, {-1e30f, never}, 1e-3, 100)[0] == 100);
        CHECK(count(*sampler, {42}, 1e-3, 100)[0] == 100);
    }
}

TEST_CASE("the same stream gives the same tokens") {
    for (const auto& sampler : {make("temperature"), make("top-k", {{"k", "5"}}), make("top-p")}) {
        CHECK(count(*sampler, logits, 1.0, 1000, 7) == count(*sampler, logits, 1.0, 1000, 7));
        CHECK(count(*sampler, logits, 1.0, 1000, 7) != count(*sampler, logits, 1.0, 1000, 8));
    }
}

TEST_CASE("samplers refuse options out of range") {
    CHECK_THROWS_AS(make("top-k", {{"k", "0"}}), Error);
    CHECK_THROWS_AS(make("top-p", {{"p", "1.5"}}), Error);
    CHECK(error_of([] {
              make("top-p", {{"p", "0"}});
          }) ==
          "p: 0\n  expected: a number above 0, at most 1\n"
          "  help: to pick only the most probable token, give a small number such as 1e-9");
}
