// Measures products and activations beside this machine's peak, on one thread: bench_products [seconds per figure].
//
// Every figure is the best of many runs, for other programs may disturb it. UNROLL_SIMD=AVX2 measures another kernel
// set.
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "peak.h"
#include "unroll/kernels.h"

namespace {

using namespace unroll;

double budget = 0.25;  // seconds for each figure

/// Seconds that a call takes, the best of as many runs as fit into the budget.
template <class Body>
double best_seconds(Body&& body) {
    body();
    Size repeats = 1;
    double best = 1e30;
    const double start = benchmarks::processor_seconds();
    for (Size runs = 0; runs < 3 || benchmarks::processor_seconds() - start < budget; ++runs) {
        const double before = benchmarks::processor_seconds();
        for (Size i = 0; i < repeats; ++i) body();
        const double seconds = benchmarks::processor_seconds() - before;
        best = std::min(best, seconds / static_cast<double>(repeats));
        if (seconds < 1e-4) repeats *= 4;
    }
    return best;
}

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
    const double peak = benchmarks::peak_gflops();
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
