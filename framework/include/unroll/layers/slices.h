// One array laid out slice by slice: one declaration states a layout, and serves for its size and for its pointers.
//
//     struct Workspace : layers::Slices<Real> {
//         Real *sums, *dh;
//         Workspace(Size B, Size H, Real* base = nullptr)
//             : Slices<Real>(base), sums(this->take(B * 4 * H)), dh(this->take(B * H)) {}
//     };
//     Workspace(B, H).used()        how many elements the array must have
//     Workspace(B, H, array).dh     where a slice begins in it
#pragma once

#include "unroll/types.h"

namespace unroll::layers {

/// Hands out consecutive slices of the caller's array, each at a multiple of 16 elements. Without an array the slices
/// are null, and only their sizes are counted.
template <class Element>
class Slices {
public:
    Slices() = default;
    explicit Slices(Element* base) : base_(base) {}

    /// The next n elements.
    Element* take(Size n) {
        Element* slice = base_ ? base_ + used_ : nullptr;
        used_ += (n + 15) / 16 * 16;
        return slice;
    }
    /// Elements that all slices need together.
    Size used() const { return used_; }

private:
    Element* base_ = nullptr;
    Size used_ = 0;
};

}  // namespace unroll::layers
