// Which threads have work of their own. Not part of the SDK: the sweep tells, parallel_for asks.
#pragma once

#include "unroll/export.h"

namespace unroll {

/// While it lives, this thread runs a trial and is no help to others. When every thread of the process does, a
/// parallel_for splits nothing: parts that no idle core takes would only be packed and read again. Results do not
/// depend on it.
class UNROLL_EXPORT Occupied {
public:
    Occupied();
    ~Occupied();
    Occupied(const Occupied&) = delete;
    Occupied& operator=(const Occupied&) = delete;
};

}  // namespace unroll
