// Manifest paths: "training.optimizer.learning_rate", "cell.0.hidden". A list's part is its index, from 0.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace unroll::manifest {

/// The one spelling of a path: "cell[0].hidden" becomes "cell.0.hidden". None when it is no path, as "a..b" or "".
std::optional<std::string> normal_path(std::string_view path);

std::vector<std::string_view> path_parts(std::string_view path);

/// The part before the first point.
std::string_view path_head(std::string_view path);

/// Whether setting one of the two would touch the other: they are equal, or one leads to the other.
bool overlap(std::string_view a, std::string_view b);

/// The value at a path; null when there is none.
const json::Value* find_at(const json::Value& root, std::string_view path);

/// The value at a path or, where there is none, the innermost one on the way to it.
const json::Value& nearest_at(const json::Value& root, std::string_view path);

/// Sets the value at a path; objects that are missing on the way are made. Where that is impossible, because a number
/// or a text is in the way or a list has no such index: what is in the way, and nothing is changed.
const json::Value* set_at(json::Value& root, std::string_view path, json::Value value);

}  // namespace unroll::manifest
