// The optimisers of a model's parts, each over its own share of the flat weights. Mostly there is one part.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"
#include "training/optimizer.h"
#include "trial/trial.h"

namespace unroll::training {

/// One part's optimiser.
struct PartOptimizer {
    trial::OptimizerSettings settings;
    Optimizer optimizer;
    Range weights;  ///< its share
    Size state;     ///< where its state begins
};

class PartOptimizers {
public:
    PartOptimizers(const trial::Trial& trial, const model::Model<float>& model);

    const PartOptimizer& upstream() const { return parts_.front(); }  ///< of a model of two parts
    const PartOptimizer& predictor() const { return parts_.back(); }
    const std::vector<PartOptimizer>& all() const { return parts_; }
    Size state_size() const { return state_size_; }

    /// One part's step, as Optimizer::step; the arrays are whole.
    void step(const PartOptimizer& part, std::uint64_t step, double learning_rate, float* weights,
              const float* gradients, float* state) const;

    /// Calls visit(name, elements) for each slot of a parameter: what a checkpoint calls it, and where it stands in the
    /// state.
    template <class Visit>
    void for_each_slot(const model::Parameter& parameter, Visit&& visit) const {
        const PartOptimizer& part = parameter.offset < parts_.front().weights.last ? parts_.front() : parts_.back();
        for (Size slot = 0; slot < part.optimizer.slots(); ++slot)
            visit(name_of(part, slot, parameter.name),
                  part.state + slot * (part.weights.last - part.weights.first) + parameter.offset - part.weights.first);
    }

private:
    static std::string name_of(const PartOptimizer& part, Size slot, const std::string& parameter);

    std::vector<PartOptimizer> parts_;
    Size state_size_ = 0;
};

}  // namespace unroll::training
