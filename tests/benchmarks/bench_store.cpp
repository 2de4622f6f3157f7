// Times the result store: bench_store [TRIALS]. Prints the rate at which the writer takes metric rows, what a thousand
// rows a second cost, and how long it takes to plan TRIALS trials and to read them back from the view `result`.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "../temporary_folder.h"
#include "peak.h"
#include "store/query.h"
#include "store/store.h"
#include "store/writer.h"

namespace unroll::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<store::TrialRow> rows(Size trials) {
    std::vector<store::TrialRow> list(trials);
    for (Size i = 0; i < trials; ++i) {
        list[i].fingerprint = "trial-" + std::to_string(i);
        list[i].config = R"({"seed":)" + std::to_string(i) + "}";
        list[i].seed = i;
        list[i].cell = "cell";
    }
    return list;
}

std::vector<store::Membership> members(Size trials) {
    std::vector<store::Membership> list(trials);
    for (Size i = 0; i < trials; ++i) list[i] = {"trial-" + std::to_string(i), R"({"seed":)" + std::to_string(i) + "}"};
    return list;
}

store::ExperimentRow experiment() {
    store::ExperimentRow row;
    row.name = "benchmark";
    row.manifest = "{}";
    row.by = {"seed"};
    return row;
}

training::Point point(std::uint64_t step) {
    constexpr std::string_view names[] = {"loss", "accuracy", "gradient_norm", "learning_rate", "tokens_per_second"};
    return {step / 5, 0.5, Split::train, std::string(names[step % 5]), static_cast<double>(step), 1};
}

/// The share of a core that this process computes while it calls body(i) a thousand times a second for a second.
template <class Body, class End>
double busy_share(Body body, End end) {
    const auto begin = Clock::now();
    const double before = processor_seconds();
    for (Size i = 0; i < 1000; ++i) {
        body(i);
        std::this_thread::sleep_until(begin + std::chrono::milliseconds(i + 1));
    }
    end();
    return (processor_seconds() - before) / since(begin);
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void measure_writer() {
    constexpr Size count = 1000000;
    const TemporaryFolder folder;
    store::Store store(folder / "results.db", store::Store::Mode::write);
    store.plan(experiment(), rows(1), members(1));
    store::Writer writer(store);
    writer.push(store::AttemptStart{"trial-0", "build", "host", 1, 1, 0});

    const auto start = Clock::now();
    for (Size i = 0; i < count; ++i) writer.push("trial-0", point(i));
    writer.flush();
    std::printf("writer %.0f rows/s\n", static_cast<double>(count) / since(start));

    // Threads of the trial and of the writer together, as a share of one core, without what the pauses cost by
    // themselves: that is several times as much and varies, so both are measured in turn.
    std::vector<double> shares, pauses;
    for (Size turn = 0; turn < 7; ++turn) {
        const auto write = [&](Size i) { writer.push("trial-0", point(count + turn * 1000 + i)); };
        pauses.push_back(busy_share([](Size) {}, [] {}));
        shares.push_back(busy_share(write, [&] { writer.flush(); }) - pauses.back());
    }
    std::printf("a thousand rows a second: %.2f %% of a core, and the pauses between them %.2f %%\n",
                100 * std::max(0.0, median(shares)), 100 * median(pauses));
}

void measure_planning(Size trials) {
    const TemporaryFolder folder;
    store::Store store(folder / "results.db", store::Store::Mode::write);
    const auto start = Clock::now();
    store.plan(experiment(), rows(trials), members(trials));
    const double planned = since(start);
    const auto read = Clock::now();
    const store::Table table = store::query(store, "SELECT * FROM result");
    std::printf("trials %zu: stored in %.1f ms, result read in %.1f ms\n", table.rows.size(), planned * 1e3,
                since(read) * 1e3);
}

}  // namespace
}  // namespace unroll::benchmarks

int main(int count, char** words) {
    try {
        unroll::benchmarks::measure_writer();
        const unroll::Size trials = count > 1 ? std::strtoull(words[1], nullptr, 10) : 10000;
        unroll::benchmarks::measure_planning(std::max<unroll::Size>(trials / 1000, 1));
        unroll::benchmarks::measure_planning(trials);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_store: %s\n", error.what());
        return 1;
    }
}
