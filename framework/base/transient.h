// Trouble that passes.
#pragma once

#include <exception>

#include "unroll/error.h"

namespace unroll::base {

/// Thrown for what lies with the machine and not with what was asked for, and may be otherwise the next time: a full
/// disk, a file that is gone, a process that was killed.
class TransientError : public Error {
public:
    using Error::Error;
};

/// What an exception says, whatever it is: what() of a std::exception, or else the name of the type that was thrown.
std::string what_is(const std::exception_ptr& thrown);

}  // namespace unroll::base
