// Dropout inside a layer: one random stream for each of its uses, so that backward draws the same masks again.
#pragma once

#include <optional>

#include "unroll/cell.h"
#include "unroll/kernels.h"

namespace unroll::cells {

/// Draws masks in training; false, and to be left alone, in evaluation or when nothing is dropped.
class Dropping {
public:
    Dropping() = default;
    template <class Real>
    Dropping(const Forward<Real>& call, double probability) : probability_(probability) {
        if (call.dropout && probability > 0) stream_ = *call.dropout;
    }

    explicit operator bool() const { return stream_.has_value(); }

    /// An independent one for a part of this one's use.
    Dropping part(Size index) const {
        Dropping part;
        part.probability_ = probability_;
        if (stream_) part.stream_ = stream_->split(index);
        return part;
    }

    /// y = x with elements dropped; the same call on dy is the backward.
    template <class Real>
    void apply(const Real* x, Real* y, Size n) const {
        dropout(x, y, n, probability_, *stream_);
    }

private:
    double probability_ = 0;
    std::optional<RandomStream> stream_;
};

}  // namespace unroll::cells
