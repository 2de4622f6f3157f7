// What a model is made of: names and places of its weights, states, starting values, counted work.
#include "model/model.h"

#include <algorithm>
#include <cmath>

#include "catch.h"
#include "model/pass.h"
#include "plugin.h"
#include "small_plugins.h"

using namespace unroll;

namespace {

template <class Real>
class Attending final : public small::ValuePositions<Real> {
public:
    Attending(const CellSpec& spec, const Options& options)
        : small::ValuePositions<Real>(spec, options), H_(spec.hidden) {}

    double flops(Size T, Size B) const override {
        return this->layout_.product_flops(T, B) + 12 * double(T) * double(B) * double(T) * double(H_);
    }

private:
    Size H_;
};

constinit const Plugin attending_cell = cell_plugin<Attending>("small-attending", 1, "says that it attends");

Task letters(Size V) {
    Task task;
    task.input_tokens = task.target_tokens = V;
    return task;
}

std::vector<std::string> names(const model::Model<float>& model) {
    std::vector<std::string> list;
    for (const model::Parameter& parameter : model.parameters().list()) list.push_back(parameter.name);
    return list;
}

const model::Parameter& find(const model::Parameters& parameters, const std::string& name) {
    const auto& list = parameters.list();
    const auto found = std::find_if(list.begin(), list.end(), [&](auto& parameter) { return parameter.name == name; });
    REQUIRE(found != list.end());
    return *found;
}

std::vector<float> starting_values(const trial::Trial& trial, const Task& task, const std::string& name) {
    const model::Model<float> model(trial, task, small::catalog());
    std::vector<float> weights(model.parameters().size(), -99.0f);
    model.initialize(weights.data());
    CHECK(std::count(weights.begin(), weights.end(), -99.0f) == 0);
    const model::Parameter& parameter = find(model.parameters(), name);
    const auto first = weights.begin() + std::ptrdiff_t(parameter.offset);
    return {first, first + std::ptrdiff_t(parameter.weight.size())};
}

}  // namespace

TEST_CASE("weights are named by layer and lie one after the other") {
    auto trial = small::trial(small::positions_cell, 6, 2, 4, 2);
    trial.model.embedding = 3;
    trial.cells[0].dropout = 0.1;
    trial.cells.push_back({small::choice(small::token_positions_cell), 7, 1, 0, unroll::Initializer::uniform});
    const model::Model<float> model(trial, letters(5), small::catalog());
    CHECK(names(model) == std::vector<std::string>{"embedding.weight", "cell.0.weight", "cell.0.positions",
                                                   "cell.1.weight", "cell.1.positions", "cell.2.weight",
                                                   "cell.2.positions", "head.weight", "head.bias"});
    Size end = 0;
    for (const model::Parameter& parameter : model.parameters().list()) {
        CHECK(parameter.offset == end);
        end += parameter.weight.size();
    }
    CHECK(end == model.parameters().size());
    CHECK(end == 5 * 3 + (4 * 3 + 6 * 4) + (4 * 4 + 6 * 4) + (7 * 4 + 6 * 7) + (5 * 7 + 5));
    CHECK(model.predictor().context() == 6);
}

TEST_CASE("one-hot rows are written out only for a cell that does not take tokens") {
    const auto layers = [](const Plugin& cell) {
        const model::Model<float> model(small::trial(cell), letters(5), small::catalog());
        std::vector<std::string> list;
        for (const auto& layer : model.predictor().layers()) list.push_back(layer.name);
        return list;
    };
    CHECK(layers(small::positions_cell) == std::vector<std::string>{"one_hot", "cell.0"});
    CHECK(layers(small::token_positions_cell) == std::vector<std::string>{"cell.0"});
}

TEST_CASE("tied weights need an embedding that fits the head") {
    auto trial = small::trial(small::positions_cell, 6, 2, 4);
    trial.model = {4, true};
    const model::Model<float> model(trial, letters(5), small::catalog());
    CHECK(names(model) == std::vector<std::string>{"embedding.weight", "cell.0.weight", "cell.0.positions"});
    CHECK(!model.head().has_bias);

    trial.model.embedding = 3;
    CHECK(error_of([&] { model::Model<float>(trial, letters(5), small::catalog()); }) ==
          "model.tied: an embedding of 5 tokens, 3 wide\n  expected: 5 tokens, 4 wide, as the head is\n"
          "  help: set model.embedding to the width of the top cell's output, or model.tied to false");
    trial.model.embedding = 0;
    CHECK(error_of([&] { model::Model<float>(trial, letters(5), small::catalog()); }).find("0 wide") !=
          std::string::npos);
}

TEST_CASE("a cell that is not there is an error") {
    auto trial = small::trial(small::positions_cell);
    trial.cells[0].choice.plugin = "small-position";
    CHECK(error_of([&] { model::Model<float>(trial, letters(5), small::catalog()); }).find("small-positions") !=
          std::string::npos);
}

TEST_CASE("starting values depend on the seed and the name alone") {
    auto one = small::trial(small::positions_cell, 6, 2, 4, 1), two = small::trial(small::positions_cell, 6, 2, 4, 2);
    CHECK(starting_values(one, letters(5), "cell.0.weight") == starting_values(two, letters(5), "cell.0.weight"));
    CHECK(starting_values(one, letters(5), "head.bias") == starting_values(two, letters(5), "head.bias"));
    CHECK(starting_values(two, letters(4), "cell.1.weight") != starting_values(two, letters(4), "cell.0.weight"));
    two.seed = 2;
    CHECK(starting_values(one, letters(5), "cell.0.weight") != starting_values(two, letters(5), "cell.0.weight"));
}

TEST_CASE("each part starts by its own cell's initializer, embedding and head by their neighbour's") {
    auto trial = small::trial(small::positions_cell, 6, 2, 40);
    trial.model.embedding = 40;
    trial.cells[0].initializer = Initializer::normal;
    trial.cells.push_back({small::choice(small::positions_cell), 40, 1, 0, unroll::Initializer::uniform});
    const auto largest = [&](const std::string& name) {
        double most = 0;
        for (const float value : starting_values(trial, letters(40), name))
            most = std::max(most, double(std::abs(value)));
        return most;
    };
    CHECK(largest("embedding.weight") < 0.12);  // normal: deviation 0.02
    CHECK(largest("cell.0.weight") < 0.12);
    CHECK(largest("cell.1.weight") > 0.15);  // uniform: ±1/sqrt(40)
    CHECK(largest("head.weight") > 0.15);
    CHECK(starting_values(trial, letters(40), "head.bias")[0] != 0);
}

TEST_CASE("a stack's state is laid out layer by layer, and steps can be taken one at a time") {
    const Size T = 5, B = 3, H = 4;
    auto trial = small::trial(small::gated_cell, T, B, H, 1);
    trial.cells.push_back({small::choice(small::positions_cell), 6, 1, 0, unroll::Initializer::uniform});
    const model::Model<double> model(trial, letters(5), small::catalog());
    const auto& stack = model.predictor();
    CHECK(stack.state_size(B) == B * (2 * H) + B * (6 + 1));

    model::Buffer<double> weights(model.parameters().size()), prepared(model.prepared_size());
    model.initialize(weights.data());
    model.prepare(weights.data(), prepared.data());
    std::vector<Token> tokens(T * B);
    RandomStream stream(1, "tokens");
    for (Token& token : tokens) token = Token(stream.below(5));

    model::Pass<double> pass(model, {{T, B}}, model::Use::inference);
    model::Buffer<double> whole(stack.state_size(B)), steps(stack.state_size(B));
    const double* logits = pass.predict_last(
        {weights.data(), prepared.data()}, {.T = T, .B = B, .x = {nullptr, tokens.data()}, .next_state = whole.data()});
    const std::vector<double> at_once(logits, logits + B * 5);
    for (Size t = 0; t < T; ++t)
        logits = pass.predict_last({weights.data(), prepared.data()}, {.T = 1,
                                                                       .B = B,
                                                                       .x = {nullptr, tokens.data() + t * B},
                                                                       .state = t ? steps.data() : nullptr,
                                                                       .next_state = steps.data()});
    for (Size i = 0; i < B * 5; ++i) CHECK(logits[i] == Catch::Approx(at_once[i]).margin(1e-10));
    for (Size i = 0; i < whole.size(); ++i) CHECK(steps[i] == Catch::Approx(whole[i]).margin(1e-10));
    // The top layer's state of each sequence ends with the number of steps.
    for (Size b = 0; b < B; ++b) CHECK(whole[B * 2 * H + b * 7 + 6] == double(T));

    // The bottom layer's block alone, from the same cell run alone.
    const auto alone_trial = small::trial(small::gated_cell, T, B, H, 1);
    const model::Model<double> alone(alone_trial, letters(5), small::catalog());
    model::Buffer<double> alone_weights(alone.parameters().size()), alone_prepared(alone.prepared_size()),
        state(alone.predictor().state_size(B));
    alone.initialize(alone_weights.data());
    alone.prepare(alone_weights.data(), alone_prepared.data());
    model::Pass<double>(alone, {{T, B}}, model::Use::inference)
        .predict_last({alone_weights.data(), alone_prepared.data()},
                      {.T = T, .B = B, .x = {nullptr, tokens.data()}, .next_state = state.data()});
    for (Size i = 0; i < B * 2 * H; ++i) CHECK(state[i] == whole[i]);
}

TEST_CASE("useful work is counted as the design says") {
    const Size T = 7, B = 3, H = 4, V = 5, E = 6;
    const double steps = double(T * B), head = 6.0 * double(H * V);
    const auto flops = [&](trial::Trial trial, Size predictions) {
        auto catalog = small::catalog();
        catalog.add({&attending_cell, {}});
        return model::Model<float>(trial, letters(V), catalog).flops_per_step(T, B, predictions);
    };
    // Of the gated cell's six matrices two read the input alone: one-hot, they are look-ups.
    auto trial = small::trial(small::gated_cell, T, B, H);
    CHECK(flops(trial, T * B) == 6 * steps * (4 * H * H) + steps * head);
    CHECK(flops(trial, B) == 6 * steps * (4 * H * H) + double(B) * head);
    trial.model.embedding = E;
    CHECK(flops(trial, T * B) == 6 * steps * (4 * H * H + 2 * H * E) + steps * head);
    CHECK(flops(small::trial(small::gated_cell, T, B, V, 2), T * B) ==
          6 * steps * (4 * V * V + 6 * V * V) + steps * 6.0 * double(V * V));
    CHECK(flops(small::trial(small::token_positions_cell, T, B, H), T * B) == steps * head);
    CHECK(flops(small::trial(attending_cell, T, B, H, 2), T * B) ==
          2 * 12.0 * double(B * T * T * H) + 6 * steps * H * H + steps * head);
}
