// parallel_for, the floating-point mode, and the name of the kernel set.
#include "unroll/parallel.h"

#include <oneapi/tbb/global_control.h>

#include <atomic>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "unroll/error.h"
#include "unroll/kernels.h"

using namespace unroll;

TEST_CASE("Parts cover the range once and none is below the grain", "[parallel]") {
    for (const Size n : {0, 1, 5, 64, 1000})
        for (const Size grain : {0, 1, 3, 64, 999, 1000, 5000}) {
            std::vector<std::atomic<int>> visits(n);
            std::atomic<Size> smallest = n;
            parallel_for(n, grain, [&](Size first, Size last) {
                for (Size i = first; i < last; ++i) ++visits[i];
                Size seen = smallest;
                while (last - first < seen && !smallest.compare_exchange_weak(seen, last - first)) continue;
            });
            CAPTURE(n, grain);
            CHECK(std::all_of(visits.begin(), visits.end(), [](int count) { return count == 1; }));
            CHECK(smallest >= std::min(n, grain));
        }
}

TEST_CASE("One thread does everything itself, in one part", "[parallel]") {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, 1);
    int parts = 0;
    parallel_for(1000, 1, [&](Size first, Size last) {
        ++parts;
        CHECK(first == 0);
        CHECK(last == 1000);
    });
    CHECK(parts == 1);
}

TEST_CASE("An exception leaves a parallel loop", "[parallel]") {
    const auto failing = [](Size first, Size) {
        if (first == 0) throw Error({"here", "this", "that", "try again"});
    };
    CHECK_THROWS_AS(parallel_for(100, 1, failing), Error);
}

TEST_CASE("The floating-point mode flushes denormals, on helping threads too, and is given back", "[parallel]") {
    volatile float smallest = std::numeric_limits<float>::min();
    const auto halved = [&] { return smallest * 0.5f; };
    CHECK(halved() > 0);
    {
        const FloatingPointMode mode;
        CHECK(halved() == 0);
        {
            const FloatingPointMode inner;
            CHECK(halved() == 0);
        }
        CHECK(halved() == 0);
        std::atomic<int> kept = 0;
        parallel_for(64, 1, [&](Size, Size) { kept += halved() != 0; });
        CHECK(kept == 0);
    }
    CHECK(halved() > 0);
}

TEST_CASE("The kernel set is the one that UNROLL_SIMD names", "[kernel set]") {
    const char* wanted = std::getenv("UNROLL_SIMD");
    if (wanted && std::string(wanted) == "MMX") {
        const std::string refusal = "environment variable UNROLL_SIMD: \"MMX\"";
        CHECK_THROWS_WITH(kernel_set(), Catch::Matchers::StartsWith(refusal) && Catch::Matchers::Contains("one of ") &&
                                            Catch::Matchers::Contains("unset it to use "));
        float x = 0;
        CHECK_THROWS_AS(exp(&x, &x, 1), Error);
    } else if (wanted && *wanted) {
        CHECK(kernel_set() == wanted);
    } else {
        CHECK(!kernel_set().empty());
    }
}
