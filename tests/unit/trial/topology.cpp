// Tests of the table of topologies.
#include "trial/topology.h"

#include "catch.h"

using namespace unroll;

namespace {

/// A dataset of a task, with and without vocabularies.
struct Declared final : Dataset {
    Task declared;
    const Vocabulary *inputs = nullptr, *targets = nullptr;

    Task task() const override { return declared; }
    const Vocabulary* vocabulary() const override { return inputs; }
    const Vocabulary* target_vocabulary() const override { return targets; }
};

const Task::Kind kinds[] = {Task::Kind::next_token,      Task::Kind::label, Task::Kind::sequence,
                            Task::Kind::target_sequence, Task::Kind::reals, Task::Kind::image};

}  // namespace

TEST_CASE("Each kind of task has a row, with the names of the store and of the manifest") {
    const char* const names[][4] = {
        {"next-token", "decoder", "corpus", ""}, {"label", "encoder", "examples", ""},
        {"sequence", "encoder", "examples", ""}, {"target-sequence", "encoder-decoder", "pairs", "encoder decoder"},
        {"reals", "encoder", "examples", ""},    {"image", "adversarial", "images", "generator discriminator"}};
    for (Size i = 0; i < std::size(kinds); ++i) {
        const trial::Topology& row = trial::topology_of({.kind = kinds[i]});
        CHECK(row.kind == kinds[i]);
        CHECK(row.task == names[i][0]);
        CHECK(row.name == names[i][1]);
        CHECK(row.settings == names[i][2]);
        CHECK((row.has_upstream() ? std::string(row.upstream) + " " + std::string(row.predictor) : "") == names[i][3]);
        CHECK(row.has_upstream() == (row.make_upstream != nullptr));
        CHECK(row.predictor.empty() == row.upstream.empty());
    }
}

TEST_CASE("What each part reads follows from the task") {
    trial::Trial of;
    of.model.embedding = 5;
    of.model.noise = 7;
    const Task pairs{.kind = Task::Kind::target_sequence,
                     .input_tokens = 10,
                     .target_tokens = 8,
                     .sequence_length = 6,
                     .target_length = 4};
    CHECK(trial::upstream_part(of, pairs).input() == 5);
    CHECK(trial::upstream_part(of, pairs).context == 6);
    of.model.bridge = trial::Bridge::attention;
    const trial::Part decoder = trial::predictor_part(of, pairs, 32);
    CHECK(decoder.tokens == 9);  // the symbols of the targets and a start
    CHECK(decoder.context == 4);
    CHECK(decoder.source == 32);
    CHECK(decoder.source_context == 6);
    of.model.bridge = trial::Bridge::repeat;
    CHECK(trial::predictor_part(of, pairs, 32).tokens == 0);
    CHECK(trial::predictor_part(of, pairs, 32).input() == 32);

    const Task images{.kind = Task::Kind::image, .input_reals = 12, .sequence_length = 1};
    CHECK(trial::upstream_part(of, images).input() == 7);
    CHECK(trial::predictor_part(of, images, 12).input() == 12);
    CHECK_FALSE(trial::topology_of(Task{}).has_upstream());
}

TEST_CASE("A part that reads its own predictions is autoregressive") {
    trial::Trial of;
    const auto predictor = [&](Task::Kind kind) { return trial::predictor_part(of, {.kind = kind}, 8); };
    for (const Task::Kind kind : kinds)
        CHECK(predictor(kind).autoregressive ==
              (kind == Task::Kind::next_token || kind == Task::Kind::target_sequence));
    of.model.bridge = trial::Bridge::repeat;
    CHECK_FALSE(predictor(Task::Kind::target_sequence).autoregressive);
}

TEST_CASE("What is sampled follows from the task and from the vocabularies at hand") {
    const CharacterVocabulary letters("ab");
    const auto kind_of = [&](Task::Kind kind, bool inputs, bool targets) {
        Declared dataset;
        dataset.declared.kind = kind;
        if (inputs) dataset.inputs = &letters;
        if (targets) dataset.targets = &letters;
        return name_of(trial::sample_kind(dataset));
    };
    CHECK(kind_of(Task::Kind::next_token, true, true) == "text");
    CHECK(kind_of(Task::Kind::next_token, false, true) == "");
    CHECK(kind_of(Task::Kind::target_sequence, false, true) == "answer");
    CHECK(kind_of(Task::Kind::target_sequence, true, false) == "");
    CHECK(kind_of(Task::Kind::image, false, false) == "image");
    for (const Task::Kind kind : {Task::Kind::label, Task::Kind::sequence, Task::Kind::reals})
        CHECK(kind_of(kind, true, true) == "");
}
