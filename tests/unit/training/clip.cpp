// Clipping by global norm and by element.
#include "training/clip.h"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.h"

using unroll::training::clip;
using unroll::trial::Clip;

TEMPLATE_TEST_CASE("clipping by norm scales as PyTorch does and returns the norm before", "", float, double) {
    std::vector<TestType> gradients = {3, 0, -4};
    CHECK(clip({Clip::Kind::norm, 2}, gradients.data(), gradients.size()) == Catch::Approx(5).epsilon(1e-12));
    const double factor = 2 / (5 + 1e-6);
    CHECK(gradients[0] == Catch::Approx(3 * factor).epsilon(1e-6));
    CHECK(gradients[1] == 0);
    CHECK(gradients[2] == Catch::Approx(-4 * factor).epsilon(1e-6));
}

TEST_CASE("a norm within the bound changes nothing") {
    const std::vector<float> before = {3, 0, -4};
    std::vector<float> gradients = before;
    CHECK(clip({Clip::Kind::norm, 6}, gradients.data(), 3) == 5);
    CHECK(gradients == before);
}

TEST_CASE("clipping by element limits each") {
    std::vector<float> gradients = {3, 0.5f, -4, 1, -1};
    CHECK(clip({Clip::Kind::element, 1}, gradients.data(), 5) == Catch::Approx(std::sqrt(27.25)));
    CHECK(gradients == std::vector<float>{1, 0.5f, -1, 1, -1});
}

TEST_CASE("without clipping the norm is still returned") {
    std::vector<double> gradients = {3, 4};
    CHECK(clip({}, gradients.data(), 2) == 5);
    CHECK(gradients == std::vector<double>{3, 4});
    CHECK(clip<double>({}, nullptr, 0) == 0);
}

TEST_CASE("a norm that is not finite is returned and the gradients stay") {
    const auto kind = GENERATE(Clip::Kind::norm, Clip::Kind::element);
    const float bad = GENERATE(std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN());
    std::vector<float> gradients = {3, bad};
    CHECK_FALSE(std::isfinite(clip({kind, 1}, gradients.data(), 2)));
    CHECK(gradients[0] == 3);
}
