// Values, losses and every gradient of our cells equal PyTorch's; make.py, make_equations.py and make_state_space.py
// made the numbers.
//
// A tensor agrees when the norm of the difference is within the tolerance times the tensor's norm, and no element
// differs by more than the tolerance times the tensor's largest element: 1e-9 in double, 1e-5 in float.
#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "../formula.h"
#include "catch.h"
#include "layer.h"

using namespace unroll;
using golden::bits;
using golden::numbers;
using tests::Layer;

namespace {

boost::json::array records(const std::string& name) {
    std::ifstream file(UNROLL_SOURCE "/tests/golden/cells/" + name + ".json");
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return boost::json::parse(text.str()).as_array();
}

// Salts of formula.h; layers count on from them.
enum Salt : std::uint64_t { input = 1, state = 2, memory = 3, output_factors = 4, state_factors = 5, weights = 100 };

// ---- Comparing ------------------------------------------------------------------------------------------------------

template <class Real>
void check_tensor(const char* what, const std::vector<Real>& ours, const boost::json::value& theirs) {
    INFO(what);
    const double tolerance = std::is_same_v<Real, double> ? 1e-9 : 1e-5;
    const boost::json::array& wanted = theirs.as_array();
    REQUIRE(ours.size() == wanted.size());
    double difference = 0, norm = 0, worst = 0, largest = 0;
    for (Size i = 0; i < ours.size(); ++i) {
        const double right = wanted[i].to_number<double>(), off = std::abs(static_cast<double>(ours[i]) - right);
        REQUIRE(std::isfinite(off));
        difference += off * off;
        norm += right * right;
        worst = std::max(worst, off);
        largest = std::max(largest, std::abs(right));
    }
    CHECK(std::sqrt(difference) <= tolerance * std::sqrt(norm));
    CHECK(worst <= tolerance * largest);
}

// ---- A case
// -----------------------------------------------------------------------------------------------------------

Size size_of(const boost::json::object& record, const char* name) {
    return record.at(name).to_number<Size>();
}

Options options_of(const boost::json::object& record) {
    Options options;
    for (const auto& [name, value] : record.at("options").as_object()) {
        if (value.is_string())
            options.set(name, std::string(value.as_string()));
        else if (value.is_bool())
            options.set(name, value.as_bool());
        else if (value.is_double())
            options.set(name, value.as_double());
        else
            options.set(name, value.to_number<std::int64_t>());
    }
    return options;
}

/// Null in the record: none, and every sequence has all steps.
std::vector<Size> lengths_of(const boost::json::value& record) {
    std::vector<Size> lengths;
    if (record.is_array())
        for (const boost::json::value& length : record.as_array()) lengths.push_back(length.to_number<Size>());
    return lengths;
}

/// The weights by the formula, and that they are named and shaped as PyTorch's.
template <class Real>
void fill_weights(Layer<Real>& layer, Size index, const boost::json::array& wanted) {
    const std::vector<Weight>& declared = layer.layout().weights;
    REQUIRE(declared.size() == wanted.size());
    layer.weights = numbers<Real>(Salt::weights + index, layer.layout().weight_count());
    Size first = 0;
    for (Size i = 0; i < declared.size(); ++i) {
        CHECK(declared[i].name == wanted[i].at(0).as_string().c_str());
        CHECK(declared[i].shape == lengths_of(wanted[i].at(1)));
        if (declared[i].role == Weight::Role::gain)
            for (Size j = 0; j < declared[i].size(); ++j) layer.weights[first + j] += 1;
        first += declared[i].size();
    }
}

/// All layers of a case, from the input to the loss and back.
template <class Real>
void run(const boost::json::object& record) {
    INFO(record.at("name").as_string().c_str() << (std::is_same_v<Real, float> ? ", float" : ", double"));
    const Plugin& plugin = tests::built_plugin("cells", record.at("cell").as_string().c_str());
    const Size T = size_of(record, "T"), B = size_of(record, "B"), D = size_of(record, "D"), H = size_of(record, "H");
    const Size M = size_of(record, "M"), S = size_of(record, "S"), count = size_of(record, "layers");
    const std::vector<Size> lengths = lengths_of(record.at("lengths"));
    const std::vector<Size> source_lengths = lengths_of(record.at("memory_lengths"));

    const std::vector<Real> x = numbers<Real>(Salt::input, T * B * D), memory = numbers<Real>(Salt::memory, S * B * M);
    std::vector<Token> tokens(T * B);
    for (Size i = 0; i < T * B; ++i) tokens[i] = static_cast<Token>(bits(Salt::input, i) % D);
    const bool from_tokens = record.at("tokens").as_bool(), from_state = record.at("state").as_bool();

    std::vector<Layer<Real>> layers;
    std::vector<std::vector<Real>> states, state_factors;
    for (Size i = 0; i < count; ++i) {
        CellSpec spec;
        spec.input = i == 0 ? D : H;
        spec.hidden = H;
        spec.layer = i;
        spec.layers = count;
        spec.context = T;
        spec.source = M;
        spec.source_context = S;
        spec.tokens = i == 0 && from_tokens;
        Layer<Real>& layer = layers.emplace_back(plugin, spec, options_of(record));
        fill_weights(layer, i, record.at("weights").at(i).as_array());
        if (from_state) states.push_back(numbers<Real>(Salt::state + 10 * i, B * layer.layout().state_size()));
    }

    for (Size i = 0; i < count; ++i) {
        Forward<Real> call;
        call.T = T;
        call.B = B;
        if (i > 0)
            call.x.values = layers[i - 1].y.data();
        else if (from_tokens)
            call.x.tokens = tokens.data();
        else
            call.x.values = x.data();
        call.lengths = lengths.empty() ? nullptr : lengths.data();
        call.state = from_state ? states[i].data() : nullptr;
        if (M > 0) {
            call.source = memory.data();
            call.source_steps = S;
            call.source_lengths = source_lengths.empty() ? nullptr : source_lengths.data();
        }
        layers[i].forward(call);
    }
    check_tensor("y", layers.back().y, record.at("y"));

    std::vector<Real> dy = numbers<Real>(Salt::output_factors, T * B * H);
    double loss = 0;
    for (Size i = 0; i < dy.size(); ++i) loss += static_cast<double>(layers.back().y[i]) * static_cast<double>(dy[i]);
    const boost::json::array& next_states = record.at("next_state").as_array();
    for (Size i = 0; i < next_states.size(); ++i) {
        check_tensor("next_state", layers[i].next_state, next_states[i]);
        state_factors.push_back(numbers<Real>(Salt::state_factors + 10 * i, layers[i].next_state.size()));
        for (Size j = 0; j < state_factors[i].size(); ++j)
            loss += static_cast<double>(layers[i].next_state[j]) * static_cast<double>(state_factors[i][j]);
    }
    check_tensor("loss", std::vector<Real>{static_cast<Real>(loss)}, boost::json::array{record.at("loss")});

    std::vector<Real> dsource(S * B * M);
    for (Size i = count; i-- > 0;) {
        layers[i].dsource = dsource;
        layers[i].backward(dy, state_factors.empty() ? std::vector<Real>() : state_factors[i]);
        check_tensor("dweights", layers[i].dweights, record.at("dweights").at(i));
        if (from_state) check_tensor("dstate", layers[i].dstate, record.at("dstate").at(i));
        dsource = layers[i].dsource;
        dy = layers[i].dx;
    }
    if (!from_tokens) check_tensor("dx", dy, record.at("dx"));
    if (M > 0) check_tensor("dsource", dsource, record.at("dmemory"));
}

}  // namespace

TEST_CASE("A cell's values and gradients equal PyTorch's") {
    const std::string file =
        GENERATE(as<std::string>(), "rnn", "lstm", "gru", "dense", "self-attention", "self-attention-memory",
                 "attention-variants", "tcn", "stack-rnn", "gates-of-the-input", "lstm-variants", "linear-recurrences",
                 "matrix-memory", "state-space");
    for (const boost::json::value& record : records(file)) {
        run<double>(record.as_object());
        run<float>(record.as_object());
    }
}
