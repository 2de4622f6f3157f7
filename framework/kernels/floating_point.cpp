// The floating-point mode of a thread: the control word of the processor's vector unit.
#include "kernels/mode.h"
#include "unroll/kernels.h"

#if defined(__x86_64__) || defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace unroll {

#if defined(__x86_64__) || defined(__SSE2__)

// Bits of MXCSR: 15 flush results to zero, 14–13 rounding (00 is nearest), 12–7 exceptions masked, 6 denormal inputs
// count as zero.
FloatingPointMode::FloatingPointMode() : saved_(_mm_getcsr()) {
    _mm_setcsr((saved_ & ~0x6000u) | 0x9fc0u);
}

FloatingPointMode::~FloatingPointMode() {
    _mm_setcsr(saved_);
}

bool floating_point_mode_holds() {
    return (_mm_getcsr() & 0xffc0u) == 0x9fc0u;
}

#elif defined(__aarch64__)

// Bits of FPCR: 24 flush to zero, 23–22 rounding (00 is nearest), 15–8 exceptions trapped.
FloatingPointMode::FloatingPointMode() {
    unsigned long word;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    saved_ = static_cast<unsigned>(word);
    word = (word & ~0xc09f00ul) | 0x1000000ul;
    asm volatile("msr fpcr, %0" : : "r"(word));
}

FloatingPointMode::~FloatingPointMode() {
    asm volatile("msr fpcr, %0" : : "r"(static_cast<unsigned long>(saved_)));
}

bool floating_point_mode_holds() {
    unsigned long word;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    return (word & 0x1c09f00ul) == 0x1000000ul;
}

#else

FloatingPointMode::FloatingPointMode() : saved_(0) {}
FloatingPointMode::~FloatingPointMode() = default;
bool floating_point_mode_holds() {
    return true;
}

#endif

}  // namespace unroll
