// The end of work that the user has interrupted.
#pragma once

#include <stdexcept>

namespace unroll::base {

/// Thrown by work that was asked to stop; nothing is wrong, and what was there before is as it was.
class Interrupted : public std::runtime_error {
public:
    Interrupted() : std::runtime_error("interrupted") {}
};

}  // namespace unroll::base
