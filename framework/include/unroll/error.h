// Errors that reach a user: where it is, what was found, what was expected, and what to do about it.
#pragma once

#include <stdexcept>
#include <string>

#include "unroll/export.h"

namespace unroll {

/// One thing that is wrong with what the user asked for. Every part is a phrase without a final full stop.
struct UNROLL_EXPORT Problem {
    std::string where;     ///< file and line, manifest path, plugin file or option
    std::string found;     ///< what was found there, quoted
    std::string expected;  ///< what is allowed there
    std::string help;      ///< what to do about it
};

/// "WHERE: FOUND", then "expected" and "help" on lines of their own; empty parts are left out.
UNROLL_EXPORT std::string to_string(const Problem& problem);

/// Thrown by plugins (from makers and while data is loaded) and by the host when a request cannot be met.
class UNROLL_EXPORT Error : public std::runtime_error {
public:
    explicit Error(Problem problem);

    const Problem& problem() const noexcept { return problem_; }

private:
    Problem problem_;
};

}  // namespace unroll
