// Batches: how many, of what, in which order.
#include "training/batches.h"

#include <algorithm>
#include <map>
#include <set>

#include "catch.h"
#include "small_plugins.h"
#include "training/evaluate.h"

using namespace unroll;
using training::Batches;
using training::BatchPlan;
using trial::Predict;
using trial::Windows;

namespace {

/// A corpus of 0, 1, 2, …, so that a token tells where it stands.
class Counting final : public Dataset {
public:
    explicit Counting(Size n) : letters_(n) {
        for (Size i = 0; i < n; ++i) tokens_.push_back(Token(i));
    }
    Task task() const override {
        Task task;
        task.input_tokens = task.target_tokens = letters_.size();
        return task;
    }
    const Vocabulary* vocabulary() const override { return &letters_; }
    std::span<const Token> tokens(Split split) const override {
        return split == Split::train ? std::span<const Token>(tokens_) : std::span<const Token>();
    }

private:
    small::Letters letters_;
    std::vector<Token> tokens_;
};

BatchPlan plan(Windows windows, Size T, Size B, Size stride = 1) {
    return {T, B, windows, stride, Predict::every, true, 1};
}

Size per_epoch(Size n, const BatchPlan& plan) {
    return Batches(Counting(n), Split::train, plan).per_epoch();
}

/// Where the windows of a batch start; checks that each is whole and is followed by its targets.
std::vector<Size> starts(Batches& batches, std::uint64_t epoch, Size index) {
    model::Batch<float> batch;
    batches.fill(epoch, index, batch);
    std::vector<Size> list;
    for (Size b = 0; b < batch.B; ++b) {
        list.push_back(Size(batch.tokens[b]));
        for (Size t = 0; t < batch.T; ++t) {
            CHECK(Size(batch.tokens[t * batch.B + b]) == list.back() + t);
            CHECK(Size(batch.target_tokens[t * batch.B + b]) == list.back() + t + 1);
        }
    }
    return list;
}

std::vector<Size> epoch_of(Batches& batches, std::uint64_t epoch) {
    std::vector<Size> all;
    for (Size index = 0; index < batches.per_epoch(); ++index)
        for (const Size start : starts(batches, epoch, index)) all.push_back(start);
    return all;
}

std::vector<Size> sorted(std::vector<Size> list) {
    std::sort(list.begin(), list.end());
    return list;
}

}  // namespace

TEST_CASE("counts of batches follow from the text by hand") {
    // Strided: ceil((n - T) / stride) windows.
    CHECK(per_epoch(11, plan(Windows::strided, 10, 4)) == 1);
    CHECK(per_epoch(10, plan(Windows::strided, 10, 4)) == 0);
    CHECK(per_epoch(100, plan(Windows::strided, 10, 1, 1)) == 90);
    CHECK(per_epoch(100, plan(Windows::strided, 10, 1, 3)) == 30);
    CHECK(per_epoch(101, plan(Windows::strided, 10, 1, 3)) == 31);
    CHECK(per_epoch(101, plan(Windows::strided, 10, 8, 3)) == 4);
    // Random: as many batches as cover the text's length once, at least one.
    CHECK(per_epoch(101, plan(Windows::random, 10, 2)) == 5);
    CHECK(per_epoch(100, plan(Windows::random, 10, 2)) == 4);
    CHECK(per_epoch(11, plan(Windows::random, 10, 64)) == 1);
    CHECK(per_epoch(10, plan(Windows::random, 10, 1)) == 0);
    // Streams: each of (n - 1) / B tokens, cut every T.
    CHECK(per_epoch(121, plan(Windows::streams, 10, 4)) == 3);
    CHECK(per_epoch(120, plan(Windows::streams, 10, 4)) == 2);
    CHECK(per_epoch(40, plan(Windows::streams, 10, 4)) == 0);
    CHECK(per_epoch(0, plan(Windows::streams, 10, 4)) == 0);
    CHECK(per_epoch(1, plan(Windows::strided, 10, 4)) == 0);
}

TEST_CASE("strided windows come once each, every epoch in another order") {
    const Counting dataset(100);
    Batches batches(dataset, Split::train, plan(Windows::strided, 10, 8, 3));
    std::vector<Size> expected;
    for (Size start = 0; start + 10 < 100; start += 3) expected.push_back(start);
    const auto first = epoch_of(batches, 0), second = epoch_of(batches, 1);
    CHECK(sorted(first) == expected);
    CHECK(sorted(second) == expected);
    CHECK(first != expected);
    CHECK(first != second);
    CHECK(starts(batches, 0, batches.per_epoch() - 1).size() == 30 % 8);
    CHECK(batches.largest_batch() == 8);
    CHECK(batches.predictions() == 80);

    BatchPlan other = plan(Windows::strided, 10, 8, 3);
    other.seed = 2;
    Batches another(dataset, Split::train, other);
    CHECK(epoch_of(another, 0) != first);
}

TEST_CASE("random windows fall everywhere and never over the end") {
    const Counting dataset(24);
    Batches batches(dataset, Split::train, plan(Windows::random, 10, 16));
    std::set<Size> seen;
    for (std::uint64_t epoch = 0; epoch < 20; ++epoch)
        for (const Size start : starts(batches, epoch, 0)) seen.insert(start);
    CHECK(seen.size() == 14);
    CHECK(*seen.rbegin() == 13);  // its last target is the text's last token
    CHECK(!batches.continues(1));
}

TEST_CASE("streams go on where they ended") {
    const Counting dataset(123);
    Batches batches(dataset, Split::train, plan(Windows::streams, 10, 4));
    CHECK(!batches.continues(0));
    CHECK(batches.continues(1));
    for (Size index = 0; index < batches.per_epoch(); ++index) {
        const auto list = starts(batches, 5, index);
        REQUIRE(list.size() == 4);
        for (Size b = 0; b < 4; ++b) CHECK(list[b] == b * 30 + index * 10);
    }
}

TEST_CASE("a batch is the same whatever was asked for before") {
    const Counting dataset(100);
    for (const Windows windows : {Windows::random, Windows::strided, Windows::streams}) {
        Batches in_order(dataset, Split::train, plan(windows, 10, 4, 2));
        std::map<std::pair<std::uint64_t, Size>, std::vector<Size>> seen;
        for (std::uint64_t epoch = 0; epoch < 3; ++epoch)
            for (Size index = 0; index < in_order.per_epoch(); ++index)
                seen[{epoch, index}] = starts(in_order, epoch, index);
        Batches jumping(dataset, Split::train, plan(windows, 10, 4, 2));
        RandomStream stream(1, "jumps");
        for (int i = 0; i < 40; ++i) {
            const std::pair<std::uint64_t, Size> at{stream.below(3), stream.below(jumping.per_epoch())};
            CHECK(starts(jumping, at.first, at.second) == seen.at(at));
        }
    }
}

TEST_CASE("the last position alone predicts") {
    const Counting dataset(100);
    BatchPlan last = plan(Windows::random, 10, 4);
    last.predict = Predict::last;
    Batches batches(dataset, Split::train, last);
    model::Batch<float> batch;
    batches.fill(0, 0, batch);
    for (Size row = 0; row < 40; ++row) CHECK(batch.weights[row] == (row < 36 ? 0.0f : 1.0f));
    CHECK(batch.predictions == 4);
    CHECK(batches.predictions() == 4);
    CHECK(batch.lengths.empty());
}

TEST_CASE("an evaluation covers the split in windows that do not overlap") {
    auto trial = small::trial(small::gated_cell, 6, 4);
    trial.training.evaluate_length = 8;
    trial.training.stride = 3;
    for (const Size n : {9, 16, 17, 99, 20000}) {
        const Counting dataset(n);
        Batches batches(dataset, Split::train, training::evaluation_plan(trial));
        const auto windows = epoch_of(batches, 0);
        CHECK(windows.size() == (n - 1) / 8);
        for (Size i = 0; i < windows.size(); ++i) CHECK(windows[i] == 8 * i);
        CHECK(batches.sequence_length() == 8);
    }
    CHECK(Batches(Counting(8), Split::train, training::evaluation_plan(trial)).per_epoch() == 0);
}

TEST_CASE("an evaluation by streams takes fewer streams before it takes none") {
    auto trial = small::trial(small::gated_cell, 6, 4);
    trial.training.windows = Windows::streams;
    const Counting dataset(23);
    Batches training_batches(dataset, Split::train, training::training_plan(trial));
    CHECK(training_batches.per_epoch() == 0);
    Batches batches(dataset, Split::train, training::evaluation_plan(trial));
    CHECK(batches.per_epoch() == 1);
    CHECK(epoch_of(batches, 0) == std::vector<Size>{0, 7, 14});
    CHECK(batches.largest_batch() == 3);
    CHECK(Batches(Counting(6), Split::train, training::evaluation_plan(trial)).per_epoch() == 0);
}

TEST_CASE("examples are padded to the dataset's length") {
    const auto kind = GENERATE(Task::Kind::label, Task::Kind::sequence, Task::Kind::reals);
    const small::Examples dataset(kind, 5, 12);
    auto wrong = plan(Windows::random, 3, 5);  // the dataset's length counts
    Batches batches(dataset, Split::train, wrong);
    CHECK(batches.sequence_length() == 5);
    CHECK(batches.per_epoch() == 3);
    CHECK(!batches.continues(1));
    Size sequences = 0, steps = 0;
    model::Batch<double> batch;
    for (Size index = 0; index < 3; ++index) {
        batches.fill(4, index, batch);
        CHECK(batch.B == (index < 2 ? 5 : 2));
        if (!batch.lengths.empty()) CHECK(batch.T == *std::max_element(batch.lengths.begin(), batch.lengths.end()));
        CHECK(batch.tokens.size() == (kind == Task::Kind::reals ? 0 : batch.T * batch.B));
        CHECK(batch.reals.size() == (kind == Task::Kind::reals ? batch.T * batch.B * 2 : 0));
        Size predictions = 0;
        for (Size b = 0; b < batch.B; ++b) {
            const Size length = batch.lengths.empty() ? batch.T : batch.lengths[b];
            ++sequences;
            steps += length;
            for (Size t = 0; t < batch.T; ++t) {
                const bool counts = batch.weights[t * batch.B + b] != 0;
                predictions += counts;
                if (t >= length) CHECK(!counts);
                if (kind == Task::Kind::label) CHECK(counts == (t + 1 == length));
            }
        }
        CHECK(batch.predictions == predictions);
    }
    CHECK(sequences == 12);
    CHECK(steps == (5 + 4 + 3 + 2 + 1) * 2 + 5 + 4);
    CHECK(Batches(dataset, Split::test, wrong).per_epoch() == 0);
}

TEST_CASE("a batch of examples is as long as the longest of them") {
    const small::Examples dataset(Task::Kind::label, 5, 12);  // of 5, 4, 3, 2, 1, 5, … steps
    auto in_order = plan(Windows::random, 5, 2);
    in_order.shuffled = false;
    Batches batches(dataset, Split::train, in_order);
    model::Batch<float> batch;
    const std::vector<std::vector<Size>> lengths{{5, 4}, {3, 2}, {1, 5}, {4, 3}, {2, 1}, {5, 4}};
    for (Size index = 0; index < batches.per_epoch(); ++index) {
        batches.fill(0, index, batch);
        CHECK(batch.lengths == lengths[index]);
        CHECK(batch.T == std::max(lengths[index][0], lengths[index][1]));
        CHECK(batch.tokens.size() == batch.T * 2);
        CHECK(batch.target_tokens.size() == batch.T * 2);
        CHECK(batch.weights.size() == batch.T * 2);
        CHECK(batch.predictions == 2);
    }
}

TEST_CASE("examples that are all full have no lengths") {
    const small::Examples dataset(Task::Kind::label, 1, 4);
    Batches batches(dataset, Split::train, plan(Windows::random, 1, 4));
    model::Batch<float> batch;
    batches.fill(0, 0, batch);
    CHECK(batch.lengths.empty());
}

TEST_CASE("a loss over a split does not depend on how it is cut into batches") {
    const plugins::Catalog catalog = small::catalog();
    const std::atomic<bool> stop{false};
    for (const bool streams : {false, true}) {
        auto trial = small::trial(small::gated_cell, 6, 1);
        trial.training.windows = streams ? Windows::streams : Windows::random;
        const small::Corpus dataset(5, 100, 121, 0);
        const model::Model<float> model(trial, dataset.task(), catalog);
        model::Buffer<float> weights(model.parameters().size()), prepared(model.prepared_size());
        model.initialize(weights.data());
        model.prepare(weights.data(), prepared.data());
        const auto evaluate = [&](const BatchPlan& plan) {
            Batches batches(dataset, Split::validation, plan);
            model::Pass<float> pass(model, {{batches.sequence_length(), batches.largest_batch()}},
                                    model::Use::inference);
            return training::evaluate(pass, model, {weights.data(), prepared.data()}, batches, stop);
        };
        const BatchPlan whole = training::evaluation_plan(trial);
        const auto evaluation = evaluate(whole);
        CHECK(evaluation.complete);
        CHECK(evaluation.sums.predictions == 120);
        double mean = 0, accuracy = 0;
        for (const double loss : evaluation.by_position.loss) mean += loss / 6;
        CHECK(mean == Catch::Approx(evaluation.sums.mean()));
        for (const double part : evaluation.by_position.accuracy) accuracy += part / 6;
        CHECK(accuracy == Catch::Approx(evaluation.sums.accuracy()));
        CHECK(accuracy > 0);
        if (streams) {
            // One stream, its state carried, is one long window.
            auto long_trial = trial;
            long_trial.training.evaluate_length = 120;
            CHECK(evaluate(training::evaluation_plan(long_trial)).sums.loss == Catch::Approx(evaluation.sums.loss));
        } else {
            auto by_three = whole;
            by_three.batch = 3;
            CHECK(evaluate(by_three).sums.loss == evaluation.sums.loss);
        }
    }
}

TEST_CASE("real numbers have a loss by position, but no accuracy") {
    const plugins::Catalog catalog = small::catalog();
    const small::Examples dataset(Task::Kind::reals, 5, 12);
    const auto trial = small::trial(small::gated_cell, 5, 4);
    const model::Model<float> model(trial, dataset.task(), catalog);
    model::Buffer<float> weights(model.parameters().size()), prepared(model.prepared_size());
    model.initialize(weights.data());
    model.prepare(weights.data(), prepared.data());
    Batches batches(dataset, Split::validation, training::evaluation_plan(trial));
    model::Pass<float> pass(model, {{5, batches.largest_batch()}}, model::Use::inference);
    const std::atomic<bool> stop{false};
    const auto evaluation = training::evaluate(pass, model, {weights.data(), prepared.data()}, batches, stop);
    CHECK(evaluation.by_position.accuracy.empty());
    REQUIRE(evaluation.by_position.loss.size() == 5);
    // Positions 1 and 4 predict nothing; of twelve sequences all have position 0, eight position 2 and six position 3.
    const auto& loss = evaluation.by_position.loss;
    CHECK(std::isnan(loss[1]));
    CHECK(std::isnan(loss[4]));
    CHECK(12 * loss[0] + 8 * loss[2] + 6 * loss[3] == Catch::Approx(evaluation.sums.loss));
}

TEST_CASE("positions that predict nothing have no loss") {
    const plugins::Catalog catalog = small::catalog();
    auto trial = small::trial(small::gated_cell, 6, 4);
    trial.training.predict = Predict::last;
    const small::Corpus dataset(5, 100, 50, 0);
    const model::Model<float> model(trial, dataset.task(), catalog);
    model::Buffer<float> weights(model.parameters().size()), prepared(model.prepared_size());
    Batches batches(dataset, Split::validation, training::evaluation_plan(trial));
    model::Pass<float> pass(model, {{6, batches.largest_batch()}}, model::Use::inference);
    model.prepare(weights.data(), prepared.data());
    std::atomic<bool> stop{false};
    auto evaluation = training::evaluate(pass, model, {weights.data(), prepared.data()}, batches, stop);
    for (Size t = 0; t < 5; ++t) CHECK(std::isnan(evaluation.by_position.loss[t]));
    for (Size t = 0; t < 5; ++t) CHECK(std::isnan(evaluation.by_position.accuracy[t]));
    CHECK(evaluation.by_position.loss[5] == Catch::Approx(std::log(5.0)));
    CHECK(evaluation.by_position.accuracy[5] >= 0);
    stop = true;
    evaluation = training::evaluate(pass, model, {weights.data(), prepared.data()}, batches, stop);
    CHECK(!evaluation.complete);
}
