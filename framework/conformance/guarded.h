// An array between two guards: whoever writes outside of it is found out.
#pragma once

#include <cstring>
#include <vector>

#include "unroll/types.h"

namespace unroll::conformance {

template <class T>
class Guarded {
public:
    explicit Guarded(Size size = 0, T fill = T{}) : elements_(size + 2 * guard) {
        std::memset(static_cast<void*>(elements_.data()), guard_byte, elements_.size() * sizeof(T));
        this->fill(fill);
    }
    explicit Guarded(const std::vector<T>& values) : Guarded(values.size()) {
        for (Size i = 0; i < values.size(); ++i) data()[i] = values[i];
    }

    T* data() { return elements_.data() + guard; }
    const T* data() const { return elements_.data() + guard; }
    Size size() const { return elements_.size() - 2 * guard; }
    /// Null for an array without elements, as callers pass it.
    T* pointer() { return size() == 0 ? nullptr : data(); }

    void fill(T value) {
        for (Size i = 0; i < size(); ++i) data()[i] = value;
    }
    std::vector<T> values() const { return {data(), data() + size()}; }

    /// Whether both guards are as they were.
    bool intact() const { return untouched(elements_.data()) && untouched(data() + size()); }

    bool holds(const std::vector<T>& values) const {
        return size() == values.size() &&
               (values.empty() || std::memcmp(data(), values.data(), size() * sizeof(T)) == 0);
    }

private:
    static bool untouched(const T* first) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(first);
        for (Size i = 0; i < guard * sizeof(T); ++i)
            if (bytes[i] != guard_byte) return false;
        return true;
    }

    static constexpr Size guard = 17;  // odd, so that no array stands on a vector's boundary by luck
    static constexpr unsigned char guard_byte = 0xa5;
    std::vector<T> elements_;
};

/// Whether two arrays have the same bits.
template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

}  // namespace unroll::conformance
