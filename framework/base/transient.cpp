// What was thrown, in words.
#include "base/transient.h"

#include <cxxabi.h>
#include <fmt/core.h>

#include <cstdlib>
#include <memory>

namespace unroll::base {

std::string what_is(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        const std::type_info* type = abi::__cxa_current_exception_type();
        if (!type) return "something that is no C++ exception";
        int status = 0;
        const std::unique_ptr<char, decltype(&std::free)> name(
            abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free);
        return fmt::format("a plugin threw a value of type {}, which is not a std::exception",
                           name ? name.get() : type->name());
    }
}

}  // namespace unroll::base
