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

/// X(name, Scan): matrices as memory; a part is a sequence, and the last argument says which workspace.
#define UNROLL_MATRIX_SCANS(X) \
    X(matrix_scan, MatrixScan) \
    X(matrix_scan_backward, MatrixScanBackward)

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
#define UNROLL_FIELD(name, Scan) void (*name)(const Scan<Real>& scan, Size first, Size last, Size place);
template <class Real>
struct MatrixScanKernels {
    UNROLL_MATRIX_SCANS(UNROLL_FIELD)
};
#undef UNROLL_FIELD

/// A row of m columns of a matrix that is being worked on: a whole number of vectors in every kernel set.
constexpr Size matrix_row(Size m) {
    return (m + 15) / 16 * 16;
}
/// Chunks of scan_interval steps for which one matrix is kept. Backward computes those between them again, which takes
/// less than to write and read them.
inline constexpr Size matrix_chunks = 4;
/// Elements of the workspace of one thread: the heads' matrices, those of a block's chunks, and of a chunk's steps rows
/// of keys and of values, and what each step has to do with each.
constexpr Size matrix_scan_place(Size heads, Size n, Size m) {
    constexpr Size C = scan_interval;
    return (heads + matrix_chunks - 1) * n * matrix_row(m) + (14 * C + 1) * matrix_row(n) + 7 * C * matrix_row(m) +
           4 * C * C;
}

using LinearScanSet = std::tuple<LinearScanKernels<float>, LinearScanKernels<double>>;
using SelectiveScanSet = std::tuple<SelectiveScanKernels<float>, SelectiveScanKernels<double>>;
using MatrixScanSet = std::tuple<MatrixScanKernels<float>, MatrixScanKernels<double>>;
using DiagonalScanSet = std::tuple<DiagonalScanKernels<float>, DiagonalScanKernels<double>>;

}  // namespace unroll
