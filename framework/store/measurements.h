// What was measured of trials besides their series: losses by position, gradients by lag, generated texts and images.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/result_table.h"
#include "store/store.h"

namespace unroll::store {

struct PositionRow {
    std::string split;
    std::int64_t position = 0;  ///< in a sequence, from 0
    double loss = 0;
    std::optional<double> accuracy;
};

/// By split and position.
std::vector<PositionRow> positions_of(Store& store, Id trial);

struct LagRow {
    std::int64_t step = 0, lag = 0;
    double norm = 0;
};

/// The gradients of the last step at which they were measured, by lag.
std::vector<LagRow> last_gradients_of(Store& store, Id trial);

/// A generated text, answer or picture.
struct SampleRow {
    std::int64_t step = 0;
    std::string kind;  ///< text | answer | image
    std::string sampler;
    std::optional<double> temperature;
    std::string prompt, text, target;
    std::optional<bool> correct;
    std::string image;  ///< a PNG file's bytes; "" unless it is one
    std::int64_t number = 0;
    std::optional<double> known_word_rate, distinct_3, repetition;
    std::optional<std::int64_t> longest_copy;
};

/// Those of the last step at which the trial was sampled, in the order in which they were asked for.
std::vector<SampleRow> last_samples_of(Store& store, Id trial);

/// Those of the last `steps` steps at which the trial was sampled, the last step first.
std::vector<SampleRow> last_samples_of(Store& store, Id trial, std::size_t steps);

/// How an experiment came about.
struct Origin {
    std::string about, manifest;
    std::string manifest_path;  ///< of the file, relative to the database's folder; "" when it is not known
    std::string updated_at;     ///< when it was planned last, UTC
};

/// Throws Error as find_experiment().
Origin origin_of(Store& store, const std::string& experiment);

/// Where trials of an experiment were trained, and with what.
struct Place {
    std::string build, host;
    std::int64_t jobs = 0, attempts = 0;
    std::string first, last;  ///< when the attempts began and ended, UTC
};

/// The last first. Only the current trials' attempts.
std::vector<Place> places_of(Store& store, const std::string& experiment);

/// The plugins of an experiment's current trials: kind, name, revision.
Table plugins_of(Store& store, const std::string& experiment);

}  // namespace unroll::store
