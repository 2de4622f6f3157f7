// The small JSON files of a run folder: written whole, read as they are.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"
#include "unroll/types.h"

namespace unroll::launch {

json::Value object(std::initializer_list<std::pair<std::string_view, json::Value>> members);

/// The members of an object; "", 0, false and an empty list where there is none of this type.
std::string text_of(const json::Value& object, std::string_view key);
double number_of(const json::Value& object, std::string_view key);
Size count_of(const json::Value& object, std::string_view key);
bool flag_of(const json::Value& object, std::string_view key);
const json::Array& list_of(const json::Value& object, std::string_view key);
std::vector<std::string> texts_of(const json::Value& object, std::string_view key);  ///< without what is no text

/// Outlives a loss of power. Throws Error when the system refuses: a quota, a full disk, no permission.
void write_json(const std::filesystem::path& file, const json::Value& value);

/// Whole for whoever reads it, by a rename, but not synced: for what is written again in a moment. False when the
/// system refuses.
bool write_json_quickly(const std::filesystem::path& file, const json::Value& value);

/// None when there is no such file, or when it is not whole: then it will be in a moment.
std::optional<json::Value> read_json(const std::filesystem::path& file);

/// Now in UTC, as 2024-05-01T12:30:00Z.
std::string now_text();

}  // namespace unroll::launch
