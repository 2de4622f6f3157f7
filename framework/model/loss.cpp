// Losses: cross-entropy and squared error, each with its gradient in place.
#include "model/loss.h"

#include <algorithm>
#include <cmath>

#include "unroll/kernels.h"

namespace unroll::model {

template <class Real>
LossSums cross_entropy(Real* logits, const Token* targets, Size N, Size V, double divisor, double* each,
                       std::uint8_t* correct) {
    LossSums sums;
    sums.predictions = N;
    for (Size n = 0; n < N; ++n) {
        Real* const row = logits + n * V;
        const Size target = Size(targets[n]);
        const Size likeliest = Size(std::max_element(row, row + V) - row);
        const double above = double(row[likeliest]) - double(row[target]);
        softmax(row, row, 1, V);
        // -log softmax(target) by way of the largest element, whose probability cannot underflow.
        const double loss = above - std::log(double(row[likeliest]));
        sums.loss += loss;
        sums.correct += likeliest == target;
        if (each) each[n] = loss;
        if (correct) correct[n] = likeliest == target;
        row[target] -= Real{1};
        const Real scale = Real(1 / divisor);
        for (Size v = 0; v < V; ++v) row[v] *= scale;
    }
    return sums;
}

template <class Real>
LossSums binary_cross_entropy(Real* logits, bool answer, Size N, double divisor) {
    LossSums sums;
    sums.predictions = N;
    for (Size n = 0; n < N; ++n) {
        const double towards = answer ? double(logits[n]) : -double(logits[n]);
        const double e = std::exp(-std::abs(towards));  // never overflows
        sums.loss += std::log1p(e) + std::max(-towards, 0.0);
        sums.correct += towards > 0;
        const double wrong = (towards > 0 ? e : 1.0) / (1 + e);  // 1 - sigmoid(towards)
        logits[n] = Real((answer ? -wrong : wrong) / divisor);
    }
    return sums;
}

template <class Real>
LossSums squared_error(Real* predictions, const Real* targets, Size N, Size width, double divisor, double* each) {
    LossSums sums;
    sums.predictions = N;
    const Real scale = Real(2 / divisor);
    for (Size n = 0; n < N; ++n) {
        double loss = 0;
        for (Size i = n * width; i < (n + 1) * width; ++i) {
            const Real error = predictions[i] - targets[i];
            loss += double(error) * double(error);
            predictions[i] = scale * error;
        }
        sums.loss += loss;
        if (each) each[n] = loss;
    }
    return sums;
}

template LossSums cross_entropy(float*, const Token*, Size, Size, double, double*, std::uint8_t*);
template LossSums cross_entropy(double*, const Token*, Size, Size, double, double*, std::uint8_t*);
template LossSums binary_cross_entropy(float*, bool, Size, double);
template LossSums binary_cross_entropy(double*, bool, Size, double);
template LossSums squared_error(float*, const float*, Size, Size, double, double*);
template LossSums squared_error(double*, const double*, Size, Size, double, double*);

}  // namespace unroll::model
