// Values within sentences and labels.
#pragma once

#include <optional>
#include <string>

#include "store/result_table.h"

namespace unroll::report {

/// Reals with six significant digits, NULL as NULL; a text as it is, which may hold anything.
std::string in_words(const store::Value& value);

/// The value as a number; none for a text or NULL.
std::optional<double> number_in(const store::Value& value);

/// "training.sequence_length" as "sequence_length": the last key of a path.
std::string last_key(const std::string& path);

}  // namespace unroll::report
