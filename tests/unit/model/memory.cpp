// A training step allocates nothing: neither cutting a batch, nor forward, nor backward. Nor does a generated token.
#include <atomic>
#include <cstdlib>
#include <new>

#include "catch.h"
#include "model/pass.h"
#include "sampling/generate.h"
#include "small_plugins.h"
#include "training/batches.h"
#include "training/optimizer.h"

namespace {
std::atomic<std::size_t> allocations{0};
}

// Every way to memory that this program's code has: `new`, and aligned_alloc by the linker's --wrap.
// Not inlined: beside one another, malloc and delete look mismatched to the compiler.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size ? size : 1)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size ? size : 1);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
extern "C" void* __real_aligned_alloc(std::size_t alignment, std::size_t size);
extern "C" void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
    ++allocations;
    return __real_aligned_alloc(alignment, size);
}

using namespace unroll;

namespace {

/// Allocations of the second round of all batches of an epoch.
std::size_t count(const trial::Trial& trial, const Dataset& dataset) {
    const plugins::Catalog catalog = small::catalog();
    const model::Model<float> model(trial, dataset.task(), catalog);
    const training::Optimizer optimizer(trial.training.optimizer, model.parameters().size(), {});
    model::Buffer<float> weights(model.parameters().size()), gradient(weights.size()), prepared(model.prepared_size()),
        slots(optimizer.state_size());
    model.initialize(weights.data());
    model.prepare(weights.data(), prepared.data());
    training::Batches batches(dataset, Split::train, training::training_plan(trial));
    const Size before_pass = allocations;
    model::Pass<float> pass(model, {{batches.sequence_length(), batches.largest_batch()}}, model::Use::training);
    CHECK(allocations > before_pass);  // so the counters count
    model::Buffer<float> state(model.predictor().state_size(batches.largest_batch())), next(state.size());
    model::Batch<float> batch;
    const RandomStream dropout(1, "dropout");
    std::size_t before = 0;
    for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
        before = allocations;
        for (Size index = 0; index < batches.per_epoch(); ++index) {
            batches.fill(epoch, index, batch);
            pass.forward({weights.data(), prepared.data()}, batch, {.next_state = next.data(), .dropout = &dropout});
            gradient.clear();
            pass.backward(gradient.data());
            optimizer.step(1, 0.01, weights.data(), gradient.data(), slots.data());
            model.prepare(weights.data(), prepared.data());
        }
    }
    return allocations - before;
}

}  // namespace

TEST_CASE("a step of windows allocates nothing") {
    const small::Corpus dataset(5, 120, 0, 0);
    for (const Plugin* cell : {&small::gated_cell, &small::positions_cell}) {
        for (const auto windows : {trial::Windows::random, trial::Windows::strided, trial::Windows::streams}) {
            auto trial = small::trial(*cell, 6, 4, 5, 2);
            trial.cells[0].dropout = 0.2;
            trial.training.windows = windows;
            trial.training.predict = trial::Predict::last;
            CHECK(count(trial, dataset) == 0);
        }
    }
}

TEST_CASE("a step of examples allocates nothing") {
    for (const auto kind : {Task::Kind::label, Task::Kind::sequence, Task::Kind::reals}) {
        const small::Examples dataset(kind, 6, 23);
        CHECK(count(small::trial(small::gated_cell, 6, 4, 5, 2), dataset) == 0);
    }
}

TEST_CASE("a generated token allocates nothing") {
    const small::Corpus dataset(5, 120, 0, 0);
    const small::Draw sampler{Options{}};
    const plugins::Catalog catalog = small::catalog();
    for (const Plugin* cell : {&small::gated_cell, &small::positions_cell}) {
        const model::Model<float> model(small::trial(*cell, 6, 4, 5, 2), dataset.task(), catalog);
        model::Buffer<float> weights(model.parameters().size()), prepared(model.prepared_size());
        model.initialize(weights.data());
        model.prepare(weights.data(), prepared.data());
        for (const trial::StateMode memory : {trial::StateMode::carry, trial::StateMode::window}) {
            const auto allocated = [&](Size length) {
                std::vector<sampling::Request> requests;
                for (std::uint64_t i = 0; i < 3; ++i)
                    requests.push_back({{1, 2, 3}, &sampler, 1, RandomStream(1, "text", {i}), length, memory});
                const std::size_t before = allocations;
                sampling::generate(model, {weights.data(), prepared.data()}, 6, requests, false);
                return allocations - before;
            };
            CHECK(allocated(80) == allocated(8));  // both pass the context and the window
        }
    }
}
