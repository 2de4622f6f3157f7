// Batches: which sequences a trial sees, in which order. batch(epoch, index) depends on the trial's seed alone, so that
// resuming needs no cursor.
#pragma once

#include <cstdint>
#include <vector>

#include "model/batch.h"
#include "model/pass.h"
#include "trial/topology.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// How batches are cut from a split.
struct BatchPlan {
    Size sequence_length = 0, batch = 0;
    trial::Windows windows = trial::Windows::random;
    Size stride = 1;
    trial::Predict predict = trial::Predict::every;
    bool shuffled = true;  ///< strided windows and examples: in a new order every epoch
    std::uint64_t seed = 0;
};

/// The plan for training.
BatchPlan training_plan(const trial::Trial& trial);

/// The plan for a loss over a whole split: non-overlapping windows in order, and as many at once as keep the arithmetic
/// busy; as streams when training carries its state.
BatchPlan evaluation_plan(const trial::Trial& trial);

/// Cuts batches from one split of a dataset. Used by one thread: it remembers the epoch's order.
/// The dataset must outlive it.
class Batches {
public:
    /// A dataset that fixes its sequence length overrules the plan's. An evaluation by streams that are too many for
    /// the split to fill one window of each takes fewer.
    Batches(const Dataset& dataset, Split split, const BatchPlan& plan);

    /// Batches in an epoch: random windows cover the split's length once; all others cover every window or example
    /// once. 0 when the split is empty or too short.
    Size per_epoch() const { return per_epoch_; }

    Size sequence_length() const { return plan_.sequence_length; }

    /// Positions that are predicted: T, or the longest target.
    Size positions() const { return topology_.corpus ? plan_.sequence_length : task_.target_positions(); }

    /// The most that a pass over a batch is asked for.
    model::Extent extent() const;
    Size largest_batch() const;

    /// Predictions of a full batch, when it is known without looking at examples; else T B.
    Size predictions() const;

    /// True when batch `index` goes on where `index` - 1 ended, so that the state is carried over.
    bool continues(Size index) const {
        return plan_.windows == trial::Windows::streams && topology_.corpus && index > 0;
    }

    /// Batch `index` < per_epoch() of an epoch; whatever was in `batch` is replaced. The last batch of an epoch may
    /// have fewer sequences, and a batch of examples has as many steps as the longest of them. Allocates only until its
    /// arrays, and those of `batch`, have their full sizes.
    template <class Real>
    void fill(std::uint64_t epoch, Size index, model::Batch<Real>& batch);

private:
    template <class Real>
    void fill_windows(model::Batch<Real>& batch) const;
    template <class Real>
    void fill_examples(model::Batch<Real>& batch);
    template <class Real>
    void feed_targets(model::Batch<Real>& batch) const;
    template <class Real>
    void shorten(model::Batch<Real>& batch) const;
    void choose(std::uint64_t epoch, Size index);
    void shuffle(std::uint64_t epoch);

    const Dataset& dataset_;
    Split split_;
    BatchPlan plan_;
    Task task_;
    std::span<const Token> tokens_;
    const trial::Topology& topology_;
    Size items_ = 0;  ///< windows or examples in an epoch (streams: batches)
    Size per_epoch_ = 0;
    Size stream_length_ = 0;
    std::vector<std::uint32_t> order_;
    std::uint64_t ordered_epoch_ = ~std::uint64_t{0};

    std::vector<Size> chosen_;  ///< starts of windows, or indices of examples, in the batch

    /// One example as the dataset writes it.
    struct Room {
        std::vector<Token> tokens, target_tokens;
        std::vector<float> reals, target_reals, weights;
    } room_;
};

}  // namespace unroll::training
