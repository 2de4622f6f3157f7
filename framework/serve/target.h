// What a request asks for: the path and the parameters of its target, and parts of a Cookie header.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unroll::serve {

struct Target {
    std::string path;                                             ///< decoded, begins with '/'
    std::vector<std::pair<std::string, std::string>> parameters;  ///< decoded, in their order

    /// The first of this name; "" when there is none.
    std::string value(std::string_view name) const;
    /// All of this name.
    std::vector<std::string> values(std::string_view name) const;
};

/// None when it is not of the form /PATH?NAME=VALUE&…, or when an escape is none (RFC 3986; '+' is a space in
/// parameters, as HTML has it).
std::optional<Target> parse_target(std::string_view target);

/// The value of a cookie in a Cookie header; "" when it is not there.
std::string cookie_in(std::string_view header, std::string_view name);

/// A text as a parameter's value.
std::string encoded(std::string_view text);

}  // namespace unroll::serve
