// Reading JSON: values with the places they came from, numbers exactly as written, all that is wrong with a text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "json/value.h"

namespace unroll::json {

/// Reads a whole text. Comments, trailing commas and a byte order mark are allowed. Malformed: a problem at that place,
/// and nothing. A key that an object has twice: a problem; the first stays. `source` names the text in messages.
std::optional<Value> parse(std::string_view text, const std::string& source, base::Diagnostics& diagnostics);

/// As above, without telling what is wrong: nothing when the text is malformed.
std::optional<Value> try_parse(std::string_view text);

/// As above for a text that a program has written, as in the result store or a checkpoint. Throws base::Problems when
/// it is malformed.
Value parse(std::string_view text, const std::string& source);

}  // namespace unroll::json
