// A pass: the memory for running a model on one batch after another, forward and backward.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/batch.h"
#include "model/buffer.h"
#include "model/encoder_pass.h"
#include "model/extent.h"
#include "model/loss.h"
#include "model/model.h"

namespace unroll::model {

/// T steps of B sequences that the predictor reads.
template <class Real>
struct Sequence {
    Size T = 0, B = 0;
    Input<Real> x = {};
    const Size* lengths = nullptr;          ///< (B); null: every sequence has T steps
    const Real* state = nullptr;            ///< as in Stack; null: zeros, or what an encoder hands on
    Real* next_state = nullptr;             ///< as in Stack, may be `state`; null: not wanted
    const RandomStream* dropout = nullptr;  ///< where masks come from; null: nothing is dropped
};

/// Belongs to one trial, used by one thread at a time. Allocates when made, never after.
template <class Real>
class Pass {
public:
    /// What a batch is run with. All may be null.
    struct Options {
        const Real* state = nullptr;  ///< as in Sequence; a model with an encoder takes none
        Real* next_state = nullptr;
        const RandomStream* dropout = nullptr;
        LossSums* by_position = nullptr;  ///< (T) has the sums of each position added, but for its sequences
    };

    /// Enough memory for any of `extents`, and for fewer sequences or steps.
    Pass(const Model<Real>& model, const std::vector<Extent>& extents, Use use);

    /// Runs the batch, predicts where it has weights, and returns the sums of the losses.
    LossSums forward(Weights<Real> weights, const Batch<Real>& batch, const Options& options = {});

    /// Adds the gradient of the last forward call's mean loss to `dweights` (parameters().size()), unless null. The
    /// arguments of that call must still be unchanged. `dx`, in a model of one part, is overwritten with the gradient
    /// of what the stack reads (stack.h); null: not wanted.
    void backward(Real* dweights, Real* dx = nullptr);

    /// Lets the encoder read B sequences, for the predictions that follow.
    void encode(Weights<Real> weights, const Source<Real>& source, Size B);

    /// Logits (B, outputs) after the last of T steps, as generation and classification need them: no targets. Valid
    /// until the next call. A decoder reads what it gets from encode(), besides `sequence`.
    const Real* predict_last(Weights<Real> weights, const Sequence<Real>& sequence);

    /// Logits (T, B, outputs) of all T steps. Valid until the next call.
    const Real* predict_every(Weights<Real> weights, const Sequence<Real>& sequence);

private:
    void run(Weights<Real> weights, const Sequence<Real>& sequence);
    void select(const Batch<Real>& batch);  ///< fills rows_ and targets
    /// The rows of y_ at which something is predicted, (rows, inputs of the head).
    const Real* selected_outputs();
    /// From logits_ to dy_: zeros where nothing is predicted.
    void head_backward();
    /// From outputs of the top cell, (rows, inputs of the head), to logits_.
    const Real* write_logits(Weights<Real> weights, const Real* top, Size rows);
    LossSums write_losses();  ///< from logits_, overwritten with their gradient, to each_ and correct_
    void count_exact(LossSums& sums, Size B);

    const Model<Real>& model_;
    std::optional<EncoderPass<Real>> encoder_;
    Buffer<Real> saved_, workspace_, y_, dy_, compact_, logits_, target_reals_;
    std::vector<Size> rows_;  ///< of y, (t B + b), at which something is predicted
    bool every_ = false;      ///< all rows, in order: y is used as it stands
    std::vector<Token> target_tokens_;
    std::vector<double> each_;
    std::vector<std::uint8_t> correct_, wrong_;
    Weights<Real> weights_{};  ///< of the last call
    Forward<Real> call_;
};

}  // namespace unroll::model
