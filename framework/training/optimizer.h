// Optimisers over a model's flat weights, equal to PyTorch's (torch.optim, version 1.13).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trial/trial.h"
#include "unroll/cell.h"
#include "unroll/types.h"

namespace unroll::training {

/// The names that a manifest's `training.optimizer.name` may have.
const std::vector<std::string>& optimizers();

/// The weights [first, last) of a flat array.
struct Range {
    Size first, last;
    bool operator==(const Range&) const = default;
};

/// Weights that are treated alike.
struct Treatment {
    Range range;
    bool decays = true;
    double learning_rate_factor = 1;
    bool operator==(const Treatment&) const = default;
};

/// How weights that lie one after the other are treated. Those decay that have rank 2 and more, or all, but for those
/// that their cell excepts (Weight::decays). Ascending, without gaps, neighbours merged.
std::vector<Treatment> treatments(std::span<const Weight> weights, bool decay_all);

/// An optimiser is immutable. Its state is the caller's: state_size() elements that start at 0, slot after slot, each
/// slot one element per weight. Weights, state and step number are all that resuming needs.
///
/// With g the gradient (after `weight_decay`·w is added, for all but adamw), η the learning rate (times the
/// weight's own factor) and t the step:
/// - sgd:      m = μ m + g (from the second step on; m = g in the first);  w -= η m
///             without momentum:  w -= η g, and no state
/// - adagrad:  s += g²;                                      w -= η g / (√s + ε)
/// - rmsprop:  s = ρ s + (1-ρ) g²;                           w -= η g / (√s + ε)
/// - adam:     m = β₁ m + (1-β₁) g;  v = β₂ v + (1-β₂) g²;   w -= η m̂ / (√v̂ + ε) with m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ)
/// - adamw:    as adam, after w is scaled by 1 - η·weight_decay
class Optimizer {
public:
    /// For `weights` weights, treated so (ascending, disjoint). Those between are not excepted from anything: they
    /// decay when settings.decay_all is true, at the plain learning rate. Throws Error for an optimiser of another
    /// name.
    Optimizer(const trial::OptimizerSettings& settings, Size weights, const std::vector<Treatment>& treatments);

    Size slots() const { return slots_.size(); }
    Size state_size() const { return slots() * weights_; }
    /// A slot's name in a checkpoint: `momentum`, `squares`, …
    std::string_view slot_name(Size slot) const { return slots_[slot]; }

    /// One step; `step` counts from 1. One pass over memory; nothing is allocated. `gradients` are read only.
    template <class Real>
    void step(std::uint64_t step, double learning_rate, Real* weights, const Real* gradients, Real* state) const;

private:
    trial::OptimizerSettings settings_;
    Size weights_;
    Size rule_;  ///< place in the table of optimisers
    std::vector<std::string_view> slots_;
    std::vector<Treatment> treatments_;
};

}  // namespace unroll::training
