// Reading checked option values. A mistake here is the plugin's, not the user's.
#include "unroll/options.h"

#include <fmt/core.h>

#include <stdexcept>

namespace unroll {

namespace {

template <class T>
const T& get(const Options& options, std::string_view name, const char* type) {
    const auto found = options.values().find(name);
    if (found == options.values().end())
        throw std::logic_error(fmt::format("option '{}' is read but was never declared", name));
    const T* value = std::get_if<T>(&found->second);
    if (!value)
        throw std::logic_error(fmt::format("option '{}' is read as {} but declared as another type", name, type));
    return *value;
}

}  // namespace

std::int64_t Options::integer(std::string_view name) const {
    return get<std::int64_t>(*this, name, "an integer");
}

double Options::number(std::string_view name) const {
    return get<double>(*this, name, "a number");
}

bool Options::boolean(std::string_view name) const {
    return get<bool>(*this, name, "a boolean");
}

const std::string& Options::text(std::string_view name) const {
    return get<std::string>(*this, name, "a text");
}

const std::vector<double>& Options::numbers(std::string_view name) const {
    return get<std::vector<double>>(*this, name, "a list of numbers");
}

}  // namespace unroll
