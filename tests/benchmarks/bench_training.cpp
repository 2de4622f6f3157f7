// Times training and generation on random text, through the code that a trial runs:
//
//   bench_training CELL LAYERS HEADS H B T V E every|last THREADS SECONDS [TEXTS [OPTION=VALUE]...]
//
// CELL may be rnn-equations, lstm-equations or gru-equations, too: the cell written as equations. HEADS 0: a cell without
// heads; E 0: one-hot; TEXTS: how many are generated at once (1; 0: none). Prints the peak, the median training step,
// the memory and the rate of generation, in the words of the PyTorch programs beside which it is run.
//
// With one thread, time is processor time, so that other programs take nothing from it; with more it is wall time.
#include <malloc.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "../temporary_folder.h"
#include "../twins.h"
#include "conformance/conformance.h"
#include "model/buffer.h"
#include "model/model.h"
#include "peak.h"
#include "sampling/generate.h"
#include "training/length.h"
#include "training/optimizer.h"
#include "training/trainer.h"
#include "unroll/kernels.h"
#include "workload.h"

namespace unroll::benchmarks {
namespace {

constexpr std::uint64_t first_timed = 3;  // steps before it find their memory and fill the caches
constexpr double mebi = 1024 * 1024;

constexpr Plugin rnn_equations = equations_plugin<twins::rnn<tanh>>("rnn-equations", 1, "");
constexpr Plugin lstm_equations = equations_plugin<twins::lstm>("lstm-equations", 1, "");
constexpr Plugin gru_equations = equations_plugin<twins::gru>("gru-equations", 1, "");

bool wall_time = false;

double seconds_now() {
    if (!wall_time) return processor_seconds();
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double megabytes_in_use() {
    const auto heap = mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd) / mebi;
}

/// Times the steps and stops when the time is over.
class Watch final : public training::Sink {
public:
    Watch(double seconds, std::atomic<bool>& stop) : seconds_(seconds), stop_(stop), memory_(megabytes_in_use()) {}

    void record(training::Record) override {}
    void progress(const training::StepProgress& progress) override {
        const std::uint64_t step = progress.step;
        const double now = seconds_now();
        if (step > first_timed) times_.push_back(now - before_);
        if (step == first_timed) {
            memory_ = megabytes_in_use() - memory_;
            loss_ = progress.loss;
            begin_ = now;
        }
        if (step > first_timed + 2 && now - begin_ > seconds_) stop_ = true;
        before_ = seconds_now();
    }

    double median() {
        std::sort(times_.begin(), times_.end());
        return times_[times_.size() / 2];
    }
    double memory() const { return memory_; }  ///< MiB that the trial holds
    double loss() const { return loss_; }      ///< of a step that every run does

private:
    const double seconds_;
    std::atomic<bool>& stop_;
    double memory_, loss_ = 0, before_ = 0, begin_ = 0;
    std::vector<double> times_;
};

/// The design's formula: weights × (2 + optimiser slots), packed copies, one batch's activations.
void print_memory(const model::Model<float>& model, const trial::Trial& trial, double measured) {
    const Size weights = model.parameters().size(), T = trial.training.sequence_length, B = trial.training.batch;
    const training::Optimizer optimizer(trial.training.optimizer, weights, {});
    const auto megabytes = [](Size elements) { return static_cast<double>(elements) * sizeof(float) / mebi; };
    const double kept = megabytes(weights * (2 + optimizer.slots())), packed = megabytes(model.prepared_size());
    const Size head = T * B * (3 * model.head().inputs + model.head().outputs);  // y, dy, rows of y, logits
    const double activations =
        megabytes(model.predictor().saved_size(T, B) + model.predictor().workspace_size(T, B) + head);
    std::printf("memory %.1f MiB formula %.1f MiB weights %.1f packed %.1f activations %.1f\n", measured,
                kept + packed + activations, kept, packed, activations);
}

void measure_training(const Workload& work, const model::Model<float>& model, const trial::Trial& trial,
                      const plugins::Catalog& catalog, double seconds) {
    const RandomText text(work.vocabulary, std::max<Size>(100000, 2 * work.batch * work.length));
    const TemporaryFolder folder;
    std::atomic<bool> stop{false};
    Watch watch(seconds, stop);
    training::train({trial, text, model, catalog, {}, folder.path(), {}}, watch, stop);
    const double step = watch.median();
    std::printf("train: %.3f ms %.0f tokens/s %.2f GFLOP/s\n", step * 1e3,
                static_cast<double>(work.batch * work.length) / step,
                training::flops_per_step(trial, text, model) / step / 1e9);
    std::printf("loss %a\n", watch.loss());
    print_memory(model, trial, watch.memory());
}

/// Texts from one token on, as long as the cell's context or 256 tokens. Tells beside the rate what one text must read for
/// a token, weights but for the embedding's table, and state.
void measure_generation(const model::Model<float>& model, const plugins::Catalog& catalog, Size texts, Size table,
                        double seconds) {
    const FloatingPointMode mode;
    const trial::PluginChoice choice = choose(catalog, Plugin::Kind::sampler, "temperature");
    const auto sampler = catalog.find(Plugin::Kind::sampler, choice.plugin)->make_sampler(choice.options);
    model::Buffer<float> weights(model.parameters().size()), prepared(model.prepared_size());
    model.initialize(weights.data());
    model.prepare(weights.data(), prepared.data());
    const Size context = model.predictor().context(), length = context ? context - 1 : 256;
    std::vector<sampling::Request> requests;
    for (Size i = 0; i < texts; ++i)
        requests.push_back({{0}, sampler.get(), 0.5, RandomStream(1, "text", {i}), length, trial::StateMode::carry});
    const std::atomic<bool> stop{false};
    std::vector<double> rates;
    for (const double begin = seconds_now(); rates.size() < 3 || seconds_now() - begin < seconds;) {
        const double start = seconds_now();
        sampling::generate(model, {weights.data(), prepared.data()}, length + 1, requests, stop);
        rates.push_back(static_cast<double>(texts * length) / (seconds_now() - start));
    }
    std::sort(rates.begin(), rates.end());
    const Size read = weights.size() - table + model.state_size();
    std::printf("sample %.0f tokens/s %.1f KiB a token\n", rates[rates.size() / 2],
                static_cast<double>(read) * sizeof(float) / 1024);
}

int run(int count, char** words) {
    if (count < 12) {
        std::fprintf(
            stderr,
            "usage: bench_training CELL LAYERS HEADS H B T V E every|last THREADS SECONDS [TEXTS [OPTION=VALUE]...]\n");
        return 2;
    }
    const auto number = [&](int index) { return static_cast<Size>(std::strtoull(words[index], nullptr, 10)); };
    const Workload work{words[1],  number(2), number(4),
                        number(3), number(5), number(6),
                        number(7), number(8), std::string_view(words[9]) == "last"};
    const Size threads = number(10);
    const double seconds = std::strtod(words[11], nullptr);
    wall_time = threads > 1;
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, threads);

    plugins::Catalog catalog = plugins::load(plugins::folders({UNROLL_PLUGINS}));
    for (const Plugin* twin : {&rnn_equations, &lstm_equations, &gru_equations}) catalog.add({twin, {}});
    trial::Trial trial = trial_of(work, catalog);
    if (count > 13) {
        const Plugin& plugin = *catalog.find(Plugin::Kind::cell, work.cell);
        const Options given = conformance::given_options(plugin, {words + 13, words + count});
        for (const auto& [name, value] : given.values()) trial.cells[0].choice.options.set(name, value);
    }
    const model::Model<float> model(trial, RandomText(work.vocabulary, 1).task(), catalog);
    std::printf("kernels %s\npeak %.1f GFLOP/s\n", kernel_set().c_str(), peak_gflops());
    measure_training(work, model, trial, catalog, seconds);
    const Size texts = count > 12 ? number(12) : 1;
    if (texts) measure_generation(model, catalog, texts, work.vocabulary * work.embedding, seconds / 2);
    return 0;
}

}  // namespace
}  // namespace unroll::benchmarks

int main(int count, char** words) {
    try {
        return unroll::benchmarks::run(count, words);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_training: %s\n", error.what());
        return 1;
    }
}
