// The gradient by lag.
#include "training/gradient.h"

#include <cmath>

#include "model/pass.h"
#include "training/batches.h"

namespace unroll::training {

namespace {

constexpr Size sequences = 64, at_once = 8;  // a few at once: one-hot rows of a large vocabulary are wide

BatchPlan in_order(const trial::Trial& trial) {
    BatchPlan plan = training_plan(trial);
    plan.sequence_length = plan.stride = trial.training.evaluate_length;
    plan.windows = trial::Windows::strided;
    plan.shuffled = false;
    plan.batch = at_once;
    return plan;
}

/// Takes the weight from every position but the last of each sequence. Returns the number of positions up to that one,
/// its own included; 0 where nothing is predicted.
template <class Real>
std::vector<Size> keep_last(model::Batch<Real>& batch) {
    std::vector<Size> read(batch.B, 0);
    for (Size row = batch.T * batch.B; row-- > 0;) {
        Size& length = read[row % batch.B];
        if (length)
            batch.weights[row] = 0;
        else if (batch.weights[row] != 0)
            length = row / batch.B + 1;
    }
    return read;
}

template <class Real>
double norm(const Real* x, Size n) {
    double sum = 0;
    for (Size i = 0; i < n; ++i) sum += double(x[i]) * double(x[i]);
    return std::sqrt(sum);
}

}  // namespace

template <class Real>
GradientNorms gradient_by_lag(const trial::Trial& trial, const Dataset& dataset, const plugins::Catalog& catalog,
                              const Real* weights) {
    Batches validation(dataset, Split::validation, in_order(trial)), training(dataset, Split::train, in_order(trial));
    Batches& batches = validation.per_epoch() ? validation : training;
    const Task task = dataset.task();
    const model::Model<Real> model(trial, task, catalog, model::TokenInput::one_hot);
    const Size D = task.input_tokens ? model.predictor().layers().front().cell->layout().output : task.input_reals;
    const model::Extent extent = batches.extent();
    model::Pass<Real> pass(model, {extent}, model::Use::training);
    model::Buffer<Real> prepared(model.prepared_size()), dx(extent.T * extent.B * D);
    model.prepare(weights, prepared.data());

    GradientNorms norms(extent.T, 0);
    std::vector<Size> counts(extent.T, 0);
    model::Batch<Real> batch;
    for (Size index = 0; index < batches.per_epoch() && index * at_once < sequences; ++index) {
        batches.fill(0, index, batch);
        const std::vector<Size> read = keep_last(batch);
        const auto sums = pass.forward({weights, prepared.data()}, batch);
        pass.backward(nullptr, dx.data());
        for (Size b = 0; b < batch.B; ++b)
            for (Size lag = 0; lag < read[b]; ++lag) {
                const Size row = (read[b] - 1 - lag) * batch.B + b;
                // backward differentiates the mean over the batch, of which a sequence's loss is one part
                norms[lag] += double(sums.predictions) * norm(dx.data() + row * D, D);
                ++counts[lag];
            }
    }
    while (!counts.empty() && counts.back() == 0) counts.pop_back();
    norms.resize(counts.size());
    for (Size lag = 0; lag < norms.size(); ++lag) norms[lag] /= double(counts[lag]);
    return norms;
}

template GradientNorms gradient_by_lag<float>(const trial::Trial&, const Dataset&, const plugins::Catalog&,
                                              const float*);
template GradientNorms gradient_by_lag<double>(const trial::Trial&, const Dataset&, const plugins::Catalog&,
                                               const double*);

}  // namespace unroll::training
