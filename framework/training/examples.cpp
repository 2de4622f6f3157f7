// The first sequences of a split as batches hold them.
#include "training/examples.h"

#include <algorithm>

namespace unroll::training {

namespace {

/// Sequence b of a time-major array, its first `steps` steps of `width` values.
template <class T>
std::vector<T> column(const std::vector<T>& array, Size B, Size b, Size steps, Size width) {
    std::vector<T> values;
    for (Size t = 0; !array.empty() && t < steps; ++t)
        for (Size d = 0; d < width; ++d) values.push_back(array[(t * B + b) * width + d]);
    return values;
}

SeenExample example(const model::Batch<float>& batch, Size b, const Task& task) {
    const bool apart = batch.source.T > 0;
    const Size T = apart ? batch.source.T : batch.T;
    const std::vector<Size>& lengths = apart ? batch.source.lengths : batch.lengths;
    SeenExample seen;
    seen.length = lengths.empty() ? T : lengths[b];
    seen.tokens = column(apart ? batch.source.tokens : batch.tokens, batch.B, b, seen.length, 1);
    seen.reals = column(apart ? batch.source.reals : batch.reals, batch.B, b, seen.length, task.input_reals);
    Size positions = apart ? batch.T : seen.length;
    if (apart)  // a target sequence ends with its last symbol; what follows in the batch is padding
        while (positions > 0 && batch.weights[(positions - 1) * batch.B + b] == 0) --positions;
    seen.target_tokens = column(batch.target_tokens, batch.B, b, positions, 1);
    seen.target_reals = column(batch.target_reals, batch.B, b, positions, task.target_reals);
    for (const float weight : column(batch.weights, batch.B, b, positions, 1)) seen.counts.push_back(weight != 0);
    return seen;
}

}  // namespace

SeenSplit first_examples(const Dataset& dataset, Split split, const BatchPlan& plan, Size count) {
    const Task task = dataset.task();
    BatchPlan in_order = plan;
    in_order.batch = std::max<Size>(count, 1);
    in_order.windows = trial::Windows::strided;
    in_order.stride = std::max<Size>(plan.sequence_length, 1);
    in_order.shuffled = false;
    SeenSplit seen;
    seen.items = dataset.tokens(split).size() + dataset.examples(split);
    Batches batches(dataset, split, in_order);
    if (batches.per_epoch() == 0) return seen;
    const Size T = in_order.sequence_length;
    seen.sequences = dataset.tokens(split).empty() ? dataset.examples(split) : (seen.items - 1) / T;
    model::Batch<float> batch;
    batches.fill(0, 0, batch);
    for (Size b = 0; b < batch.B && b < count; ++b) seen.first.push_back(example(batch, b, task));
    return seen;
}

}  // namespace unroll::training
