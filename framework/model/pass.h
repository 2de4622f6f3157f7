// A pass: the memory for running a model on one batch after another, forward and backward.
#pragma once

#include <vector>

#include "model/batch.h"
#include "model/buffer.h"
#include "model/loss.h"
#include "model/model.h"

namespace unroll::model {

/// The most that a pass will be asked for.
struct Extent {
    Size T, B;
};

/// Belongs to one trial, used by one thread at a time. Allocates when made, never after.
template <class Real>
class Pass {
public:
    /// Enough memory for any of `extents` (and for fewer sequences of the same length); `gradients` false saves the
    /// part that only backward needs.
    Pass(const Model<Real>& model, const std::vector<Extent>& extents, bool gradients);

    /// Runs the batch, predicts where it has weights, and returns the sums of the losses. `state` and `next_state` as
    /// in Stack, either may be null. `dropout`: where masks come from, null for evaluation. `by_position` (T), when not
    /// null, has each position's summed loss added.
    LossSums forward(const Real* weights, const Real* prepared, const Batch<Real>& batch, const Real* state,
                     Real* next_state, const RandomStream* dropout, double* by_position = nullptr);

    /// Adds the gradient of the last forward call's mean loss to `dweights` (parameters().size()). The arguments of
    /// that call must still be unchanged.
    void backward(Real* dweights);

    /// Logits (B, outputs) after the last valid step of each sequence, as generation needs them: tokens (T, B) in, no
    /// targets. Valid until the next call.
    const Real* predict(const Real* weights, const Real* prepared, Size T, Size B, const Token* tokens,
                        const Real* state, Real* next_state);

private:
    void run(const Real* weights, const Real* prepared, Size T, Size B, Input<Real> x, const Size* lengths,
             const Real* state, Real* next_state, const RandomStream* dropout);
    void select(const Batch<Real>& batch);  ///< fills rows_ and targets

    const Model<Real>& model_;
    Buffer<Real> tape_, workspace_, y_, dy_, compact_, logits_, target_reals_;
    std::vector<Size> rows_;  ///< of y, (t B + b), at which something is predicted
    bool every_ = false;      ///< all rows, in order: y is used as it stands
    std::vector<Token> target_tokens_;
    std::vector<double> each_;
    Forward<Real> call_;
};

}  // namespace unroll::model
