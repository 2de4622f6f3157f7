// Models of two parts: each part is the cell with what differs in it.
#include "trial/topology.h"

#include "catch.h"
#include "fixtures.h"

using namespace unroll;
using namespace unroll::manifest;
using test::expand;
using test::problems;

namespace {

std::string riddles(const std::string& members) {
    return test::with(R"("dataset": {"plugin": "riddles"}, "training": {"batch": 4, "steps": 100}, )" + members);
}

trial::Trial a_trial(const std::string& members) {
    const Plan plan = expand(riddles(members));
    REQUIRE(plan.trials.size() == 1);
    return plan.trials[0].trial;
}

}  // namespace

TEST_CASE("A part is the cell with what differs in it") {
    const trial::Trial both = a_trial(R"("cell": {"plugin": "keeper", "hidden": 16, "layers": 2, "gain": 3})");
    for (const auto* part : {&both.upstream, &both.cells}) {
        REQUIRE(part->size() == 1);
        CHECK(part->front().choice.plugin == "keeper");
        CHECK(part->front().layers == 2);
        CHECK(part->front().choice.options.number("gain") == 3);
    }
    CHECK(both.model.bridge == trial::Bridge::state);

    const trial::Trial apart =
        a_trial(R"("cell": {"plugin": "keeper", "hidden": 16, "gain": 3}, "model": {"bridge": "repeat",
        "encoder": {"hidden": 8}, "decoder": [{"plugin": "other", "layers": 2}, {"gain": 4}]})");
    REQUIRE(apart.upstream.size() == 1);
    CHECK(apart.upstream[0].hidden == 8);
    CHECK(apart.upstream[0].choice.options.number("gain") == 3);
    REQUIRE(apart.cells.size() == 2);
    CHECK(apart.cells[0].choice.plugin == "other");
    CHECK(apart.cells[0].hidden == 16);
    CHECK(apart.cells[0].choice.options.number("gain") == 2);  // another plugin's own default
    CHECK(apart.cells[1].choice.plugin == "keeper");
    CHECK(apart.cells[1].choice.options.number("gain") == 4);
    CHECK(apart.model.bridge == trial::Bridge::repeat);
}

TEST_CASE("However the parts are written, the same parts are the same trial") {
    const std::string cell = R"({"plugin": "keeper", "hidden": 16})";
    const trial::Trial merged = a_trial(R"("cell": )" + cell);
    CHECK(a_trial(R"("cell": {"plugin": "echo"}, "model": {"encoder": )" + cell + R"(, "decoder": )" + cell + "}")
              .fingerprint == merged.fingerprint);
    CHECK(a_trial(R"("cell": )" + cell + R"(, "model": {"bridge": "attention"})").fingerprint != merged.fingerprint);
    const Plan again = expand(merged.config);
    REQUIRE(again.trials.size() == 1);
    CHECK(again.trials[0].trial.config == merged.config);
    CHECK(again.trials[0].trial.fingerprint == merged.fingerprint);
}

TEST_CASE("A part may have an optimizer of its own") {
    const trial::Trial own = a_trial(R"("cell": {"plugin": "keeper"}, "model": {"bridge": "attention",
        "decoder": {"optimizer": {"name": "sgd", "learning_rate": 0.5}}})");
    CHECK(own.training.optimizer.name == "sgd");
    REQUIRE(own.upstream_optimizer);
    CHECK(own.upstream_optimizer->name == "adam");
    const trial::Trial front =
        a_trial(R"("cell": {"plugin": "keeper"}, "model": {"encoder": {"optimizer": {"name": "rmsprop"}}})");
    CHECK(front.training.optimizer.name == "adam");
    CHECK(front.upstream_optimizer->learning_rate == 0.01);
    CHECK(a_trial(R"("cell": {"plugin": "keeper"})").fingerprint != front.fingerprint);
    CHECK(expand(front.config).trials[0].trial.fingerprint == front.fingerprint);
    CHECK_FALSE(a_trial(R"("cell": {"plugin": "keeper"})").upstream_optimizer);
    CHECK_THAT(problems(riddles(R"("cell": {"plugin": "keeper"},
                   "model": {"encoder": {"optimizer": {"name": "adam", "betas": [0.9, 1]}}})")),
               Catch::Contains("model.encoder.optimizer.betas: [0.9,1.0]"));
}

TEST_CASE("Parts are axes like any other") {
    const Plan plan = expand(riddles(R"("cell": {"plugin": "keeper"}, "model": {"bridge": "repeat"},
        "sweep": {"model.encoder.hidden": [8, 16], "model.decoder.plugin": ["keeper", "other"]})"));
    REQUIRE(plan.trials.size() == 4);
    CHECK(plan.trials[0].trial.upstream[0].hidden == 8);
    CHECK(plan.trials[1].trial.cells[0].choice.plugin == "other");
    CHECK(plan.trials[3].axes == R"({"model":{"encoder":{"hidden":16},"decoder":{"plugin":"other"}}})");
}

TEST_CASE("What a decoder is fed may be embedded, though the encoder reads numbers") {
    const auto captions = [](const std::string& bridge) {
        return test::with(R"("dataset": {"plugin": "riddles", "reals": 7}, "training": {"batch": 4, "steps": 100},
            "cell": {"plugin": "keeper"}, "model": {"embedding": 5, "bridge": ")" +
                          bridge + R"("})");
    };
    for (const char* bridge : {"state", "attention"}) {
        const Plan plan = expand(captions(bridge));
        REQUIRE(plan.trials.size() == 1);
        const Task task{.kind = Task::Kind::target_sequence, .input_reals = 7, .target_tokens = 10};
        CHECK(trial::upstream_part(plan.trials[0].trial, task).input() == 7);
        CHECK(trial::predictor_part(plan.trials[0].trial, task, 128).input() == 5);
    }
    CHECK_THAT(problems(captions("repeat")),
               Catch::Contains("model.embedding: 5\n  expected: 0: inputs are real numbers"));
}

TEST_CASE("Parts that do not fit together are refused") {
    CHECK(problems(riddles(R"("cell": {"plugin": "keeper"}, "model": {"decoder": {"hidden": 8}})")) ==
          "test.json:1: model.bridge: \"state\" between an encoder and a decoder whose layers have different states: "
          "128 of keeper; 8 of keeper\n"
          "  expected: the same cells on both sides, with a state\n"
          "  help: use the same cells in both, or choose \"repeat\" or \"attention\"");
    CHECK_THAT(problems(riddles(R"("model": {"encoder": {"plugin": "keeper"}, "decoder": {"plugin": "limited"}})")),
               Catch::Contains("16 of keeper; 16 of limited\n  expected: the same cells on both sides"));
    CHECK(problems(riddles(R"("cell": {"plugin": "limited"})")) ==
          "test.json:1: model.bridge: \"state\" between layers of cell 'limited', whose context is limited to 4 steps\n"
          "  expected: cells with unlimited context: the decoder continues from the encoder's final state\n"
          "  help: change the cells, or choose \"attention\"");
    CHECK(problems(riddles(R"("cell": {"plugin": "echo"}, "model": {"bridge": "attention"})")) ==
          "test.json:1: model.bridge: \"attention\", but no cell of the decoder supports cross-attention\n"
          "  expected: a decoder with a cell that attends to the encoder's outputs\n"
          "  help: change the decoder's cell, or choose \"state\" or \"repeat\"");
    CHECK(problems(riddles(R"("cell": {"plugin": "keeper"}, "model": {"embedding": 128, "tied": true})")) ==
          "test.json:1: model.tied: true, but the model has two parts\n  expected: false\n  help: remove \"tied\"");
    CHECK(problems(test::with(R"("dataset": {"plugin": "dots"}, "training": {"batch": 4, "steps": 100},
                                 "model": {"generator": {"hidden": 8}})")) ==
          "test.json:1: model.generator: a generator with 8 outputs\n"
          "  expected: 12, the values of an image of dataset 'dots'\n"
          "  help: end it with a layer of \"hidden\": 12");
    CHECK_THAT(problems(test::with(R"("dataset": {"plugin": "dots"}, "cell": {"plugin": "echo"},
        "model": {"generator": {"hidden": 12}},
        "training": {"batch": 4, "steps": 100, "evaluate_every": 10, "stop": {"patience": 2}})")),
               Catch::Contains("training.stop: early stopping of adversarial training\n  expected: null"));
    // A decoder may not look ahead when it is fed what it is to predict; an encoder may.
    const std::string sees = R"("cell": {"plugin": "keeper"}, "model": {"bridge": "attention", )";
    CHECK_THAT(problems(riddles(sees + R"("decoder": [{"plugin": "seer"}, {"plugin": "keeper"}]})")),
               Catch::Contains("model.decoder.0: cell 'seer' is not causal"));
    CHECK(problems(riddles(sees + R"("encoder": [{"plugin": "seer"}]})")) == "");
}
