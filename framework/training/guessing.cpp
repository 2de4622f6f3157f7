// What a model has to beat: the loss of guessing.
#include "training/guessing.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace unroll::training {

namespace {

constexpr Size most_examples = 1000;
constexpr double far_above = 10;

double mean_square_of_targets(const Dataset& dataset) {
    const Task task = dataset.task();
    const Size T = task.sequence_length, positions = task.target_positions(), width = task.target_reals;
    std::vector<Token> tokens(task.input_tokens ? T : 0);
    std::vector<float> reals(T * task.input_reals), targets(positions * width), weights(positions);
    double squares = 0, count = 0;
    for (Size index = 0; index < std::min(most_examples, dataset.examples(Split::train)); ++index) {
        for (auto* values : {&reals, &targets, &weights}) std::fill(values->begin(), values->end(), 0.0F);
        std::fill(tokens.begin(), tokens.end(), Token{});
        Example example;
        example.tokens = tokens.empty() ? nullptr : tokens.data();
        example.reals = reals.empty() ? nullptr : reals.data();
        example.target_reals = targets.data();
        example.weights = weights.data();
        dataset.example(Split::train, index, example);
        for (Size t = 0; t < positions; ++t) {
            if (weights[t] == 0) continue;
            ++count;
            for (Size i = t * width; i < (t + 1) * width; ++i) squares += double(targets[i]) * double(targets[i]);
        }
    }
    return count > 0 ? squares / count : 0;
}

}  // namespace

std::optional<double> loss_of_guessing(const Dataset& dataset) {
    const Task task = dataset.task();
    double loss = 0;
    if (task.target_tokens > 0) loss = std::log(double(task.target_tokens));
    if (task.kind == Task::Kind::reals && task.target_reals > 0) loss = mean_square_of_targets(dataset);
    return loss > 0 ? std::optional(loss) : std::nullopt;
}

bool has_exploded(double loss, const std::optional<double>& guessing) {
    return guessing && loss > far_above * *guessing;
}

}  // namespace unroll::training
