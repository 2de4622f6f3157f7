// A model: what comes from a trial's settings, from inputs to predictions. It is immutable and shared by threads; a
// Pass (pass.h) brings the memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/parameters.h"
#include "model/stack.h"
#include "model/weights.h"
#include "plugins/catalog.h"
#include "trial/topology.h"
#include "trial/trial.h"
#include "unroll/dataset.h"
#include "unroll/kernels.h"

namespace unroll::model {

/// Logits or reals from the top of a stack: y W^T + b. With tied weights W is the embedding's table and there is no b.
struct Head {
    Size weight = 0, bias = 0;  ///< where they begin in the flat array
    bool has_bias = true;
    Size inputs = 0, outputs = 0;
};

/// What the lowest cells get that could take tokens as they are.
enum class TokenInput {
    tokens,
    one_hot,  ///< one-hot rows written out, so that there is a gradient with respect to them
};

/// The predictor, [one-hot or embedding] → cells → head, and perhaps an upstream part (topology.h), an encoder or a
/// generator: [one-hot or embedding] → cells.
/// Written once for Real = float and double.
template <class Real>
class Model {
public:
    /// Throws Error when a plugin is missing or refuses its spec (`where` is the plugin's name), or when tied weights
    /// do not fit both embedding and head.
    /// Weights are the same with every TokenInput, unless a cell has others for values (manifest/compatibility.cpp
    /// refuses those).
    Model(const trial::Trial& trial, const Task& task, const plugins::Catalog& catalog,
          TokenInput input = TokenInput::tokens);

    const Parameters& parameters() const { return parameters_; }
    const Stack<Real>& predictor() const { return predictor_; }
    const Head& head() const { return head_; }
    const Task& task() const { return task_; }
    const trial::Topology& topology() const { return topology_; }

    /// The encoder or the generator; null in a model of one part.
    const Stack<Real>* upstream() const { return upstream_ ? &*upstream_ : nullptr; }
    /// Its weights are the first of all; this many.
    Size upstream_size() const { return upstream_size_; }
    trial::Bridge bridge() const { return bridge_; }  ///< meaningful with an encoder
    Size noise() const { return noise_; }             ///< random numbers that a generator makes an image of
    /// What a decoder reads before the first symbol of a target: the token after the last of the targets' vocabulary.
    Token start() const { return Token(task_.target_tokens); }
    /// Whether there is a decoder that reads what came before, and so makes one symbol after another.
    bool feeds_back() const { return topology_.separate_target && bridge_ != trial::Bridge::repeat; }

    /// Numbers that a sequence carries from step to step, in all parts; attention's keys and values for the longest.
    Size state_size() const { return predictor_.state_size(1) + (upstream_ ? upstream_->state_size(1) : 0); }

    /// Fills `weights` (parameters().size()) from streams keyed by the trial's seed and each array's name.
    void initialize(Real* weights) const;

    /// What depends on weights alone; once after they change.
    Size prepared_size() const;
    void prepare(const Real* weights, Real* prepared) const;
    void prepare_upstream(const Real* weights, Real* prepared) const;   ///< its share; the arrays are whole
    void prepare_predictor(const Real* weights, Real* prepared) const;  ///< the rest
    Size prepared_predictor() const;                                    ///< where predictor()'s share begins
    Packed<Real> head_forward(const Real* prepared) const;              ///< W^T (inputs, outputs)
    Packed<Real> head_backward(const Real* prepared) const;             ///< W (outputs, inputs)

    /// Useful floating-point operations of one training step: 6 B T (matrix weights) + 12 layers B T² width for
    /// attention; one-hot inputs count as none, and a head only where something is predicted (`predictions` of them).
    /// T is the steps of the inputs; a target sequence's are the task's target_length.
    double flops_per_step(Size T, Size B, Size predictions) const;

private:
    /// How a parameter starts: by which scheme, and how many layers its part has.
    struct Start {
        Initializer initializer;
        Size depth;
    };

    Stack<Real> make_stack(const trial::Part& part, const plugins::Catalog& catalog, TokenInput input);
    Head make_head(const trial::Trial& trial);
    Size prepared_head() const;

    Parameters parameters_;
    Task task_;
    const trial::Topology& topology_;
    std::uint64_t seed_;
    trial::Bridge bridge_;
    Size noise_;
    std::vector<Start> starts_;  ///< of each parameter
    std::optional<Stack<Real>> upstream_;
    Size upstream_size_;
    Stack<Real> predictor_;
    Head head_;
};

}  // namespace unroll::model
