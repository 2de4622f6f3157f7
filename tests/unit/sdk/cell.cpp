// Offsets and sizes that a layout gives.
#include "unroll/cell.h"

#include "catch.h"

using namespace unroll;

TEST_CASE("weights and state stand one after the other in the order they were added") {
    CellLayout layout;
    CHECK(layout.weight_count() == 0);
    CHECK(layout.add({"matrix", {3, 4}, Weight::Role::input, 4}) == 0);
    CHECK(layout.add({"bias", {3}, Weight::Role::bias, 4}) == 12);
    CHECK(layout.weight_count() == 15);
    CHECK(layout.add_state("h", 3) == 0);
    CHECK(layout.add_state("c", 2) == 3);
    CHECK(layout.state_size() == 5);
    CHECK(layout.weights[0].size() == 12);
}

TEST_CASE("matrices cost six operations for each element and step; biases and tables nothing") {
    CellLayout layout;
    layout.add({"weight", {3, 4}, Weight::Role::input, 4});
    layout.add({"bias", {3}, Weight::Role::bias, 4});
    layout.add({"positions", {7, 3}, Weight::Role::table, 3});
    CHECK(layout.product_flops(5, 2) == 6.0 * 5 * 2 * 12);
}
