// The floating-point environment, kept from what a plugin leaves behind.
#pragma once

#include <cfenv>

namespace unroll::base {

/// The default environment (nearest rounding, no traps) for this thread while it lives; then the one before. Code that
/// changes it inside harms nobody outside.
class DefaultFloatingPoint {
public:
    DefaultFloatingPoint() {
        std::fegetenv(&before_);
        std::fesetenv(FE_DFL_ENV);
    }
    ~DefaultFloatingPoint() { std::fesetenv(&before_); }
    DefaultFloatingPoint(const DefaultFloatingPoint&) = delete;
    DefaultFloatingPoint& operator=(const DefaultFloatingPoint&) = delete;

private:
    std::fenv_t before_{};
};

}  // namespace unroll::base
