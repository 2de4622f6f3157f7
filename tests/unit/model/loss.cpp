// Losses and their gradients against the formulas written out, extreme logits among them.
#include "model/loss.h"

#include <cmath>
#include <vector>

#include "catch.h"
#include "unroll/random.h"

using namespace unroll;
using model::LossSums;

namespace {

template <class Real>
double log_sum_exp(const std::vector<Real>& x, Size first, Size V) {
    double most = double(x[first]), sum = 0;
    for (Size v = 0; v < V; ++v) most = std::max(most, double(x[first + v]));
    for (Size v = 0; v < V; ++v) sum += std::exp(double(x[first + v]) - most);
    return most + std::log(sum);
}

}  // namespace

TEMPLATE_TEST_CASE("cross-entropy, its gradient and the accuracy follow their formulas", "", float, double) {
    const double tolerance = std::is_same_v<TestType, float> ? 2e-6 : 1e-12;
    const Size N = 23, V = 37;
    RandomStream stream(1, "logits");
    std::vector<TestType> logits(N * V);
    std::vector<Token> targets(N);
    for (TestType& logit : logits) logit = TestType(3 * stream.normal());
    for (Token& target : targets) target = Token(stream.below(V));
    targets[0] = Token(std::max_element(logits.begin(), logits.begin() + V) - logits.begin());

    std::vector<TestType> gradient = logits;
    std::vector<double> each(N);
    const LossSums sums = model::cross_entropy(gradient.data(), targets.data(), N, V, double(N), each.data());
    double loss = 0, correct = 0;
    for (Size n = 0; n < N; ++n) {
        const double log_sum = log_sum_exp(logits, n * V, V);
        const double own = log_sum - double(logits[n * V + Size(targets[n])]);
        CHECK(each[n] == Catch::Approx(own).epsilon(tolerance));
        loss += own;
        bool best = true;
        for (Size v = 0; v < V; ++v) {
            const double p = std::exp(double(logits[n * V + v]) - log_sum);
            CHECK(double(gradient[n * V + v]) ==
                  Catch::Approx((p - (v == Size(targets[n]))) / double(N)).epsilon(tolerance).margin(tolerance));
            best = best && logits[n * V + v] <= logits[n * V + Size(targets[n])];
        }
        correct += best;
    }
    CHECK(sums.loss == Catch::Approx(loss).epsilon(tolerance));
    CHECK(sums.correct == correct);
    CHECK(correct >= 1);
    CHECK(sums.predictions == N);
    CHECK(sums.mean() == Catch::Approx(loss / double(N)).epsilon(tolerance));
}

TEMPLATE_TEST_CASE("logits far apart neither overflow nor underflow", "", float, double) {
    std::vector<TestType> logits = {TestType(1e4), 0, TestType(-1e4), TestType(1e4), 0, TestType(-1e4), 0, 0, 0};
    const std::vector<Token> targets = {2, 0, 1};
    std::vector<double> each(3);
    const LossSums sums = model::cross_entropy(logits.data(), targets.data(), 3, 3, 1, each.data());
    CHECK(each[0] == 2e4);
    CHECK(each[1] == 0);
    CHECK(each[2] == Catch::Approx(std::log(3.0)).epsilon(1e-6));
    CHECK(sums.correct == 1);
    CHECK(std::vector<TestType>(logits.begin(), logits.begin() + 6) == std::vector<TestType>{1, 0, -1, 0, 0, 0});
}

TEST_CASE("a logit that is not finite shows in the loss") {
    const float nan = std::nanf(""), infinity = HUGE_VALF;
    const std::vector<Token> target = {1};
    for (const std::vector<float>& row :
         {std::vector<float>{nan, 0, 0}, {0, nan, 0}, {0, 0, nan}, {infinity, 0, 0}, {0, infinity, 0}}) {
        std::vector<float> logits = row;
        const LossSums sums = model::cross_entropy(logits.data(), target.data(), 1, 3, 1, nullptr);
        CHECK(!std::isfinite(sums.loss));
    }
}

TEST_CASE("squared error is summed over a prediction's numbers and averaged over predictions") {
    std::vector<double> predictions = {1, 2, 3, 4};
    const std::vector<double> targets = {0, 0, 1, 5};
    std::vector<double> each(2);
    const LossSums sums = model::squared_error(predictions.data(), targets.data(), 2, 2, 2, each.data());
    CHECK(each == std::vector<double>{5, 5});
    CHECK(sums.mean() == 5);
    CHECK(sums.accuracy() == 0);
    CHECK(predictions == std::vector<double>{1, 2, 2, -1});
}

TEST_CASE("no predictions make no loss") {
    const LossSums sums = model::cross_entropy<float>(nullptr, nullptr, 0, 5, 0, nullptr);
    CHECK(sums.predictions == 0);
    CHECK(sums.mean() == 0);
    CHECK(sums.accuracy() == 0);
}
