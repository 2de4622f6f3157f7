// Scratch memory laid out piece by piece: one function states a layout, and serves for its size and for its pointers.
#pragma once

#include "unroll/types.h"

namespace unroll::cells {

/// Hands out consecutive pieces of an array, each at a multiple of 16 elements. Without an array it only counts.
template <class Real>
class Pieces {
public:
    Pieces() = default;
    explicit Pieces(Real* base) : base_(base) {}

    Real* take(Size n) {
        Real* piece = base_ ? base_ + used_ : nullptr;
        used_ += (n + 15) / 16 * 16;
        return piece;
    }
    Size used() const { return used_; }

private:
    Real* base_ = nullptr;
    Size used_ = 0;
};

}  // namespace unroll::cells
