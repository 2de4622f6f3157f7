// Runs one layer of a cell in double, forward and back, for programs in other languages: a JSON object comes in by
// standard input, another goes out by standard output.
//
// In: cell, options, T, B, D, H; layer and layers (0 and 1 unless given); arrays, flat and time-major as in
// unroll/cell.h: weights, x, state (null: zeros), dy. Without weights nothing is run. Out: weights and state as the
// layout has them, [name, shape] and [name, size] each; y, next_state, dx, dweights.
#include <boost/json.hpp>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "layer.h"

using namespace unroll;

namespace {

Options options_of(const boost::json::object& given) {
    Options options;
    for (const auto& [name, value] : given) {
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

std::vector<double> numbers(const boost::json::object& in, const char* name) {
    std::vector<double> all;
    if (const boost::json::value* array = in.if_contains(name); array && array->is_array())
        for (const boost::json::value& number : array->as_array()) all.push_back(number.to_number<double>());
    return all;
}

void require(bool held, const std::string& what) {
    if (!held) throw std::invalid_argument(what);
}

boost::json::object run(const boost::json::object& in) {
    const auto size = [&](const char* name, Size otherwise) {
        const boost::json::value* given = in.if_contains(name);
        return given ? given->to_number<Size>() : otherwise;
    };
    CellSpec spec;
    spec.input = size("D", 0), spec.hidden = size("H", 0);
    spec.layer = size("layer", 0), spec.layers = size("layers", 1);
    const Size T = size("T", 0), B = size("B", 0);
    spec.context = 2 * T;
    tests::Layer<double> layer(tests::built_plugin("cells", in.at("cell").as_string().c_str()), spec,
                               options_of(in.at("options").as_object()));
    boost::json::object out;
    boost::json::array& weights = out["weights"].emplace_array();
    for (const Weight& weight : layer.layout().weights)
        weights.push_back({boost::json::string(weight.name), boost::json::value_from(weight.shape)});
    boost::json::array& state = out["state"].emplace_array();
    for (const StatePart& part : layer.layout().state) state.push_back({boost::json::string(part.name), part.size});
    if (!in.if_contains("weights")) return out;

    layer.weights = numbers(in, "weights");
    const std::vector<double> x = numbers(in, "x"), first = numbers(in, "state"), dy = numbers(in, "dy");
    require(layer.weights.size() == layer.layout().weight_count(), "weights of another number than the layout's");
    require(x.size() == T * B * spec.input && dy.size() == T * B * layer.layout().output, "x or dy of another size");
    require(first.empty() || first.size() == B * layer.layout().state_size(), "a state of another size");
    Forward<double> call;
    call.T = T, call.B = B, call.x.values = x.data();
    call.state = first.empty() ? nullptr : first.data();
    layer.forward(call);
    layer.backward(dy, {});
    out["y"] = boost::json::value_from(layer.y);
    out["next_state"] = boost::json::value_from(layer.next_state);
    out["dx"] = boost::json::value_from(layer.dx);
    out["dweights"] = boost::json::value_from(layer.dweights);
    return out;
}

}  // namespace

int main() {
    try {
        const std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
        std::cout << boost::json::serialize(run(boost::json::parse(text).as_object())) << '\n';
    } catch (const std::exception& error) {
        std::cerr << "run_cell: " << error.what() << '\n';
        return 2;
    }
}
