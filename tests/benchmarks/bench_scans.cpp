// Times forward and backward of one layer that stands on a scan beside its matrix products alone, on one thread in
// processor time:
//
//   bench_scans CELL H B T SECONDS
//
// CELL: lru, s4d, selective-ssm, min-gru, s-lstm, a preset of matrix-memory (one head), or mamba, which is selective-ssm
// in Mamba's block (expansion 2, convolution 4, gate). x (T, B, H) are numbers, and their gradient is wanted. Prints the
// median of both, their ratio and the memory of one call. Products of a memory are counted as products: the chunks that
// are read of its matrix and written to it.
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <string>
#include <vector>

#include "model/block.h"
#include "peak.h"
#include "unroll/kernels.h"
#include "workload.h"

namespace unroll::benchmarks {
namespace {

struct Shape {
    Size outputs, inputs;
};

/// What a layer multiplies by: rows by weights; and by memories of (H, H) so many times, forward and backward.
struct Products {
    std::vector<Shape> weights;
    Size memories = 0;
};

bool is_preset(const std::string& cell) {
    for (const char* preset :
         {"linear-attention", "retnet", "gla", "mamba-2", "hgrn2", "mlstm", "deltanet", "gated-deltanet"})
        if (cell == preset) return true;
    return false;
}

/// With default options.
Products products_of(const std::string& cell, Size H, const CellLayout& layout) {
    const auto selective = [](Size width) {
        const Size rank = (width + 15) / 16;
        return std::vector<Shape>{{rank + 32, width}, {width, rank}};
    };
    if (cell == "lru") return {{{2 * H, H}, {H, 2 * H}}};
    if (cell == "s4d") return {{{2 * H, H}}};
    if (cell == "selective-ssm") return {selective(H)};
    Products all;
    if (cell == "mamba") {
        all.weights = selective(2 * H);
        for (const Shape& shape : {Shape{2 * H, H}, Shape{2 * H, H}, Shape{H, 2 * H}}) all.weights.push_back(shape);
        return all;
    }
    for (const Weight& weight : layout.weights)
        if (weight.shape.size() == 2) all.weights.push_back({weight.shape[0], weight.shape[1]});
    if (is_preset(cell)) all.memories = cell.ends_with("deltanet") ? 10 : 6;  // read and written, and all of it turned
    return all;
}

std::unique_ptr<Cell<float>> make(const std::string& name, Size H, Size T, const plugins::Catalog& catalog) {
    const bool block = name == "mamba", preset = is_preset(name);
    trial::PluginChoice choice = choose(catalog, Plugin::Kind::cell,
                                        block    ? "selective-ssm"
                                        : preset ? "matrix-memory"
                                                 : name);
    if (preset) choice.options.set("preset", name);
    CellSpec spec;
    spec.input = spec.hidden = block ? 2 * H : H;
    spec.context = T;
    auto cell = catalog.find(Plugin::Kind::cell, choice.plugin)->make_cell_float(spec, choice.options);
    if (!block) return cell;
    trial::BlockSettings settings;
    settings.norm = trial::BlockSettings::Norm::pre, settings.norm_kind = trial::BlockSettings::NormKind::rms;
    settings.residual = true, settings.convolution = 4, settings.expansion = 2;
    settings.gate = trial::BlockSettings::Gate::silu;
    return std::make_unique<model::Block<float>>(settings, H, spec, std::move(cell));
}

std::vector<float> numbers(Size n, const char* purpose) {
    RandomStream stream(1, purpose);
    std::vector<float> values(n);
    for (float& value : values) value = static_cast<float>(stream.uniform(-1, 1));
    return values;
}

std::vector<float> started(const CellLayout& layout) {
    std::vector<float> values;
    for (const Weight& weight : layout.weights) {
        RandomStream stream(1, weight.name);
        const double bound = weight.fan_in ? 1 / std::sqrt(static_cast<double>(weight.fan_in)) : 0;
        for (Size i = 0; i < weight.size(); ++i) {
            const bool gain = weight.role == Weight::Role::gain;
            const double value = weight.start ? weight.start(i, stream) : gain ? 1 : stream.uniform(-bound, bound);
            values.push_back(static_cast<float>(value));
        }
    }
    return values;
}

/// Seconds of a call of `work`, the median of as many as fit into the time.
template <class Work>
double median_of(double seconds, Work&& work) {
    work();
    std::vector<double> times;
    for (const double begin = processor_seconds(); times.size() < 3 || processor_seconds() - begin < seconds;) {
        const double start = processor_seconds();
        work();
        times.push_back(processor_seconds() - start);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

/// For each matrix what a layer does with it: a product forward, and two backward. For a memory products of 16 rows.
double products_alone(const Products& products, Size H, Size rows, double seconds) {
    constexpr Size chunk = 16;
    Size widest = H;
    for (const Shape& shape : products.weights) widest = std::max({widest, shape.outputs, shape.inputs});
    const std::vector<float> x = numbers(rows * widest, "x"), dy = numbers(rows * widest, "dy");
    std::vector<float> y(rows * widest), packed(packed_size(widest, widest)), dw(widest * widest);
    const std::vector<float> w = numbers(widest * widest, "w");
    return median_of(seconds, [&] {
        for (const auto& [outputs, inputs] : products.weights) {
            const Matrix<const float> weights(w.data(), outputs, inputs);
            pack<float>(weights.transposed(), packed.data());
            gemm(Matrix<const float>(x.data(), rows, inputs), Packed<float>{packed.data(), inputs, outputs},
                 Matrix<float>(y.data(), rows, outputs), Into::overwrite);
            gemm(Matrix<const float>(dy.data(), rows, outputs), weights, Matrix<float>(y.data(), rows, inputs),
                 Into::overwrite);
            gemm(Matrix<const float>(dy.data(), rows, outputs).transposed(),
                 Matrix<const float>(x.data(), rows, inputs), Matrix<float>(dw.data(), outputs, inputs), Into::add);
        }
        for (Size times = 0; times < products.memories; ++times)
            for (Size row = 0; row + chunk <= rows; row += chunk)
                gemm(Matrix<const float>(x.data() + row * H, chunk, H), Matrix<const float>(w.data(), H, H),
                     Matrix<float>(y.data() + row * H, chunk, H), Into::overwrite);
    });
}

double layer_seconds(const Cell<float>& cell, Size H, Size B, Size T, double seconds) {
    const std::vector<float> weights = started(cell.layout());
    const std::vector<float> x = numbers(T * B * H, "x"), dy = numbers(T * B * H, "dy");
    std::vector<float> y(T * B * H), dx(T * B * H), dweights(weights.size()), prepared(cell.prepared_size());
    std::vector<float> saved(cell.saved_size(T, B)), workspace(cell.workspace_size(T, B));
    Forward<float> call;
    call.T = T, call.B = B;
    call.weights = weights.data(), call.prepared = prepared.data();
    call.x.values = x.data();
    call.y = y.data(), call.saved = saved.data(), call.workspace = workspace.data();
    Backward<float> gradients;
    gradients.dy = dy.data(), gradients.dx = dx.data();
    gradients.dweights = dweights.data(), gradients.workspace = workspace.data();
    return median_of(seconds, [&] {
        cell.prepare(weights.data(), prepared.data());
        cell.forward(call);
        cell.backward(call, gradients);
    });
}

int run(int count, char** words) {
    if (count < 6) {
        std::fprintf(stderr, "usage: bench_scans CELL H B T SECONDS\n");
        return 2;
    }
    const auto number = [&](int index) { return static_cast<Size>(std::strtoull(words[index], nullptr, 10)); };
    const std::string name = words[1];
    const Size H = number(2), B = number(3), T = number(4);
    const double seconds = std::strtod(words[5], nullptr);
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, 1);
    const FloatingPointMode mode;
    const plugins::Catalog catalog = plugins::load(plugins::folders({UNROLL_PLUGINS}));
    const auto cell = make(name, H, T, catalog);
    const double products = products_alone(products_of(name, H, cell->layout()), H, T * B, seconds / 2);
    const double layer = layer_seconds(*cell, H, B, T, seconds / 2);
    std::printf("train: %.3f ms %.0f tokens/s %.2f GFLOP/s\n", layer * 1e3, static_cast<double>(T * B) / layer,
                cell->flops(T, B) / layer / 1e9);
    std::printf("products %.3f ms ratio %.2f\n", products * 1e3, layer / products);
    std::printf("memory %.2f MiB saved %.2f MiB workspace\n",
                static_cast<double>(cell->saved_size(T, B)) * sizeof(float) / 1048576,
                static_cast<double>(cell->workspace_size(T, B)) * sizeof(float) / 1048576);
    return 0;
}

}  // namespace
}  // namespace unroll::benchmarks

int main(int count, char** words) {
    try {
        return unroll::benchmarks::run(count, words);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_scans: %s\n", error.what());
        return 1;
    }
}
