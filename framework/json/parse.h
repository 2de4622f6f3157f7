// Reading JSON: values with the places they came from, numbers exactly as written, all that is wrong with a text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "json/value.h"

namespace unroll::json {

/// The most bytes of a key, and the most values, in a text that a person has written.
inline constexpr std::size_t longest_key = 1000, most_values = 1'000'000;

/// Reads a whole text that a person has written. Comments, trailing commas and a byte order mark are allowed.
/// Malformed: a problem at that place, and nothing; so are a NUL in a text or key, which file names and queries would
/// end at, a key longer than `longest_key`, and more than `most_values` values. A key that an object has twice: a
/// problem; the first stays. `source` names the text in messages.
std::optional<Value> parse(std::string_view text, const std::string& source, base::Diagnostics& diagnostics);

/// As above, without telling what is wrong: nothing when the text is malformed.
std::optional<Value> try_parse(std::string_view text);

/// For a text that a program has written, as in the result store or a checkpoint, of any size and with any character.
/// Throws base::Problems when it is malformed.
Value parse(std::string_view text, const std::string& source);

}  // namespace unroll::json
