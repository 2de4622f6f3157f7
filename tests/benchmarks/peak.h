// This machine's peak: multiply-adds in registers alone, in the widest vectors that the processor has, on one thread.
#pragma once

#include <algorithm>
#include <ctime>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace unroll::benchmarks {

/// Seconds that this process has computed, all its threads together: time that other programs take does not count.
inline double processor_seconds() {
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

#if defined(__x86_64__) && defined(__GNUC__)

inline constexpr int chains = 12, rounds = 1 << 18;  // independent sums: more than latency times units

__attribute__((target("avx512f"))) inline float multiply_add_512() {
    __m512 sum[chains];
    for (auto& lane : sum) lane = _mm512_setzero_ps();
    __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(1e-3f);
    for (int i = 0; i < rounds; ++i) {
        asm volatile("" : "+v"(a), "+v"(b));
#pragma GCC unroll 12
        for (auto& lane : sum) lane = _mm512_fmadd_ps(lane, a, b);
    }
    for (int i = 1; i < chains; ++i) sum[0] = _mm512_add_ps(sum[0], sum[i]);
    return _mm512_cvtss_f32(sum[0]);
}

__attribute__((target("avx2,fma"))) inline float multiply_add_256() {
    __m256 sum[chains];
    for (auto& lane : sum) lane = _mm256_setzero_ps();
    __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(1e-3f);
    for (int i = 0; i < rounds; ++i) {
        asm volatile("" : "+x"(a), "+x"(b));
#pragma GCC unroll 12
        for (auto& lane : sum) lane = _mm256_fmadd_ps(lane, a, b);
    }
    for (int i = 1; i < chains; ++i) sum[0] = _mm256_add_ps(sum[0], sum[i]);
    return _mm256_cvtss_f32(sum[0]);
}

/// Float GFLOP/s of one core, the best of a tenth of a second; 0 where it cannot be measured.
inline double peak_gflops() {
    volatile float keep = 0;
    double best = 0;
    const auto measure = [&](float (*spin)(), int lanes) {
        const double begin = processor_seconds();
        for (double start = begin; start < begin + 0.1;) {
            keep = spin();
            const double end = processor_seconds();
            best = std::max(best, 2e-9 * chains * rounds * lanes / (end - start));
            start = end;
        }
    };
    if (__builtin_cpu_supports("avx512f")) measure(multiply_add_512, 16);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) measure(multiply_add_256, 8);
    return best;
}

#else

inline double peak_gflops() {
    return 0;
}

#endif

}  // namespace unroll::benchmarks
