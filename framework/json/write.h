// Writing JSON, on one line: the one writer of this program.
#pragma once

#include <string>

#include "json/value.h"

namespace unroll::json {

/// Without spaces, members in their order; a double is the shortest that reads back as the same one, and has a point or
/// an exponent.
std::string dump(const Value& value);

/// As dump(), but cut short when longer than a message can bear.
std::string excerpt(const Value& value);

}  // namespace unroll::json
