// Measures products and activations beside this machine's peak, on one thread: bench_products [seconds per figure].
//
// Peak: multiply-adds in registers alone, in the widest vectors that the processor has. Every figure is the best of
// many runs, for other programs may disturb it. UNROLL_SIMD=AVX2 measures another kernel set.
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "unroll/kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace {

using namespace unroll;

double budget = 0.25;  // seconds for each figure

/// Seconds that this thread has computed: the time that other programs take from it does not count.
double thread_seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Seconds that a call takes, the best of as many runs as fit into the budget.
template <class Body>
double best_seconds(Body&& body) {
    body();
    Size repeats = 1;
    double best = 1e30;
    const double start = thread_seconds();
    for (Size runs = 0; runs < 3 || thread_seconds() - start < budget; ++runs) {
        const double before = thread_seconds();
        for (Size i = 0; i < repeats; ++i) body();
        const double seconds = thread_seconds() - before;
        best = std::min(best, seconds / static_cast<double>(repeats));
        if (seconds < 1e-4) repeats *= 4;
    }
    return best;
}

#if defined(__x86_64__) && defined(__GNUC__)

constexpr int chains = 12, rounds = 1 << 16;

__attribute__((target("avx512f"))) float spin_avx512() {
    __m512 sum[chains];
    for (auto& v : sum) v = _mm512_setzero_ps();
    __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(1e-3f);
    for (int i = 0; i < rounds; ++i) {
        asm volatile("" : "+v"(a), "+v"(b));
#pragma GCC unroll 12
        for (auto& v : sum) v = _mm512_fmadd_ps(v, a, b);
    }
    for (int i = 1; i < chains; ++i) sum[0] = _mm512_add_ps(sum[0], sum[i]);
    return _mm512_cvtss_f32(sum[0]);
}

__attribute__((target("avx2,fma"))) float spin_avx2() {
    __m256 sum[chains];
    for (auto& v : sum) v = _mm256_setzero_ps();
    __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(1e-3f);
    for (int i = 0; i < rounds; ++i) {
        asm volatile("" : "+x"(a), "+x"(b));
#pragma GCC unroll 12
        for (auto& v : sum) v = _mm256_fmadd_ps(v, a, b);
    }
    for (int i = 1; i < chains; ++i) sum[0] = _mm256_add_ps(sum[0], sum[i]);
    return _mm256_cvtss_f32(sum[0]);
}

double peak_gflops() {
    volatile float keep = 0;
    double best = 0;
    if (__builtin_cpu_supports("avx512f")) best = 16 / best_seconds([&] { keep = spin_avx512(); });
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        best = std::max(best, 8 / best_seconds([&] { keep = spin_avx2(); }));
    return best * 2 * chains * rounds / 1e9;
}

#else

double peak_gflops() {
    return 0;
}

#endif

std::vector<float> values(Size n, double low, double high) {
    RandomStream stream(1, "benchmark", {n});
    std::vector<float> result(n);
    for (float& x : result) x = static_cast<float>(stream.uniform(low, high));
    return result;
}

void measure_product(Size M, Size N, Size K, bool transposed, double peak) {
    const std::vector<float> a = values(M * K, -1, 1), b = values(K * N, -1, 1);
    std::vector<float> c(M * N), storage(packed_size(K, N) + 16);
    float* aligned = storage.data() + (64 - reinterpret_cast<std::size_t>(storage.data()) % 64) % 64 / sizeof(float);
    const Matrix<const float> left =
        transposed ? Matrix<const float>(a.data(), K, M).transposed() : Matrix<const float>(a.data(), M, K);
    const Matrix<const float> right(b.data(), K, N);
    const Matrix<float> product(c.data(), M, N);
    const Packed<float> packed = pack(right, aligned);
    const double work = 2.0 * static_cast<double>(M) * static_cast<double>(N) * static_cast<double>(K) / 1e9;
    const double loose = work / best_seconds([&] { gemm(left, right, product, Into::overwrite); });
    const double fast = work / best_seconds([&] { gemm(left, packed, product, Into::overwrite); });
    const double packing = best_seconds([&] { pack(Matrix<const float>(b.data(), N, K).transposed(), aligned); });
    const std::string shape = std::to_string(M) + " x " + std::to_string(N) + " x " + std::to_string(K) +
                              (transposed ? ", a transposed" : "");
    std::printf("%-30s %8.1f %5.2f %12.1f %5.2f %12.2f\n", shape.c_str(), fast, fast / peak, loose, loose / peak,
                packing * 1e9 / static_cast<double>(K * N));
}

template <class Body>
void measure_elements(const char* name, Size n, Body&& body) {
    std::printf("%-30s %8.2f ns\n", name, best_seconds(body) * 1e9 / static_cast<double>(n));
}

}  // namespace

int main(int count, char** arguments) {
    if (count > 1) budget = std::atof(arguments[1]);
    const oneapi::tbb::global_control one_thread(oneapi::tbb::global_control::max_allowed_parallelism, 1);
    const FloatingPointMode mode;
    const double peak = peak_gflops();
    std::printf("kernel set %s, peak %.1f GFLOP/s on one thread, float\n\n", kernel_set().c_str(), peak);
    std::printf("%-30s %8s %5s %12s %5s %12s\n", "M x N x K", "packed", "share", "not packed", "share", "pack ns");
    measure_product(128, 512, 128, false, peak);
    measure_product(64, 3072, 1024, false, peak);
    measure_product(64, 1024, 3072, false, peak);
    measure_product(512, 128, 5120, true, peak);
    measure_product(12, 512, 128, false, peak);
    measure_product(128, 128, 128, false, peak);
    measure_product(16, 512, 128, false, peak);
    measure_product(1, 512, 128, false, peak);
    measure_product(1, 3072, 1024, false, peak);
    measure_product(64, 64, 32, false, peak);

    const Size rows = 64, columns = 256, n = rows * columns;
    const std::vector<float> x = values(n, -6, 6), dy = values(n, -1, 1);
    std::vector<float> y(n), dx(n), statistics(2 * rows);
    std::printf("\nper element\n");
    measure_elements("exp", n, [&] { exp(x.data(), y.data(), n); });
    measure_elements("sigmoid", n, [&] { sigmoid(x.data(), y.data(), n); });
    measure_elements("tanh", n, [&] { tanh(x.data(), y.data(), n); });
    measure_elements("gelu", n, [&] { gelu(x.data(), y.data(), n); });
    measure_elements("gelu backward", n, [&] { gelu_backward(x.data(), dy.data(), dx.data(), n); });
    measure_elements("softmax", n, [&] { softmax(x.data(), y.data(), rows, columns); });
    measure_elements("softmax backward", n, [&] { softmax_backward(y.data(), dy.data(), dx.data(), rows, columns); });
    measure_elements("layer norm", n, [&] {
        layer_norm<float>(x.data(), nullptr, nullptr, y.data(), statistics.data(), rows, columns);
    });
    measure_elements("layer norm backward", n, [&] {
        layer_norm_backward<float>(x.data(), nullptr, statistics.data(), dy.data(), dx.data(), nullptr, nullptr, rows,
                                   columns);
    });
    measure_elements("dropout", n, [&] { dropout(x.data(), y.data(), n, 0.1, RandomStream(1, "dropout")); });
    measure_elements("add bias, backward", n, [&] { add_bias_backward(dy.data(), y.data(), rows, columns); });
}
