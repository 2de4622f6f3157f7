// Recurrent state: what is held before a step and after the last, gradients on the way back, padding, chunks.
#include "unroll/layers/recurrent_state.h"

#include <utility>
#include <vector>

#include "catch.h"

using namespace unroll;
using layers::RecurrentState;

namespace {

using Array = std::vector<double>;

// Two sequences, of 3 steps and of 1; of each state's three elements the part has the last two.
constexpr Size T = 3, B = 2;
constexpr Size lengths[] = {3, 1};
constexpr RecurrentState part = {.offset = 1, .width = 2, .state_size = 3};
const Array history = {1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 0, 0};
const Array state = {-1, 11, 12, -1, 13, 14};

Forward<double> call() {
    Forward<double> call;
    call.T = T, call.B = B, call.lengths = lengths, call.state = state.data();
    return call;
}

}  // namespace

TEST_CASE("Before the first step a part of the state is what the call gives, then what the step before left",
          "[layers]") {
    Forward<double> from = call();
    const Rows<const double> first = part.before(from, history.data(), 0),
                             second = part.before(from, history.data(), 1);
    CHECK(first[0][0] == 11);
    CHECK(first[1][1] == 14);
    CHECK(second[0] == history.data());
    CHECK(second[1] == history.data() + 2);
    from.state = nullptr;
    CHECK_FALSE(part.before(from, history.data(), 0));
}

TEST_CASE("The next state is what each sequence's last step left", "[layers]") {
    Forward<double> from = call();
    part.write_next(from, history.data());  // not wanted
    Array next(6, -1.0);
    from.next_state = next.data();
    part.write_next(from, history.data());
    CHECK(next == Array{-1, 7, 8, -1, 3, 4});
}

TEST_CASE("Without a state, products with it are zeros, or add nothing", "[layers]") {
    const Array identity = {1, 0, 0, 1};
    Array packed(packed_size(2, 2)), sums(4, 1.0);
    const Packed<double> weights = pack<double>(Matrix<const double>(identity.data(), 2, 2), packed.data());
    Forward<double> from = call();
    part.multiply(from, history.data(), 0, weights, sums.data(), Into::add);
    CHECK(sums == Array{12, 13, 14, 15});
    from.state = nullptr;
    part.multiply(from, history.data(), 0, weights, sums.data(), Into::add);
    CHECK(sums == Array{12, 13, 14, 15});
    part.multiply(from, history.data(), 0, weights, sums.data(), Into::overwrite);
    CHECK(sums == Array(4, 0.0));
    part.multiply(from, history.data(), 1, weights, sums.data(), Into::overwrite);
    CHECK(sums == Array{1, 2, 3, 4});
}

TEST_CASE("A gradient comes from outside after the last step, and ends in dstate", "[layers]") {
    const Array dnext = {0, 1, 2, 0, 3, 4};
    Array carry = {5, 6, 7, 8}, dstate(6, -1.0);
    Backward<double> gradients;
    gradients.dnext_state = dnext.data();
    const StateGradient<double> gradient = part.gradient(gradients, carry.data());
    const TimeStep first = layers::time_step(call(), 0), last = layers::time_step(call(), 2);
    CHECK(gradient.row(first, 0, 2) == carry.data());
    CHECK(gradient.row(first, 1, 2) == dnext.data() + 4);
    CHECK(gradient.row(last, 0, 2) == dnext.data() + 1);
    gradients.dnext_state = nullptr;
    CHECK(part.gradient(gradients, carry.data()).row(last, 0, 2) == nullptr);

    part.write_gradient(call(), gradients, carry.data());  // not wanted
    gradients.dstate = dstate.data();
    part.write_gradient(call(), gradients, carry.data());
    CHECK(dstate == Array{-1, 5, 6, -1, 7, 8});
}

TEST_CASE("The gradient of weights is the same in chunks as at once, and begins with the given state", "[layers]") {
    const Array dsums = {1, 2, 3, 0, 4, 5};  // (T, B, 1)
    const auto of = [&](std::vector<std::pair<Size, Size>> chunks, const Forward<double>& from) {
        Array dweight(2, 100.0);
        for (const auto& [first, last] : chunks)
            part.add_weight_gradient<double>(from, first, {dsums.data() + first * B, (last - first) * B, 1},
                                             history.data(), {dweight.data(), 1, 2});
        return dweight;
    };
    // 11 + 2·13 of the given state; 3·1 of the first step's, 4·5 of the second's, the other products are with zeros.
    const Array expected = {100 + 11 + 26 + 3 + 20, 100 + 12 + 28 + 6 + 24};
    CHECK(of({{0, 3}}, call()) == expected);
    CHECK(of({{2, 3}, {0, 2}}, call()) == expected);
    CHECK(of({{2, 3}, {1, 2}, {0, 1}}, call()) == expected);
    Forward<double> fresh = call();
    fresh.state = nullptr;
    CHECK(of({{0, 3}}, fresh) == Array{100 + 23, 100 + 30});
}

TEST_CASE("Rows at and after a length become zeros", "[layers]") {
    Array x(T * B * 2, 1.0);
    layers::clear_padding(call(), x.data(), 2);
    CHECK(x == Array{1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0});
    Forward<double> full = call();
    full.lengths = nullptr;
    std::fill(x.begin(), x.end(), 1.0);
    layers::clear_padding(full, x.data(), 2);
    CHECK(x == Array(T * B * 2, 1.0));
}

TEST_CASE("Chunks cover all steps from the last to the first", "[layers]") {
    for (const Size steps : {1, 2, 3, 64, 65, 200})
        for (const Size sequences : {1, 4, 300}) {
            Size end = steps;
            layers::for_each_chunk_backward(steps, sequences, [&](Size first, Size last) {
                REQUIRE(last == end);
                REQUIRE(first < last);
                REQUIRE(last - first <= layers::chunk_steps(steps, sequences));
                end = first;
            });
            CHECK(end == 0);
        }
}
