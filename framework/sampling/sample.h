// A sample: one generated text, with everything that identifies it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sampling/quality.h"

namespace unroll::sampling {

/// All but what comes of it (`text`, `image`, `correct`, `quality`) is known before it is made. Two samples of a trial are the same
/// when step, sampler, options, temperature, prompt_key, seed, number, length and memory are.
struct Sample {
    std::uint64_t step = 0;  ///< of the weights it was made with
    double epoch = 0;
    std::string kind = "text";          ///< text | answer | image
    std::string sampler, options;       ///< plugin; its options as JSON
    std::optional<double> temperature;  ///< none when the sampler does not use it
    std::string prompt;                 ///< as text
    std::string prompt_key;             ///< what was asked for, as JSON: "KING:" or {"from":"validation","length":40}
    std::uint64_t seed = 0;
    std::uint64_t number = 0;           ///< 0 … count - 1
    std::uint64_t length = 0;           ///< tokens generated
    std::string memory;                 ///< carry | window
    std::string text;                   ///< without the prompt
    std::string image;                  ///< PNG; empty unless it is one
    std::optional<std::string> target;  ///< of an answer, when it is known
    std::optional<bool> correct;        ///< whether the answer is the target, symbol by symbol
    Quality quality;                    ///< nothing until it is measured
};

}  // namespace unroll::sampling
