// What a cell declares: offsets and sizes of its weights and its state.
#include "unroll/cell.h"

#include <utility>

namespace unroll {

Size Weight::size() const {
    Size product = 1;
    for (const Size extent : shape) product *= extent;
    return product;
}

const char* to_string(Initializer initializer) {
    switch (initializer) {
        case Initializer::uniform:
            return "uniform";
        case Initializer::glorot:
            return "glorot";
        case Initializer::normal:
            return "normal";
    }
    return "";
}

Size CellLayout::add(Weight weight) {
    const Size offset = weight_count();
    weights.push_back(std::move(weight));
    return offset;
}

Size CellLayout::add_state(std::string name, Size size) {
    const Size offset = state_size();
    state.push_back({std::move(name), size});
    return offset;
}

Size CellLayout::weight_count() const {
    Size sum = 0;
    for (const Weight& weight : weights) sum += weight.size();
    return sum;
}

Size CellLayout::state_size() const {
    Size sum = 0;
    for (const StatePart& part : state) sum += part.size;
    return sum;
}

double CellLayout::product_flops(Size T, Size B) const {
    double elements = 0;
    for (const Weight& weight : weights)
        if (weight.shape.size() > 1 && weight.role != Weight::Role::table) elements += double(weight.size());
    return 6 * double(T) * double(B) * elements;
}

}  // namespace unroll
