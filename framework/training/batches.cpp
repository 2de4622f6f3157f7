// Batches: windows of a corpus (random, strided, streams) and lists of examples.
#include "training/batches.h"

#include <algorithm>
#include <numeric>

#include "plugins/make.h"
#include "unroll/random.h"

namespace unroll::training {

using trial::Predict;
using trial::Windows;

BatchPlan training_plan(const trial::Trial& trial) {
    const trial::TrainingSettings& training = trial.training;
    return {training.sequence_length, training.batch, training.windows, training.stride,
            training.predict,         true,           trial.seed};
}

BatchPlan evaluation_plan(const trial::Trial& trial) {
    const trial::TrainingSettings& training = trial.training;
    BatchPlan plan = training_plan(trial);
    plan.sequence_length = training.evaluate_length;
    plan.shuffled = false;
    if (plan.windows == Windows::streams) return plan;
    constexpr Size busy = 2048;  // time steps in a batch from which larger batches are no faster
    plan.batch = std::max(training.batch, busy / std::max<Size>(training.evaluate_length, 1));
    plan.windows = Windows::strided;
    plan.stride = training.evaluate_length;
    return plan;
}

Batches::Batches(const Dataset& dataset, Split split, const BatchPlan& plan)
    : dataset_(dataset),
      split_(split),
      plan_(plan),
      task_(dataset.task()),
      tokens_(dataset.tokens(split)),
      topology_(trial::topology_of(task_)) {
    plugins::elements("training.batch", plan_.sequence_length, plan_.batch);
    const auto batches = [&](Size items) { return (items + plan_.batch - 1) / plan_.batch; };
    if (!topology_.corpus) {
        if (task_.sequence_length) plan_.sequence_length = task_.sequence_length;
        items_ = dataset.examples(split);
        per_epoch_ = batches(items_);
        const Size values = std::max({task_.input_reals, task_.target_reals, Size{1}});
        plugins::elements("training.batch", std::max(plan_.sequence_length, positions()), largest_batch(), values);
        return;
    }
    const Size T = plan_.sequence_length, n = tokens_.size();
    if (n < T + 1) return;
    switch (plan_.windows) {
        case Windows::random:
            items_ = n - T;
            per_epoch_ = std::max<Size>((n - 1) / (T * plan_.batch), 1);
            break;
        case Windows::strided:
            items_ = (n - T + plan_.stride - 1) / plan_.stride;
            per_epoch_ = batches(items_);
            break;
        case Windows::streams:
            if (!plan_.shuffled) plan_.batch = std::min(plan_.batch, (n - 1) / T);
            stream_length_ = (n - 1) / plan_.batch;
            items_ = per_epoch_ = stream_length_ / T;
            break;
    }
}

model::Extent Batches::extent() const {
    return {positions(), largest_batch(), topology_.separate_target ? plan_.sequence_length : 0};
}

Size Batches::largest_batch() const {
    if (topology_.corpus && plan_.windows != Windows::strided) return plan_.batch;
    return std::min(plan_.batch, std::max<Size>(items_, 1));
}

Size Batches::predictions() const {
    const Size B = largest_batch();
    if (topology_.corpus) return plan_.predict == Predict::last ? B : B * plan_.sequence_length;
    if (topology_.per_sequence) return B;
    return B * positions();
}

void Batches::shuffle(std::uint64_t epoch) {
    if (ordered_epoch_ == epoch && order_.size() == items_) return;
    order_.resize(items_);
    std::iota(order_.begin(), order_.end(), std::uint32_t{0});
    if (plan_.shuffled) {
        RandomStream stream(plan_.seed, "order", {epoch});
        for (Size i = items_; i > 1; --i) std::swap(order_[i - 1], order_[stream.below(i)]);
    }
    ordered_epoch_ = epoch;
}

void Batches::choose(std::uint64_t epoch, Size index) {
    chosen_.clear();
    if (topology_.corpus && plan_.windows == Windows::random) {
        RandomStream stream(plan_.seed, "windows", {epoch, index});
        for (Size b = 0; b < plan_.batch; ++b) chosen_.push_back(stream.below(items_));
    } else if (topology_.corpus && plan_.windows == Windows::streams) {
        for (Size b = 0; b < plan_.batch; ++b) chosen_.push_back(b * stream_length_ + index * plan_.sequence_length);
    } else {
        shuffle(epoch);
        const Size last = std::min((index + 1) * plan_.batch, items_);
        for (Size i = index * plan_.batch; i < last; ++i)
            chosen_.push_back(topology_.corpus ? order_[i] * plan_.stride : order_[i]);
    }
}

template <class Real>
void Batches::fill_windows(model::Batch<Real>& batch) const {
    const Size T = batch.T, B = batch.B;
    batch.reals.clear();
    batch.target_reals.clear();
    batch.lengths.clear();
    batch.tokens.resize(T * B);
    batch.target_tokens.resize(T * B);
    for (Size b = 0; b < B; ++b)
        for (Size t = 0; t < T; ++t) {
            batch.tokens[t * B + b] = tokens_[chosen_[b] + t];
            batch.target_tokens[t * B + b] = tokens_[chosen_[b] + t + 1];
        }
    batch.weights.assign(T * B, plan_.predict == Predict::every ? 1.0f : 0.0f);
    std::fill(batch.weights.end() - std::ptrdiff_t(B), batch.weights.end(), 1.0f);
    batch.predictions = plan_.predict == Predict::every ? T * B : B;
}

/// No longer than the longest sequence in it. What is cut off has no weight; arrays are time-major, so it is their end.
template <class Real>
void Batches::shorten(model::Batch<Real>& batch) const {
    const auto [least, most] = std::minmax_element(batch.lengths.begin(), batch.lengths.end());
    const bool equal = *least == *most;
    batch.T = *most;
    const Size rows = batch.T * batch.B;
    batch.tokens.resize(task_.input_tokens ? rows : 0);
    batch.reals.resize(rows * task_.input_reals);
    batch.target_tokens.resize(task_.target_tokens ? rows : 0);
    batch.target_reals.resize(rows * task_.target_reals);
    batch.weights.resize(topology_.has_target ? rows : 0);
    if (equal) batch.lengths.clear();
}

template <class Real>
void Batches::fill_examples(model::Batch<Real>& batch) {
    const Size T = plan_.sequence_length, B = batch.B, D = task_.input_reals, width = task_.target_reals;
    const Size positions = task_.target_positions();
    const bool apart = topology_.separate_target, targets = topology_.has_target;
    std::vector<Token>& tokens = apart ? batch.source.tokens : batch.tokens;
    std::vector<Real>& reals = apart ? batch.source.reals : batch.reals;
    std::vector<Size>& lengths = apart ? batch.source.lengths : batch.lengths;
    tokens.resize(task_.input_tokens ? T * B : 0);
    reals.resize(T * B * D);
    lengths.resize(B);
    batch.T = positions;
    batch.target_tokens.resize(task_.target_tokens ? positions * B : 0);
    batch.target_reals.resize(positions * B * width);
    batch.weights.resize(targets ? positions * B : 0);
    batch.predictions = 0;
    for (Size b = 0; b < B; ++b) {
        room_.tokens.assign(T, 0);
        room_.target_tokens.assign(positions, 0);
        room_.reals.assign(T * D, 0);
        room_.target_reals.assign(positions * width, 0);
        room_.weights.assign(positions, 0);
        Example example{room_.tokens.data(),       room_.reals.data(),   room_.target_tokens.data(),
                        room_.target_reals.data(), room_.weights.data(), 0};
        dataset_.example(split_, chosen_[b], example);
        lengths[b] = example.length;
        for (Size t = 0; t < T; ++t) {
            const Size row = t * B + b;
            if (task_.input_tokens) tokens[row] = room_.tokens[t];
            for (Size d = 0; d < D; ++d) reals[row * D + d] = Real(room_.reals[t * D + d]);
        }
        for (Size t = 0; targets && t < positions; ++t) {
            const Size row = t * B + b;
            if (task_.target_tokens) batch.target_tokens[row] = room_.target_tokens[t];
            for (Size d = 0; d < width; ++d)
                batch.target_reals[row * width + d] = Real(room_.target_reals[t * width + d]);
            batch.weights[row] = room_.weights[t];
            batch.predictions += room_.weights[t] != 0;
        }
    }
    const auto clear_when_full = [](std::vector<Size>& all, Size full) {
        if (std::all_of(all.begin(), all.end(), [&](Size length) { return length == full; })) all.clear();
    };
    if (!apart) return shorten(batch);
    feed_targets(batch);
    clear_when_full(batch.source.lengths, T);
    clear_when_full(batch.lengths, positions);
}

/// What the decoder is fed: a start, then the target's symbols one step late.
template <class Real>
void Batches::feed_targets(model::Batch<Real>& batch) const {
    const Size T = batch.T, B = batch.B;
    batch.source.T = plan_.sequence_length;
    batch.tokens.resize(T * B);
    std::fill_n(batch.tokens.begin(), B, Token(task_.target_tokens));
    std::copy(batch.target_tokens.begin(), batch.target_tokens.end() - std::ptrdiff_t(B),
              batch.tokens.begin() + std::ptrdiff_t(B));
    batch.lengths.assign(B, 0);
    for (Size row = 0; row < T * B; ++row) batch.lengths[row % B] += batch.weights[row] != 0;
}

template <class Real>
void Batches::fill(std::uint64_t epoch, Size index, model::Batch<Real>& batch) {
    choose(epoch, index);
    batch.T = plan_.sequence_length;
    batch.B = chosen_.size();
    if (topology_.corpus)
        fill_windows(batch);
    else
        fill_examples(batch);
}

template void Batches::fill(std::uint64_t, Size, model::Batch<float>&);
template void Batches::fill(std::uint64_t, Size, model::Batch<double>&);

}  // namespace unroll::training
