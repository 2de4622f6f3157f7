// What samplers share: softmax at a temperature, and draws by weight.
#include "unroll/sampler.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "catch.h"

using namespace unroll;

namespace {
constexpr float minus_infinity = -std::numeric_limits<float>::infinity();
}

TEST_CASE("softmax divides by the temperature and survives extreme logits") {
    const std::vector<float> logits{1, 2, minus_infinity, 0};
    std::vector<double> p(4);
    softmax(logits, 0.5, p);
    const double sum = std::exp(2.0) + std::exp(4.0) + 1;
    CHECK(p[0] == Approx(std::exp(2.0) / sum));
    CHECK(p[1] == Approx(std::exp(4.0) / sum));
    CHECK(p[2] == 0);
    CHECK(p[3] == Approx(1 / sum));
    softmax(std::vector<float>{1e38f, -1e38f, 1e38f, 0}, 0.01, p);
    CHECK(p == std::vector<double>{0.5, 0, 0.5, 0});
    softmax(std::vector<float>{1e38f, minus_infinity, 1e38f, 1}, 1e-300, p);
    CHECK(p == std::vector<double>{0.5, 0, 0.5, 0});
    softmax(std::vector<float>{-1e38f, minus_infinity, -2e38f, -2e38f}, 1e-300, p);
    CHECK(p == std::vector<double>{1, 0, 0, 0});
}

TEST_CASE("softmax refuses logits that are no distribution") {
    std::vector<double> p(2);
    CHECK_THROWS_WITH(softmax(std::vector<float>{minus_infinity, minus_infinity}, 1, p),
                      "softmax: every logit is -infinity");
    CHECK_THROWS_WITH(softmax(std::vector<float>{0, std::nanf("")}, 1, p), "softmax: a logit is nan");
    CHECK_THROWS_AS(softmax(std::vector<float>{0, 0}, 0, p), std::invalid_argument);
    CHECK_THROWS_AS(softmax(std::vector<float>{0, 0, 0}, 1, p), std::invalid_argument);
}

TEST_CASE("draws are as frequent as their weights and never of weight 0") {
    RandomStream stream(1, "draw");
    for (const std::vector<double>& weights : {std::vector<double>{0, 1, 0, 3, 4, 0},
                                               {2, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0},
                                               {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 4}}) {
        std::vector<int> counts(weights.size());
        const int n = 80'000;
        for (int i = 0; i < n; ++i) ++counts[static_cast<std::size_t>(draw(weights, stream))];
        double chi_square = 0;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const double expected = weights[i] / 8 * n;
            if (expected == 0)
                CHECK(counts[i] == 0);
            else
                chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
        }
        CHECK(chi_square < 18.5);  // up to four degrees of freedom: exceeded once in a thousand seeds
    }
    CHECK_THROWS_AS(draw(std::vector<double>{0, 0}, stream), std::domain_error);
    CHECK_THROWS_AS(draw(std::vector<double>{1, std::nan("")}, stream), std::domain_error);
}
