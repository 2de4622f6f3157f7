// Events of TensorBoard, as bytes. The messages are those of tensorflow/core/util/event.proto and
// tensorflow/core/framework/{summary,tensor,tensor_shape,types}.proto, and of tensorboard/plugins/hparams/api.proto and
// plugin_data.proto.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"

namespace unroll::exports {

/// When: seconds since 1970, and the training step.
struct Moment {
    double seconds = 0;
    std::int64_t step = 0;
};

/// What every file begins with.
std::string version_event(double seconds);

/// TensorBoard's scalars are 32 bits wide.
std::string scalar_event(Moment moment, std::string_view tag, double value);

/// Texts in Markdown, UTF-8, shown one below the other.
std::string text_event(Moment moment, std::string_view tag, const std::vector<std::string>& texts);

/// A PNG file's bytes. Throws std::invalid_argument for anything else.
std::string image_event(Moment moment, std::string_view tag, std::string_view png);

/// Settings of a run for the HPARAMS tab: numbers, texts and truth values; anything else as JSON. Runs of one group are
/// told together, by their means.
std::string settings_event(double began, const std::vector<std::pair<std::string, json::Value>>& settings,
                           std::string_view group);

enum class RunStatus { unknown = 0, success = 1, failure = 2, running = 3 };  ///< of api.proto
std::string end_event(double ended, RunStatus status);

}  // namespace unroll::exports
