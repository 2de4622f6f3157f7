// Where one thread hands something on to another through oneTBB, which the thread sanitizer cannot see into: Debian's
// is built without it. The files that use oneTBB are compiled without its instrumentation, too (unroll_uses_tbb in
// framework/CMakeLists.txt, which also defines UNROLL_SANITIZES_THREADS): so it watches the bodies that they run and
// nothing of oneTBB's own, and knows these hand-overs and no others. Nothing is suppressed: a race between two bodies
// is reported. Without the sanitizer, this is nothing.
#pragma once

#ifdef UNROLL_SANITIZES_THREADS
#include <sanitizer/tsan_interface.h>
#endif

namespace unroll {

/// What a thread did before give() has happened, for a thread that has come past take().
class HandOver {
public:
#ifdef UNROLL_SANITIZES_THREADS
    void give() {
        __tsan_release(this);
    }
    void take() {
        __tsan_acquire(this);
    }
#else
    void give() {}
    void take() {}
#endif
};

}  // namespace unroll
