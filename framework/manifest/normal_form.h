// Values that are more than an option can say: their normal form, and what they mean.
#pragma once

#include <optional>

#include "json/value.h"
#include "manifest/schema.h"
#include "trial/trial.h"

namespace unroll::manifest {

/// The value in the one form that config and identity have it in; nothing when the setting may not be that. Sections
/// and what only the check of a whole manifest can judge (a sampler, a prompt, axes) come back as they are.
std::optional<json::Value> normal(const Setting& setting, const json::Value& given);

/// How durations and sizes with units look, as regular expressions of JSON Schema.
inline constexpr const char* duration_pattern = "^\\s*([0-9.]+\\s*(s|min|m|h|d)\\s*)+$";
inline constexpr const char* memory_pattern = "^\\s*[0-9.]+\\s*(B|([kKMGT]i?B))\\s*$";
inline constexpr double least_memory = 1e6;  ///< bytes; no process gets by with less
inline constexpr double least_minutes = 0.02, most_minutes = 1e6;  ///< between checkpoints by the clock: from a second

/// Of values in normal form.
trial::When to_when(const json::Value& value);
trial::Clip to_clip(const json::Value& value);

}  // namespace unroll::manifest
