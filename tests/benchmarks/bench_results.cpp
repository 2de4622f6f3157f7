// Writes a result store to time commands with: bench_results FILE TRIALS POINTS. The experiment `many` has TRIALS
// finished trials of four cells at three sequence lengths and five learning rates, seeds as needed; each has POINTS
// training losses, ten of validation and one of test.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "store/store.h"
#include "store/writer.h"

namespace unroll::benchmarks {
namespace {

constexpr const char* cells[] = {"rnn", "lstm", "gru", "attention"};
constexpr int lengths[] = {32, 64, 128};
constexpr double rates[] = {0.00125, 0.0025, 0.005, 0.01, 0.02};
constexpr Size combinations = std::size(cells) * std::size(lengths) * std::size(rates);

struct Trials {
    std::vector<store::TrialRow> rows;
    std::vector<store::Membership> members;
};

Trials trials(Size count) {
    Trials all;
    for (Size i = 0; i < count; ++i) {
        const std::string cell = cells[i % std::size(cells)];
        const int length = lengths[i / std::size(cells) % std::size(lengths)];
        const double rate = rates[i / std::size(cells) / std::size(lengths) % std::size(rates)];
        const std::string seed = std::to_string(1 + i / combinations);
        store::TrialRow row;
        row.fingerprint = "trial-" + std::to_string(i);
        row.seed = 1 + i / combinations;
        row.cell = cell;
        row.learning_rate = rate;
        row.sequence_length = Size(length);
        row.steps = 1000;
        row.parameters = 108000;
        row.flops_per_step = 1e9;
        row.config =
            R"({"seed":)" + seed +
            R"(,"dataset":{"plugin":"text","path":"/data/tinyshakespeare.txt","unit":"character","lower":false,)"
            R"("split":[0.8,0.1,0.1],"limit":null},"model":{"embedding":0,"tied":false},"cell":{"plugin":")" +
            cell + R"(","hidden":128,"layers":1,"dropout":0,"initializer":"uniform"},"training":)" +
            R"({"sequence_length":)" + std::to_string(length) +
            R"(,"batch":32,"steps":1000,"windows":"random","predict":"every","optimizer":{"name":"adam",)"
            R"("learning_rate":)" +
            std::to_string(rate) +
            R"(,"betas":[0.9,0.999],"epsilon":1e-08,"weight_decay":0},"schedule":{"name":"constant","warmup":0},)"
            R"("clip":5,"stop":null,"evaluate_length":64,"log_every":10,"evaluate_every":{"times":10}},)"
            R"("sampling":false,"diagnostics":{"gradient":false}})";
        all.members.push_back({row.fingerprint, R"({"cell":{"plugin":")" + cell +
                                                    R"("},"training":{"sequence_length":)" + std::to_string(length) +
                                                    R"(,"optimizer":{"learning_rate":)" + std::to_string(rate) +
                                                    R"(}},"seed":)" + seed + "}"});
        all.rows.push_back(std::move(row));
    }
    return all;
}

void write(const std::string& file, Size count, Size points) {
    store::Store store(file, store::Store::Mode::write);
    const Trials all = trials(count);
    store::ExperimentRow experiment;
    experiment.name = "many";
    experiment.manifest = "{}";
    experiment.metric = "test/loss";
    experiment.by = {"cell.plugin", "training.sequence_length"};
    experiment.best = {"training.optimizer.learning_rate"};
    store.plan(experiment, all.rows, all.members);
    store::Writer writer(store);
    for (Size i = 0; i < count; ++i) {
        const std::string& trial = all.rows[i].fingerprint;
        const double floor = 1.7 + 0.01 * double(i % combinations) + 0.001 * double(i * 7919 % 101);
        writer.push(store::AttemptStart{trial, "build", "host", 1, 1, 0});
        const auto add = [&](Split split, Size values) {
            for (Size k = 1; k <= values; ++k) {
                const std::uint64_t step = k * 1000 / values;
                writer.push(trial, training::Point{step, double(step) / 100, split, "loss",
                                                   floor + 2 * std::exp(-double(step) / 200), double(step) / 50});
            }
        };
        add(Split::train, points);
        add(Split::validation, 10);
        add(Split::test, 1);
        store::AttemptEnd end;
        end.fingerprint = trial;
        end.step = 1000;
        end.tokens = 1000 * 32 * 64;
        end.seconds = 20;
        writer.push(end);
    }
    writer.flush();
}

}  // namespace
}  // namespace unroll::benchmarks

int main(int count, char** words) {
    if (count != 4) {
        std::fprintf(stderr, "usage: bench_results FILE TRIALS POINTS\n");
        return 2;
    }
    try {
        unroll::benchmarks::write(words[1], std::strtoull(words[2], nullptr, 10), std::strtoull(words[3], nullptr, 10));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_results: %s\n", error.what());
        return 1;
    }
}
