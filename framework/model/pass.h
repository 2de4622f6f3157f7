// A pass: the memory for running a model on one batch after another, forward and backward.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/batch.h"
#include "model/buffer.h"
#include "model/loss.h"
#include "model/model.h"

namespace unroll::model {

/// The most that a pass will be asked for.
struct Extent {
    Size T, B;
    Size source = 0;  ///< T of what an encoder reads
};

/// Belongs to one trial, used by one thread at a time. Allocates when made, never after.
template <class Real>
class Pass {
public:
    /// Enough memory for any of `extents` (and for fewer sequences or steps); `gradients` false saves the part that
    /// only backward needs.
    Pass(const Model<Real>& model, const std::vector<Extent>& extents, bool gradients);

    /// Runs the batch, predicts where it has weights, and returns the sums of the losses. `state` and `next_state` as
    /// in Stack, either may be null; a model with an encoder takes none. `dropout`: where masks come from, null for
    /// evaluation. `by_position` (T), when not null, has the sums of each position added, but for its sequences.
    LossSums forward(const Real* weights, const Real* prepared, const Batch<Real>& batch, const Real* state,
                     Real* next_state, const RandomStream* dropout, LossSums* by_position = nullptr);

    /// Adds the gradient of the last forward call's mean loss to `dweights` (parameters().size()), unless null. The
    /// arguments of that call must still be unchanged. `dx`, in a model of one part, is overwritten with the gradient of
    /// what the stack reads (stack.h); null: not wanted.
    void backward(Real* dweights, Real* dx = nullptr);

    /// Logits (B, outputs) after the last of T steps, as generation and classification need them: no targets. Valid until
    /// the next call. After encode(), the decoder attends to what was read then.
    const Real* predict(const Real* weights, const Real* prepared, Size T, Size B, Input<Real> x, const Real* state,
                        Real* next_state);

    /// Lets the encoder read B sequences. Returns the state that a decoder is to start from, or null: zeros.
    const Real* encode(const Real* weights, const Real* prepared, const Source<Real>& source, Size B);

    /// After encode(), for a decoder that is not fed back: logits (T, B, outputs) of all T steps.
    const Real* predict_repeated(const Real* weights, const Real* prepared, Size T, Size B);

private:
    void encode(const Real* weights, const Real* prepared, const Source<Real>& source, Size B,
                const RandomStream* dropout);
    void encode_backward(Real* dweights);
    void run(const Real* weights, const Real* prepared, Size T, Size B, Input<Real> x, const Size* lengths,
             const Real* state, Real* next_state, const RandomStream* dropout);
    void repeat(Size T);
    void select(const Batch<Real>& batch);  ///< fills rows_ and targets
    /// From outputs of the top cell, (rows, inputs of the head), to logits_.
    const Real* write_logits(const Real* weights, const Real* prepared, const Real* top, Size rows);
    void count_exact(LossSums& sums, Size B);
    bool encodes() const { return model_.topology().separate_target; }
    bool bridges(trial::Bridge bridge) const { return encodes() && model_.bridge() == bridge; }

    const Model<Real>& model_;
    Buffer<Real> saved_, workspace_, y_, dy_, compact_, logits_, target_reals_;
    std::vector<Size> rows_;  ///< of y, (t B + b), at which something is predicted
    bool every_ = false;      ///< all rows, in order: y is used as it stands
    std::vector<Token> target_tokens_;
    std::vector<double> each_;
    std::vector<std::uint8_t> correct_, wrong_;
    Forward<Real> call_;

    /// Of the encoder: its outputs, or its state, or the repeated output, and their gradients.
    struct Encoded {
        Buffer<Real> saved, workspace, y, dy, state, dstate, repeated, drepeated;
        std::optional<RandomStream> dropout;
        Forward<Real> call;
    } encoded_;
};

}  // namespace unroll::model
