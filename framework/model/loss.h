// Losses: how far predictions are from their targets, and the gradient of that.
#pragma once

#include <cstdint>

#include "unroll/types.h"

namespace unroll::model {

/// Sums over predictions, in double and in the order of the predictions.
struct LossSums {
    double loss = 0;     ///< nats (cross-entropy), or squared error summed over the numbers of a prediction
    double correct = 0;  ///< predictions whose most likely token is the target; 0 for reals
    Size predictions = 0;
    double exact = 0;    ///< sequences with nothing but correct predictions
    Size sequences = 0;  ///< with a prediction; counted with tokens as targets only

    LossSums& operator+=(const LossSums& other) {
        loss += other.loss;
        correct += other.correct;
        predictions += other.predictions;
        exact += other.exact;
        sequences += other.sequences;
        return *this;
    }
    double mean() const { return predictions ? loss / double(predictions) : 0; }
    double accuracy() const { return predictions ? correct / double(predictions) : 0; }
    double exactness() const { return sequences ? exact / double(sequences) : 0; }
};

/// Cross-entropy of softmax(logits) (N, V), overwritten with the gradient of the mean loss: (softmax - one-hot) /
/// divisor. `each`, when not null, receives each prediction's loss (N), and `correct` whether its most likely token is
/// the target.
template <class Real>
LossSums cross_entropy(Real* logits, const Token* targets, Size N, Size V, double divisor, double* each,
                       std::uint8_t* correct = nullptr);

/// -log sigmoid(logit) where the answer is yes, -log(1 - sigmoid(logit)) where it is no, of N logits, overwritten with
/// the gradient: (sigmoid - answer) / divisor.
template <class Real>
LossSums binary_cross_entropy(Real* logits, bool answer, Size N, double divisor);

/// Squared error of predictions (N, width), overwritten with the gradient of the mean: 2 (prediction - target) /
/// divisor.
template <class Real>
LossSums squared_error(Real* predictions, const Real* targets, Size N, Size width, double divisor, double* each);

}  // namespace unroll::model
