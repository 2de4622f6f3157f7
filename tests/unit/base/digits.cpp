// How many digits are shown: by the spread of a column, by the deviation of a mean.
#include "base/digits.h"

#include <cmath>
#include <vector>

#include "catch.h"

using namespace unroll::base;

namespace {

std::string by_spread(const std::vector<double>& values) {
    std::string text;
    const Digits digits = digits_by_spread(values);
    for (const double value : values) text += (text.empty() ? "" : " ") + in_digits(value, digits);
    return text;
}

std::string by_deviation(const std::vector<double>& deviations, const std::vector<double>& values) {
    std::string text;
    const Digits digits = digits_by_deviation(deviations, values);
    for (const double value : values) text += (text.empty() ? "" : " ") + in_digits(value, digits);
    return text;
}

}  // namespace

TEST_CASE("a column has the decimals that tell its values apart, and no more") {
    CHECK(by_spread({0.002, 0.005, 0.01, 0.02}) == "0.002 0.005 0.010 0.020");
    CHECK(by_spread({1.838213, 1.838219}) == "1.83821 1.83822");
    CHECK(by_spread({1.8382134, 2.0491234}) == "1.838 2.049");
    CHECK(by_spread({12.3456, 1234.567}) == "12 1235");
    CHECK(by_spread({0.5, 1, 1.2}) == "0.5 1.0 1.2");
    CHECK(by_spread({2, 40}) == "2 40");
    CHECK(by_spread({1.0 / 3}) == "0.333333");
    CHECK(by_spread({0, 0}) == "0 0");
    CHECK(by_spread({-0.25, 0.25}) == "-0.25 0.25");
    CHECK(by_spread({}).empty());
}

TEST_CASE("values of very different size, and those that are no numbers, are written each for itself") {
    CHECK(by_spread({1e-9, 2.5}) == "1e-09 2.5");
    CHECK(by_spread({3.14159e12, 1}) == "3.142e+12 1");
    CHECK(by_spread({1.5, INFINITY, NAN}) == "1.5 inf nan");
}

TEST_CASE("a mean has the digits of its standard deviation") {
    CHECK(by_deviation({0.002, 0.006, 0.016}, {1.838412, 1.883, 2.1}) == "1.838 1.883 2.100");
    CHECK(by_deviation({0.0123}, {1.838412}) == "1.838");
    CHECK(by_deviation({0.12}, {1.838412}) == "1.84");
    CHECK(by_deviation({0.4}, {1.838412}) == "1.8");
    CHECK(by_deviation({31}, {1234.6}) == "1235");
    CHECK(by_deviation({0, NAN}, {1.8382134, 2.0491234}) == "1.838 2.049");
    CHECK(by_deviation({}, {1.5}) == "1.5");
}

TEST_CASE("what is not zero is not shown as zero") {
    CHECK(in_digits(0.0004, {2, 6}) == "0.0004");
    CHECK(in_digits(-0.0004, {2, 6}) == "-0.0004");
    CHECK(in_digits(0, {2, 6}) == "0.00");
}
