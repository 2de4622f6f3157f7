// Values as bytes, and back: numbers little-endian, doubles as their bits, a text or a list after its length (8 bytes).
// What a struct consists of is told by a function fields(archive, value), which calls the archive with its members.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "trial/splits.h"

namespace unroll::training {

/// The value of a variant at this place, not yet filled in; none when there is no such place.
template <class Variant, std::size_t place = 0>
std::optional<Variant> alternative(std::uint64_t index) {
    if constexpr (place < std::variant_size_v<Variant>)
        return index == place ? std::optional<Variant>(Variant(std::in_place_index<place>))
                              : alternative<Variant, place + 1>(index);
    else
        return std::nullopt;
}

class Encoder {
public:
    std::string bytes;

    void operator()(const auto&... values) { (put(values), ...); }

    void whole(std::uint64_t value, std::size_t width) {
        for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> 8 * i);
    }

private:
    void put(bool value) { whole(value, 1); }
    void put(std::uint64_t value) { whole(value, 8); }
    void put(std::int64_t value) { whole(static_cast<std::uint64_t>(value), 8); }
    void put(double value) { whole(std::bit_cast<std::uint64_t>(value), 8); }
    void put(const std::string& text) {
        whole(text.size(), 8);
        bytes += text;
    }
    void put(const std::filesystem::path& path) { put(path.string()); }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) put(*value);
    }
    template <class T>
    void put(const std::vector<T>& values) {
        put_all(values);
    }
    template <class T>
    void put(const std::set<T>& values) {
        put_all(values);
    }
    template <class... T>
    void put(const std::map<T...>& values) {
        put_all(values);
    }
    template <class First, class Second>
    void put(const std::pair<First, Second>& pair) {
        put(pair.first);
        put(pair.second);
    }
    template <class... T>
    void put(const std::variant<T...>& value) {
        whole(value.index(), 1);
        std::visit([&](const auto& held) { put(held); }, value);
    }
    template <class T>
    void put(const T& value) {
        if constexpr (std::is_enum_v<T>)
            whole(static_cast<std::uint64_t>(value), 1);
        else
            fields(*this, value);
    }
    void put_all(const auto& values) {
        whole(values.size(), 8);
        for (const auto& value : values) put(value);
    }
};

/// What is wrong with bytes that are read.
struct Damage {
    std::string found;
};

/// Throws Damage for bytes that no Encoder has written.
class Decoder {
public:
    /// The bytes must outlive it.
    explicit Decoder(std::string_view bytes) : left_(bytes) {}
    explicit Decoder(std::string&&) = delete;

    void operator()(auto&... values) { (get(values), ...); }

    std::uint64_t whole(std::size_t width) {
        const std::string_view digits = take(width);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t{static_cast<unsigned char>(digits[i])} << 8 * i;
        return value;
    }
    std::string text() { return std::string(take(whole(8))); }
    bool is_at_end() const { return left_.empty(); }

private:
    std::string_view take(std::uint64_t count) {
        if (count > left_.size()) throw Damage{"a value that is longer than the record"};
        const std::string_view taken = left_.substr(0, count);
        left_.remove_prefix(count);
        return taken;
    }
    void get(bool& value) { value = whole(1) != 0; }
    void get(std::uint64_t& value) { value = whole(8); }
    void get(std::int64_t& value) { value = static_cast<std::int64_t>(whole(8)); }
    void get(double& value) { value = std::bit_cast<double>(whole(8)); }
    void get(Split& split) {
        const std::uint64_t index = whole(1);
        if (index >= trial::split_names.size()) throw Damage{fmt::format("split {}, which there is not", index)};
        split = static_cast<Split>(index);
    }
    void get(std::string& value) { value = text(); }
    void get(std::filesystem::path& path) { path = text(); }
    template <class T>
    void get(std::optional<T>& value) {
        bool is_there = false;
        get(is_there);
        if (is_there) get(value.emplace());
    }
    template <class T>
    void get(std::vector<T>& values) {
        values.resize(count());
        for (T& value : values) get(value);
    }
    template <class T>
    void get(std::set<T>& values) {
        for (std::uint64_t left = count(); left; --left) {
            T value{};
            get(value);
            values.insert(std::move(value));
        }
    }
    template <class Key, class Value, class... Rest>
    void get(std::map<Key, Value, Rest...>& values) {
        for (std::uint64_t left = count(); left; --left) {
            std::pair<Key, Value> pair{};
            get(pair.first);
            get(pair.second);
            values.insert(std::move(pair));
        }
    }
    template <class... T>
    void get(std::variant<T...>& value) {
        auto empty = alternative<std::variant<T...>>(whole(1));
        if (!empty) throw Damage{"a value of a kind that there is not"};
        value = std::move(*empty);
        std::visit([&](auto& held) { get(held); }, value);
    }
    template <class T>
    void get(T& value) {
        if constexpr (std::is_enum_v<T>)
            value = static_cast<T>(whole(1));
        else
            fields(*this, value);
    }
    std::uint64_t count() {
        const std::uint64_t count = whole(8);
        if (count > left_.size()) throw Damage{"a list that is longer than the record"};
        return count;
    }

    std::string_view left_;
};

}  // namespace unroll::training
