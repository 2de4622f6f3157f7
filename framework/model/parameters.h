// All weights of a model in one flat array: their names, shapes and places.
#pragma once

#include <string>
#include <vector>

#include "plugins/make.h"
#include "unroll/cell.h"

namespace unroll::model {

struct Parameter {
    std::string name;  ///< as in a checkpoint: "cell.0.weight_ih"
    Weight weight;
    Size offset;  ///< in elements
};

class Parameters {
public:
    /// Appends arrays, named "PREFIX.NAME", one directly after the other; returns where the first begins.
    Size add(const std::string& prefix, const std::vector<Weight>& weights) {
        const Size first = size_;
        for (const Weight& weight : weights) {
            list_.push_back({prefix + "." + weight.name, weight, size_});
            size_ = plugins::elements("model", size_ + plugins::elements("model", weight.size(), 1), 1);
        }
        return first;
    }

    const std::vector<Parameter>& list() const { return list_; }
    Size size() const { return size_; }

private:
    std::vector<Parameter> list_;
    Size size_ = 0;
};

}  // namespace unroll::model
