// A sample: one generated text, answer or grid of images, and what identifies it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "sampling/quality.h"

namespace unroll::sampling {

/// What identifies a sample of a trial, so that a missing one is noticed. Known before it is made.
struct SampleKey {
    std::uint64_t step = 0;             ///< of the weights it is made with
    std::string sampler, options;       ///< plugin; its options as JSON
    std::optional<double> temperature;  ///< none when the sampler does not use it
    std::string prompt_key;             ///< what was asked for, as JSON: "KING:" or {"from":"validation","length":40}
    std::uint64_t seed = 0;
    std::uint64_t number = 0;  ///< 0 … count - 1
    std::uint64_t length = 0;  ///< tokens to generate, or images of a grid
    std::string memory;        ///< carry | window; empty for images

    auto operator<=>(const SampleKey&) const = default;
};

struct Sample {
    SampleKey key;
    double epoch = 0;
    std::string kind = "text";          ///< text | answer | image
    std::string prompt;                 ///< as text
    std::string text;                   ///< without the prompt
    std::string image;                  ///< PNG; empty unless it is one
    std::optional<std::string> target;  ///< of an answer, when it is known
    std::optional<bool> correct;        ///< whether the answer is the target, symbol by symbol
    Quality quality;                    ///< nothing until it is measured
};

}  // namespace unroll::sampling
