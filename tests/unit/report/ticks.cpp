// Where axes are labelled.
#include "report/ticks.h"

#include "catch.h"

using namespace unroll::report;

namespace {

std::string texts(const std::vector<Tick>& list) {
    std::string text;
    for (const Tick& tick : list) text += (text.empty() ? "" : " ") + tick.text;
    return text;
}

}  // namespace

TEST_CASE("ticks are round, and have the decimals that they need") {
    CHECK(texts(ticks(0, 10, 5)) == "0 2 4 6 8 10");
    CHECK(texts(ticks(1.81, 2.06, 4)) == "1.9 2.0");
    CHECK(texts(ticks(1.81, 2.06, 6)) == "1.85 1.90 1.95 2.00 2.05");
    CHECK(texts(ticks(-0.1, 0.1, 4)) == "-0.10 -0.05 0.00 0.05 0.10");
    CHECK(texts(ticks(0, 20000, 4)) == "0 5k 10k 15k 20k");
    CHECK(texts(ticks(0.0012, 0.0019, 4)) == "0.0012 0.0014 0.0016 0.0018");
}

TEST_CASE("large numbers have the suffix of their size") {
    CHECK(texts(ticks(0, 3e6, 3)) == "0 1M 2M 3M");
    CHECK(texts(ticks(0, 1e13, 2)) == "0 5T 10T");
}

TEST_CASE("a logarithmic axis is labelled at powers of ten, or finer where there are few") {
    CHECK(texts(logarithmic_ticks(1e-3, 1e3, 8)) == "0.001 0.01 0.1 1 10 100 1k");
    CHECK(texts(logarithmic_ticks(1e-3, 1e3, 4)) == "0.001 0.1 10 1k");
    CHECK(texts(logarithmic_ticks(1.5, 60, 8)) == "2 5 10 20 50");
    CHECK(texts(logarithmic_ticks(1.6, 1.9, 4)) == "1.6 1.7 1.8 1.9");
}
