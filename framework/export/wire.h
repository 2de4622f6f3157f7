// Messages of Protocol Buffers as bytes: https://protobuf.dev/programming-guides/encoding
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace unroll::exports {

/// A message that is written field by field; str() is its encoding. Field numbers are below 2^29.
class Message {
public:
    Message& varint(std::uint32_t field, std::uint64_t value) {
        key(field, 0);
        append(value);
        return *this;
    }
    /// A signed one as int64: negative numbers take ten bytes.
    Message& integer(std::uint32_t field, std::int64_t value) {
        return varint(field, static_cast<std::uint64_t>(value));
    }
    Message& real(std::uint32_t field, double value) {
        key(field, 1);
        append_fixed(std::bit_cast<std::uint64_t>(value), 8);
        return *this;
    }
    Message& single(std::uint32_t field, float value) {
        key(field, 5);
        append_fixed(std::bit_cast<std::uint32_t>(value), 4);
        return *this;
    }
    Message& bytes(std::uint32_t field, std::string_view value) {
        key(field, 2);
        append(value.size());
        bytes_ += value;
        return *this;
    }
    Message& message(std::uint32_t field, const Message& value) { return bytes(field, value.bytes_); }

    const std::string& str() const { return bytes_; }

private:
    void key(std::uint32_t field, std::uint32_t wire_type) { append(std::uint64_t(field) << 3 | wire_type); }
    void append(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
        bytes_ += static_cast<char>(value);
    }
    void append_fixed(std::uint64_t value, int count) {
        for (int byte = 0; byte < count; ++byte) bytes_ += static_cast<char>(value >> (8 * byte));
    }

    std::string bytes_;
};

}  // namespace unroll::exports
