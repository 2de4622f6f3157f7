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

namespace unroll::json {

class Value;
struct Member;
using Array = std::vector<Value>;
using Object = std::vector<Member>;  ///< in the order written, each key once

/// A place in a text, counted from 1; column in bytes. 0: not from a file, but from a command line or a default.
struct Position {
    std::uint32_t line = 0, column = 0;
};

class Value {
public:
    Value();
    Value(bool value);
    Value(std::int64_t value);
    Value(std::uint64_t value);  ///< below 2^63
    Value(double value);
    Value(std::string value);
    Value(std::string_view value);
    Value(const char* value);
    Value(Array value);
    Value(Object value);

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
    const Value* find(std::string_view key) const;
    Value* find(std::string_view key);
    /// Sets or appends a member of this object.
    Value& set(std::string_view key, Value value);

    Position at;  ///< where the value begins; no part of equality

    /// Members in any order; 5 equals 5.0.
    friend bool operator==(const Value& a, const Value& b);

private:
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct Member {
    std::string key;
    Position at;  ///< of the key
    Value value;
};

// Here, where Member is whole.
inline Value::Value() : value_(nullptr) {}
inline Value::Value(bool value) : value_(value) {}
inline Value::Value(std::int64_t value) : value_(value) {}
inline Value::Value(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}
inline Value::Value(double value) : value_(value) {}
inline Value::Value(std::string value) : value_(std::move(value)) {}
inline Value::Value(std::string_view value) : value_(std::string(value)) {}
inline Value::Value(const char* value) : value_(std::string(value)) {}
inline Value::Value(Array value) : value_(std::move(value)) {}
inline Value::Value(Object value) : value_(std::move(value)) {}

}  // namespace unroll::json
