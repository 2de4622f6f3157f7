// What a trial wrote or drew in the course of its training, and when that began.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace unroll::store {

/// A generated text, answer or image at some step.
struct PastSample {
    std::uint64_t step = 0;
    double seconds = 0;            ///< of training until then, as the nearest point before it tells
    std::string sampler, options;  ///< options: a JSON object
    std::optional<double> temperature;
    std::string prompt, text, target;  ///< any bytes; "" for none
    std::string image;                 ///< a PNG file's bytes; "" for none
};

/// By step, then in the order in which they were asked for.
std::vector<PastSample> sample_history(Store& store, Id trial);

/// When the first attempt at the trial began and the last one ended, UTC; "" when none has.
struct Period {
    std::string began_at, ended_at;
};
Period period_of(Store& store, Id trial);

}  // namespace unroll::store
