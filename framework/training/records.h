// What a running trial tells the world. The training floor calls these; the sweep passes them on to the store and the
// display. All calls for one trial come from the one thread that runs it, in order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sampling/sample.h"
#include "unroll/types.h"

namespace unroll::training {

/// One value of a series. Values are finite: a NaN or an infinity ends the trial as diverged instead.
struct Point {
    std::uint64_t step = 0;
    double epoch = 0;        ///< passed through the training data so far
    std::string_view split;  ///< train | validation | test; a literal
    std::string_view name;   ///< loss, accuracy, exact, gradient_norm, learning_rate, tokens_per_second, …; a literal
    double value = 0;
    double seconds = 0;  ///< training time so far, all attempts together
};

/// Means over a split at each of T positions; NaN where nothing is predicted.
struct PositionMeans {
    std::vector<double> loss;      ///< (T)
    std::vector<double> accuracy;  ///< (T), or empty: targets are real numbers
};

/// By lag, as gradient_by_lag() (gradient.h) gives them.
using GradientNorms = std::vector<double>;

/// A checkpoint file that is complete and synced.
struct CheckpointRecord {
    std::uint64_t step = 0;
    std::filesystem::path path;
    std::string sha256;
    bool is_last = true, is_best = false;
};

class Records {
public:
    virtual ~Records() = default;
    virtual void point(const Point& point) = 0;
    /// At the end of training.
    virtual void by_position(std::uint64_t step, std::string_view split, const PositionMeans& means) = 0;
    virtual void gradient(std::uint64_t step, GradientNorms norms) = 0;
    /// Those made at one step.
    virtual void samples(std::vector<sampling::Sample> samples) = 0;
    virtual void checkpoint(CheckpointRecord checkpoint) = 0;
    /// After every step, for a live display; cheap.
    virtual void progress(std::uint64_t step, std::uint64_t steps, double loss, double tokens_per_second) = 0;
};

}  // namespace unroll::training
