// IDX files: arrays of bytes, as the MNIST digits come in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "unroll/types.h"

/// What a file holds: 2 zero bytes, the type 8 (unsigned bytes), the number of dimensions, each size as 4 bytes with
/// the most significant first, and the values, the last dimension fastest.
struct IdxFile {
    std::string bytes;                ///< the whole file, decompressed
    std::vector<unroll::Size> sizes;  ///< of each dimension
    std::size_t header = 0;           ///< bytes before the values

    const unsigned char* values() const { return reinterpret_cast<const unsigned char*>(bytes.data()) + header; }
};

/// Reads a file of so many dimensions, gzip-compressed or not. Throws Error, with `where` the option that named it.
IdxFile read_idx(const std::string& path, const std::string& option, unroll::Size dimensions);
