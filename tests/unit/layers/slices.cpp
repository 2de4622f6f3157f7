// Slices: one declaration gives a size and pointers.
#include "unroll/layers/slices.h"

#include <vector>

#include "catch.h"

using namespace unroll;
using layers::Slices;

namespace {

struct Three : Slices<float> {
    float *first, *second, *third;

    explicit Three(float* base = nullptr) : Slices<float>(base), first(take(3)), second(take(0)), third(take(17)) {}
};

}  // namespace

TEST_CASE("Slices begin at multiples of 16 elements, and without an array are counted only", "[layers]") {
    const Three counted;
    CHECK(counted.used() == 48);
    CHECK(counted.first == nullptr);
    CHECK(counted.third == nullptr);

    std::vector<float> array(counted.used());
    const Three placed(array.data());
    CHECK(placed.used() == counted.used());
    CHECK(placed.first == array.data());
    CHECK(placed.third == array.data() + 16);
}
