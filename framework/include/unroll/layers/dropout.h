// Dropout inside a layer: one random stream for each of its uses, so that backward draws the same masks again.
#pragma once

#include <optional>

#include "unroll/cell.h"
#include "unroll/kernels/elementwise.h"

namespace unroll::layers {

/// Draws masks in training; false, and not to be applied, in evaluation or when nothing is dropped. Cheap to copy;
/// never changes. A cell that uses it declares CellLayout::applies_dropout.
class Dropout {
public:
    Dropout() = default;
    template <class Real>
    Dropout(const Forward<Real>& call, double probability) : probability_(probability) {
        if (call.dropout && probability > 0) stream_ = *call.dropout;
    }

    explicit operator bool() const { return stream_.has_value(); }

    /// An independent one for a part of this one's use.
    Dropout part(Size index) const {
        Dropout part;
        part.probability_ = probability_;
        if (stream_) part.stream_ = stream_->split(index);
        return part;
    }

    /// y = x with elements dropped; the same call on dy is the backward. y may be x.
    template <class Real>
    void apply(const Real* x, Real* y, Size n) const {
        dropout(x, y, n, probability_, *stream_);
    }

private:
    double probability_ = 0;
    std::optional<RandomStream> stream_;
};

}  // namespace unroll::layers
