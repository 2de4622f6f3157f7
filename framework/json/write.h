// Writing JSON: the one writer of this program.
#pragma once

#include <string>

#include "json/value.h"

namespace unroll::json {

/// How a double without a fraction is written.
enum class Reals {
    marked,  ///< with a point or an exponent, as in 1.0: it reads back as a double
    bare,    ///< as any number, as in 1
};

/// Without spaces, members in their order; a double is the shortest that reads back as the same one.
std::string dump(const Value& value, Reals reals = Reals::marked);

/// On several lines, for people to read: each member and item on a line of its own, unless all of an array's items are
/// scalars.
std::string dump_indented(const Value& value);

/// On one line as people write it: with spaces behind commas and colons, numbers as short as they can be.
std::string dump_spaced(const Value& value);

/// As dump(), but cut short when longer than a message can bear.
std::string excerpt(const Value& value);

}  // namespace unroll::json
