// Values within sentences and labels.
#include "report/words.h"

#include <fmt/format.h>

namespace unroll::report {

std::string in_words(const store::Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
    if (const auto* real = std::get_if<double>(&value)) return fmt::format("{:.6g}", *real);
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return "NULL";
}

std::optional<double> number_in(const store::Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return std::nullopt;
}

std::string last_key(const std::string& path) {
    return path.substr(path.rfind('.') + 1);
}

}  // namespace unroll::report
