// Work that idle cores may help with.
#pragma once

#include <type_traits>

#include "unroll/export.h"
#include "unroll/types.h"

namespace unroll {

namespace detail {
UNROLL_EXPORT void parallel_for(Size n, Size grain, void (*body)(void* context, Size first, Size last), void* context);
}

/// Calls body(first, last) for disjoint parts of [0, n) of at least `grain` items that cover it, on this thread and on
/// idle ones, and returns when all are done. Parts must not depend on each other; results must not depend on where the
/// parts begin (write different outputs, never add into shared ones). Isolated: while it waits, this thread takes no
/// other trial's work. Runs everything on this thread, and allocates nothing, when n < 2 grain
/// or the process is held to one thread.
template <class Body>
void parallel_for(Size n, Size grain, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    detail::parallel_for(
        n, grain, [](void* context, Size first, Size last) { (*static_cast<Plain*>(context))(first, last); },
        const_cast<void*>(static_cast<const void*>(&body)));
}

}  // namespace unroll
