// What a trial reports while it runs: records of a few kinds, and the sink that takes them from trainer to store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sampling/judgement.h"
#include "sampling/sample.h"
#include "unroll/dataset.h"
#include "unroll/types.h"

namespace unroll::training {

/// One value of a series. Values are finite: a NaN or an infinity ends the trial as diverged instead.
struct Point {
    std::uint64_t step = 0;
    double epoch = 0;  ///< passed through the training data so far
    Split split = Split::train;
    std::string name;  ///< loss, accuracy, exact, gradient_norm, learning_rate, tokens_per_second, …
    double value = 0;
    double seconds = 0;  ///< training time so far, all attempts together
};

/// Means over a split at each of T positions; NaN where nothing is predicted.
struct PositionMeans {
    std::vector<double> loss;      ///< (T)
    std::vector<double> accuracy;  ///< (T), or empty: targets are real numbers
};

/// At the end of training, once for each split that is evaluated.
struct LossByPosition {
    std::uint64_t step = 0;
    Split split = Split::validation;
    PositionMeans means;
};

/// By lag, as gradient_by_lag() (gradient.h) gives them.
using GradientNorms = std::vector<double>;

struct GradientByLag {
    std::uint64_t step = 0;
    GradientNorms norms;
};

/// Those made at one step.
using Samples = std::vector<sampling::Sample>;

/// A checkpoint file that is complete and synced.
struct CheckpointInfo {
    std::uint64_t step = 0;
    std::filesystem::path path;  ///< absolute; the store keeps it relative to the database's folder
    std::string sha256;
    bool is_last = false, is_best = false;
    /// Asked for by checkpoint_every, or the trial's end. One that is not is kept while it is the best or the last: the
    /// best evaluation may fall between two that are asked for, and an interruption anywhere.
    bool is_scheduled = true;
    bool is_usable = true;  ///< false: known to be lost or damaged, so that nothing can be made from it; not stored
};

/// A checkpoint was written. Which older ones stay, retention.h says.
struct CheckpointSaved {
    CheckpointInfo checkpoint;
    Size keep = 2;  ///< training.keep_checkpoints
};

/// What a classifier, another trial, makes of the images of this one.
struct ImageJudgement {
    std::uint64_t step = 0;  ///< of the generator's checkpoint
    std::string judge;       ///< the classifier's fingerprint
    sampling::Judgement judgement;
};

/// Everything that a trial reports. A new kind costs four places: its struct and its name in this list, its fields in
/// record_fields.h, a table in store/schema.cpp (a migration; and in recorded_tables of store/schema.h, if an attempt
/// that starts again drops its rows), and its INSERT in store/recording.cpp. The compiler names those that are missing.
using Record = std::variant<Point, LossByPosition, GradientByLag, Samples, CheckpointSaved, ImageJudgement>;

/// How far a trial is, for a live display.
struct StepProgress {
    std::uint64_t step = 0, steps = 0;
    double loss = 0;  ///< of the step's batch
    double tokens_per_second = 0;
};

/// Where a trial's records go. All calls for one trial come from the one thread that runs it, in order.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void record(Record record) = 0;
    /// After every step; must be cheap.
    virtual void progress(const StepProgress&) {}
};

/// A sink for those who look at some kinds of records only.
class Listener final : public Sink {
public:
    explicit Listener(std::function<void(const Record&)> listen) : listen_(std::move(listen)) {}
    void record(Record record) override { listen_(record); }

private:
    std::function<void(const Record&)> listen_;
};

}  // namespace unroll::training
