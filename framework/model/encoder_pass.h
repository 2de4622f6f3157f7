// The encoder's half of an encoder-decoder's pass, and the bridge from it to the decoder.
#pragma once

#include <optional>
#include <vector>

#include "model/batch.h"
#include "model/buffer.h"
#include "model/extent.h"
#include "model/model.h"

namespace unroll::model {

/// Runs the encoder, and connects the decoder's calls with it as the model's bridge says. Belongs to one Pass, used by
/// one thread at a time. Allocates when made, never after.
template <class Real>
class EncoderPass {
public:
    /// For any of `extents`, as Pass.
    EncoderPass(const Model<Real>& model, const std::vector<Extent>& extents, Use use);

    /// Reads B sequences, which must stay unchanged until backward().
    void forward(Weights<Real> weights, const Source<Real>& source, Size B, const RandomStream* dropout);

    /// Sets what the decoder gets from the last forward call: the encoder's state, unless the call has one already; its
    /// last output as the input at each step; or its outputs to attend to.
    void connect(Forward<Real>& decoder);

    /// Sets where the decoder's backward call leaves the gradients of that.
    void connect(Backward<Real>& decoder);

    /// After the decoder's backward call: adds the gradient of the encoder's share to `dweights`.
    void backward(Real* dweights);

private:
    /// Calls visit(row of y_, row of repeated_) for each step and sequence of the decoder.
    template <class Visit>
    void for_each_repeated(Visit&& visit) const;

    const Model<Real>& model_;
    Buffer<Real> saved_, workspace_, y_, dy_;
    Buffer<Real> state_, dstate_;        ///< with Bridge::state
    Buffer<Real> repeated_, drepeated_;  ///< with Bridge::repeat: (T of the decoder, B, width)
    Size decoder_steps_ = 0;
    std::optional<RandomStream> dropout_;
    Forward<Real> call_;
};

}  // namespace unroll::model
