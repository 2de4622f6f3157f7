// When training ends early, and which evaluation was the best. Pure: values in, decisions out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "trial/metric.h"
#include "trial/trial.h"
#include "unroll/types.h"

namespace unroll::training {

/// The best value of a metric so far. The first of equals stays.
class Best {
public:
    explicit Best(std::string_view metric) : more_(trial::more_is_better(metric)) {}

    /// True when `value` is the best so far. A NaN never is.
    bool observe(std::uint64_t step, double value);

    bool any() const { return any_; }
    double value() const { return value_; }       ///< when any()
    std::uint64_t step() const { return step_; }  ///< when any()

    /// As text, for a checkpoint; "" before the first value. `restore` takes back what `save` gave, to the last bit,
    /// and throws Error for anything else.
    std::string save() const;
    void restore(std::string_view text);

private:
    bool more_, any_ = false;
    double value_ = 0;
    std::uint64_t step_ = 0;
};

/// Decides on `stop`: the target is reached (at or beyond it), or `patience` evaluations in a row were not better than
/// the best before them. Without a metric it never stops.
class Stopping {
public:
    explicit Stopping(const trial::StopSettings& settings) : settings_(settings), best_(settings.metric) {}

    /// The metric to observe, "" for none.
    const std::string& metric() const { return settings_.metric; }

    /// To be told once of every evaluation. True: training ends now.
    bool observe(std::uint64_t step, double value);

    /// As Best's.
    std::string save() const;
    void restore(std::string_view text);

private:
    trial::StopSettings settings_;
    Best best_;
    Size waited_ = 0;  ///< evaluations since the best
};

}  // namespace unroll::training
