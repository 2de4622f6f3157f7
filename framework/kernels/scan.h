// The kernels of scans, of one kernel set: those of unroll/kernels/scan.h, for some of their parts.
#pragma once

#include <tuple>

#include "unroll/kernels/scan.h"

/// X(name, Scan): linear recurrences; a part is a sequence.
#define UNROLL_LINEAR_SCANS(X)                  \
    X(linear_scan, LinearScan)                  \
    X(complex_scan, LinearScan)                 \
    X(linear_scan_backward, LinearScanBackward) \
    X(complex_scan_backward, LinearScanBackward)

/// X(name, Scan): state space models; a part is a sequence of the selective ones, and channel_part channels of the
/// diagonal ones.
#define UNROLL_SELECTIVE_SCANS(X)    \
    X(selective_scan, SelectiveScan) \
    X(selective_scan_backward, SelectiveScanBackward)
#define UNROLL_DIAGONAL_SCANS(X)   \
    X(diagonal_scan, DiagonalScan) \
    X(diagonal_scan_backward, DiagonalScanBackward)

namespace unroll {

/// Channels that go together, a whole number of vectors in every kernel set.
inline constexpr Size channel_part = 16;

#define UNROLL_FIELD(name, Scan) void (*name)(const Scan<Real>& scan, Size first, Size last);
template <class Real>
struct LinearScanKernels {
    UNROLL_LINEAR_SCANS(UNROLL_FIELD)
};
template <class Real>
struct SelectiveScanKernels {
    UNROLL_SELECTIVE_SCANS(UNROLL_FIELD)
};
template <class Real>
struct DiagonalScanKernels {
    UNROLL_DIAGONAL_SCANS(UNROLL_FIELD)
};
#undef UNROLL_FIELD

using LinearScanSet = std::tuple<LinearScanKernels<float>, LinearScanKernels<double>>;
using SelectiveScanSet = std::tuple<SelectiveScanKernels<float>, SelectiveScanKernels<double>>;
using DiagonalScanSet = std::tuple<DiagonalScanKernels<float>, DiagonalScanKernels<double>>;

}  // namespace unroll
