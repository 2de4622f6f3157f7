// What guards around plugins' objects share: calls that throw nothing but std::exception, and how faults are told.
#pragma once

#include <exception>
#include <string>

#include "unroll/plugin.h"

namespace unroll::plugins {

/// Names a plugin in messages, as in "dataset 'NAME'".
std::string named(const Plugin& plugin);

/// That a plugin has broken a promise of the SDK's headers; `promised` is what they say.
[[noreturn]] void broken_promise(const std::string& who, const std::string& found, const std::string& promised);

/// That it threw something that is no std::exception.
[[noreturn]] void threw_unknown(const std::string& who);

/// body(), out of which come exceptions of C++'s own hierarchy alone.
template <class Body>
decltype(auto) guarded(const std::string& who, Body&& body) {
    try {
        return body();
    } catch (const std::exception&) {
        throw;
    } catch (...) {
        threw_unknown(who);
    }
}

/// Puts a guard before a dataset that a plugin has made. Throws Error when what it says of itself cannot be.
std::unique_ptr<Dataset> guard(std::unique_ptr<Dataset> dataset, std::string who);

}  // namespace unroll::plugins
