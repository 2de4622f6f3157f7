// JSON as this program needs it: every value knows the line it came from, numbers are exactly what was written, and
// members keep their order. Boost.JSON's basic_parser checks the grammar.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "manifest/problems.h"

namespace unroll::manifest {

/// A place in a text, counted from 1; column in bytes. 0: not from a file, but from a command line or a default.
struct Position {
    std::uint32_t line = 0, column = 0;
};

class Json {
public:
    struct Member;
    using Array = std::vector<Json>;
    using Object = std::vector<Member>;  ///< in the order written, each key once

    Json() = default;
    Json(bool value) : value_(value) {}
    Json(std::int64_t value) : value_(value) {}
    Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}  ///< below 2^63
    Json(double value) : value_(value) {}
    Json(std::string value) : value_(std::move(value)) {}
    Json(std::string_view value) : value_(std::string(value)) {}
    Json(const char* value) : value_(std::string(value)) {}
    Json(Array value) : value_(std::move(value)) {}
    Json(Object value);

    /// The value held when it is of this type, else null. A whole number within std::int64_t that was written without
    /// point and exponent is std::int64_t, any other number double.
    const bool* boolean() const { return std::get_if<bool>(&value_); }
    const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value_); }
    const double* real() const { return std::get_if<double>(&value_); }
    const std::string* text() const { return std::get_if<std::string>(&value_); }
    const Array* array() const { return std::get_if<Array>(&value_); }
    Array* array() { return std::get_if<Array>(&value_); }
    const Object* object() const { return std::get_if<Object>(&value_); }
    Object* object() { return std::get_if<Object>(&value_); }
    bool null() const { return value_.index() == 0; }
    std::optional<double> number() const;  ///< of either kind

    /// The member of that name; null when there is none or this is no object.
    const Json* find(std::string_view key) const;
    Json* find(std::string_view key);
    /// Sets or appends a member of this object.
    Json& set(std::string_view key, Json value);

    Position at;  ///< where the value begins; no part of equality

    /// Members in any order; 5 equals 5.0.
    friend bool operator==(const Json& a, const Json& b);

private:
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_ = nullptr;
};

struct Json::Member {
    std::string key;
    Position at;  ///< of the key
    Json value;
};

inline Json::Json(Object value) : value_(std::move(value)) {}

/// Reads a whole text. Comments, trailing commas and a byte order mark are allowed. Malformed: a problem at that place,
/// and nothing. A key that an object has twice: a problem; the first stays. `source` names the text in messages.
std::optional<Json> parse_json(std::string_view text, const std::string& source, Report& report);

/// On one line without spaces, members in their order; a double is the shortest that reads back as the same one, and
/// has a point or an exponent.
std::string to_json(const Json& value);

/// As to_json, but cut short when longer than a message can bear.
std::string excerpt(const Json& value);

}  // namespace unroll::manifest
