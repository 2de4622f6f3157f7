// Random streams: fixed for ever, independent, and of the distributions they claim.
#include "unroll/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "catch.h"

using namespace unroll;

namespace {

/// Pearson's statistic of counts that should be equal; its mean is counts - 1, its variance twice that.
template <class Counts>
double chi_square(const Counts& counts, double expected) {
    double sum = 0;
    for (const auto count : counts) sum += (count - expected) * (count - expected) / expected;
    return sum;
}

/// Of two streams: the correlation of their first n numbers.
double correlation(RandomStream a, RandomStream b, int n) {
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5);
    return sum / n * 12;
}

}  // namespace

TEST_CASE("a stream's numbers never change") {
    // Every recorded result depends on these figures: if this test fails, all old results are worthless.
    RandomStream stream(1, "test", {2, 3});
    CHECK(stream() == 665286753879140641u);
    CHECK(stream() == 4217522493504772627u);
    CHECK(stream.split(7)() == 10024380218072199599u);
    CHECK(stream.below(1000) == 236u);
    CHECK(stream.uniform() == 0x1.8a51b9f600ba8p-4);
    CHECK(stream.normal() == -0x1.00ac8ac6022cbp+0);
    CHECK(RandomStream(9007199254740991, "")() == 7633354130695645207u);
    CHECK(content_hash("unroll") == 13316334283246998405u);
    CHECK(content_hash("") == 16616560141052004103u);
}

TEST_CASE("equal keys give equal streams and any difference another one") {
    const auto first = [](RandomStream stream) { return stream(); };
    CHECK(first({1, "dropout", {5}}) == first({1, "dropout", {5}}));
    const std::vector<std::uint64_t> firsts{
        first({1, "dropout", {5}}),    first({2, "dropout", {5}}), first({1, "dropouts", {5}}),
        first({1, "dropout", {6}}),    first({1, "dropout"}),      first({1, "dropout", {5, 0}}),
        first({1, "dropout", {0, 5}}), first({5, "dropout", {1}}), first({1, std::string_view("dropout\0", 8), {5}})};
    for (std::size_t i = 0; i < firsts.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) CHECK(firsts[i] != firsts[j]);
}

TEST_CASE("split is fixed by the key, whatever was drawn, and leaves the stream as it is") {
    RandomStream stream(1, "a"), same(1, "a");
    const auto before = stream.split(3)();
    CHECK(stream() == same());
    CHECK(stream.split(3)() == before);
    CHECK(stream.split(4)() != before);
    CHECK(stream.split(3).split(0)() != stream.split(0).split(3)());
}

TEST_CASE("a stream's numbers are uniform") {
    RandomStream stream(11, "uniformity");
    std::array<int, 256> high{}, low{};
    std::array<int, 64> bits{};
    const int n = 256'000;
    for (int i = 0; i < n; ++i) {
        const std::uint64_t value = stream();
        ++high[value >> 56];
        ++low[value & 255];
        for (int bit = 0; bit < 64; ++bit) bits[static_cast<std::size_t>(bit)] += static_cast<int>(value >> bit & 1);
    }
    CHECK(chi_square(high, n / 256.0) < 255 + 4 * std::sqrt(2 * 255.0));
    CHECK(chi_square(low, n / 256.0) < 255 + 4 * std::sqrt(2 * 255.0));
    for (const int count : bits) CHECK(std::abs(count - n / 2) < 5 * std::sqrt(n / 4.0));
}

TEST_CASE("streams of near keys are independent") {
    const int n = 20'000;
    const double limit = 5 / std::sqrt(double{n});
    for (std::uint64_t key = 0; key < 20; ++key) {
        CHECK(std::abs(correlation({key, "a"}, {key + 1, "a"}, n)) < limit);
        CHECK(std::abs(correlation({1, "a", {key}}, {1, "a", {key + 1}}, n)) < limit);
        CHECK(std::abs(correlation(RandomStream(1, "a").split(key), RandomStream(1, "a").split(key + 1), n)) < limit);
        CHECK(std::abs(correlation(RandomStream(1, "a"), RandomStream(1, "a").split(key), n)) < limit);
    }
    // The first numbers of many streams are as good as the numbers of one.
    std::array<int, 256> counts{};
    for (std::uint64_t key = 0; key < 256'000; ++key) ++counts[RandomStream(1, "a", {key})() >> 56];
    CHECK(chi_square(counts, 1000) < 255 + 4 * std::sqrt(2 * 255.0));
}

TEST_CASE("uniform numbers stay in their interval") {
    RandomStream stream(3, "interval");
    double least = 1, most = 0, sum = 0;
    for (int i = 0; i < 100'000; ++i) {
        const double value = stream.uniform();
        least = std::min(least, value), most = std::max(most, value), sum += value;
    }
    CHECK(least >= 0);
    CHECK(most < 1);
    CHECK(sum / 100'000 == Approx(0.5).margin(0.005));
    const double next = std::nextafter(1.0, 2.0);  // an interval of one number: rounding must not reach its end
    for (int i = 0; i < 100; ++i) CHECK(stream.uniform(1.0, next) == 1.0);
    for (int i = 0; i < 1000; ++i) CHECK(std::abs(stream.uniform(-2, 5) - 1.5) <= 3.5);
}

TEST_CASE("below is without bias") {
    RandomStream stream(5, "below");
    std::array<int, 7> counts{};
    for (int i = 0; i < 70'000; ++i) ++counts[stream.below(7)];
    CHECK(chi_square(counts, 10'000) < 6 + 4 * std::sqrt(12.0));
    // With a bound of 3/4 of all numbers, a plain remainder would return the first third twice as often.
    const std::uint64_t bound = 3ull << 62;
    std::array<int, 3> thirds{};
    for (int i = 0; i < 30'000; ++i) ++thirds[stream.below(bound) / (bound / 3)];
    CHECK(chi_square(thirds, 10'000) < 2 + 4 * std::sqrt(4.0));
    CHECK(stream.below(1) == 0);
    CHECK_THROWS_AS(stream.below(0), std::invalid_argument);
}

TEST_CASE("normal numbers have a normal's moments and tails") {
    RandomStream stream(7, "normal");
    const int n = 200'000;
    double moments[5] = {};
    int beyond_two = 0;
    for (int i = 0; i < n; ++i) {
        const double value = stream.normal();
        double power = 1;
        for (double& moment : moments) moment += power, power *= value;
        beyond_two += std::abs(value) > 2;
    }
    CHECK(moments[1] / n == Approx(0).margin(0.012));
    CHECK(moments[2] / n == Approx(1).margin(0.016));
    CHECK(moments[3] / n == Approx(0).margin(0.045));
    CHECK(moments[4] / n == Approx(3).margin(0.12));
    CHECK(beyond_two / double{n} == Approx(0.0455).margin(0.0025));
}
