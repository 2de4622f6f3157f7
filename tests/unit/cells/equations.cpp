// The recurrent cells' kernels against the same cells written as equations, in double to 1e-12.
#include <string>
#include <vector>

#include "equal_cells.h"
#include "twins.h"
#include "unroll/equations.h"

using namespace unroll;

namespace {

constexpr Plugin rnn_tanh_equations = equations_plugin<twins::rnn<tanh>>("rnn", 1, "");
constexpr Plugin rnn_relu_equations = equations_plugin<twins::rnn<relu>>("rnn", 1, "");
constexpr Plugin lstm_equations = equations_plugin<twins::lstm>("lstm", 1, "");
constexpr Plugin gru_equations = equations_plugin<twins::gru>("gru", 1, "");

std::vector<tests::EqualCells> pairs() {
    Options relu;
    relu.set("activation", std::string("relu"));
    const std::vector<Size> lengths{11, 1, 4, 10, 7};
    return {{"rnn", {}, &rnn_tanh_equations, 1e-12, lengths},
            {"rnn", relu, &rnn_relu_equations, 1e-12, lengths},
            {"lstm", {}, &lstm_equations, 1e-12, lengths},
            {"gru", {}, &gru_equations, 1e-12, lengths}};
}

}  // namespace

TEST_CASE("A cell's kernels equal its equations") {
    for (const tests::EqualCells& pair : pairs()) tests::check_equal_cells(pair);
}
