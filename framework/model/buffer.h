// Flat memory for numbers, aligned for vectors.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

#include "unroll/types.h"

namespace unroll::model {

/// Elements that parts of a buffer are rounded up to, so that each part begins on a cache line.
inline constexpr Size alignment = 16;

constexpr Size aligned(Size elements) {
    return (elements + alignment - 1) / alignment * alignment;
}

/// `size` elements, zero at first. Movable, not copyable: a copy of weights is always meant, and written out.
template <class Real>
class Buffer {
public:
    Buffer() = default;
    explicit Buffer(Size size) : size_(size) {
        if (size > (~Size{0} >> 8) / sizeof(Real)) throw std::bad_alloc();  // bytes would wrap round
        const Size bytes = (std::max<Size>(size, 1) * sizeof(Real) + 63) / 64 * 64;
        data_.reset(static_cast<Real*>(std::aligned_alloc(64, bytes)));
        if (!data_) throw std::bad_alloc();
        clear();
    }

    void clear() { std::fill_n(data_.get(), size_, Real{0}); }

    Real* data() { return data_.get(); }
    const Real* data() const { return data_.get(); }
    Size size() const { return size_; }
    Real* begin() { return data(); }
    Real* end() { return data() + size_; }
    const Real* begin() const { return data(); }
    const Real* end() const { return data() + size_; }
    Real& operator[](Size i) { return data_.get()[i]; }
    const Real& operator[](Size i) const { return data_.get()[i]; }
    operator std::span<Real>() { return {data(), size_}; }
    operator std::span<const Real>() const { return {data(), size_}; }

private:
    struct Free {
        void operator()(Real* pointer) const { std::free(pointer); }
    };
    std::unique_ptr<Real, Free> data_;
    Size size_ = 0;
};

}  // namespace unroll::model
