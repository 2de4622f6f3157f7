// Numbers by a formula that make.py repeats (formula.py), so that weights and inputs need no file.
#pragma once

#include <cstdint>
#include <vector>

#include "unroll/types.h"

namespace unroll::golden {

/// The i-th 32-bit word for a salt.
inline std::uint64_t bits(std::uint64_t salt, Size i) {
    std::uint64_t x = ((i + 1) * 2654435761u + salt * 40503u) & 0xFFFFFFFFu;
    x ^= x >> 15;
    x = x * 2246822519u & 0xFFFFFFFFu;
    x ^= x >> 13;
    return x * 3266489917u & 0xFFFFFFFFu;
}

/// n numbers in [-0.5, 0.5) that a float holds exactly, from the `first` on.
template <class Real>
std::vector<Real> numbers(std::uint64_t salt, Size n, Size first = 0) {
    std::vector<Real> values(n);
    for (Size i = 0; i < n; ++i)
        values[i] = static_cast<Real>(static_cast<double>(bits(salt, first + i) >> 12) * 0x1p-20 - 0.5);
    return values;
}

}  // namespace unroll::golden
