// The table of topologies, and what the parts of each read.
#include "trial/topology.h"

#include <algorithm>
#include <array>

namespace unroll::trial {

namespace {

/// The only part of a model: it reads the dataset's inputs.
Part reader(const Topology& row, const Trial& trial, const Task& task, Size) {
    return {.name = row.predictor,
            .cells = trial.cells,
            .tokens = task.input_tokens,
            .reals = task.input_reals,
            .embedding = trial.model.embedding,
            .context = std::max(trial.training.sequence_length, trial.training.evaluate_length),
            .autoregressive = row.corpus};
}

Part encoder(const Topology& row, const Trial& trial, const Task& task) {
    return {.name = row.upstream,
            .cells = trial.upstream,
            .tokens = task.input_tokens,
            .reals = task.input_reals,
            .embedding = task.input_tokens ? trial.model.embedding : 0,
            .context = task.sequence_length};
}

Part decoder(const Topology& row, const Trial& trial, const Task& task, Size encoded) {
    Part part{.name = row.predictor, .cells = trial.cells, .context = task.target_length};
    if (trial.model.bridge == Bridge::repeat) {
        part.reals = encoded;
        return part;
    }
    part.autoregressive = true;
    part.tokens = task.target_tokens + 1;  // what came before; before the first symbol the start token (BOS)
    part.embedding = trial.model.embedding;
    if (trial.model.bridge == Bridge::attention) {
        part.source = encoded;
        part.source_context = task.sequence_length;
    }
    return part;
}

Part generator(const Topology& row, const Trial& trial, const Task& task) {
    return {.name = row.upstream, .cells = trial.upstream, .reals = trial.model.noise, .context = task.sequence_length};
}

Part discriminator(const Topology& row, const Trial& trial, const Task& task, Size) {
    return {.name = row.predictor, .cells = trial.cells, .reals = task.input_reals, .context = task.sequence_length};
}

/// In the order of Task::Kind.
constexpr std::array<Topology, 6> rows{{
    {.kind = Task::Kind::next_token,
     .task = "next-token",
     .name = "decoder",
     .settings = "corpus",
     .sample = SampleKind::text,
     .corpus = true,
     .make_predictor = reader},
    {.kind = Task::Kind::label,
     .task = "label",
     .name = "encoder",
     .settings = "examples",
     .per_sequence = true,
     .make_predictor = reader},
    {.kind = Task::Kind::sequence,
     .task = "sequence",
     .name = "encoder",
     .settings = "examples",
     .exact_match = true,
     .make_predictor = reader},
    {.kind = Task::Kind::target_sequence,
     .task = "target-sequence",
     .name = "encoder-decoder",
     .settings = "pairs",
     .upstream = "encoder",
     .predictor = "decoder",
     .sample = SampleKind::answer,
     .separate_target = true,
     .exact_match = true,
     .make_upstream = encoder,
     .make_predictor = decoder},
    {.kind = Task::Kind::reals, .task = "reals", .name = "encoder", .settings = "examples", .make_predictor = reader},
    {.kind = Task::Kind::image,
     .task = "image",
     .name = "adversarial",
     .settings = "images",
     .upstream = "generator",
     .predictor = "discriminator",
     .learning = Learning::adversarial,
     .sample = SampleKind::image,
     .per_sequence = true,
     .has_target = false,
     .evaluated = false,
     .upstream_passes = 2,   // for the discriminator's step and for its own
     .predictor_passes = 3,  // over real and generated images, then over those of the generator's step
     .make_upstream = generator,
     .make_predictor = discriminator},
}};

constexpr bool in_order() {
    for (Size i = 0; i < rows.size(); ++i)
        if (static_cast<Size>(rows[i].kind) != i) return false;
    return true;
}
static_assert(in_order());

}  // namespace

std::string_view name_of(SampleKind kind) {
    constexpr std::array<std::string_view, 4> names{"", "text", "answer", "image"};
    return names.at(static_cast<Size>(kind));
}

const Topology& topology_of(const Task& task) {
    return rows.at(static_cast<Size>(task.kind));
}

SampleKind sample_kind(const Dataset& dataset) {
    const SampleKind kind = topology_of(dataset.task()).sample;
    const bool writable = kind == SampleKind::text     ? dataset.vocabulary() != nullptr
                          : kind == SampleKind::answer ? dataset.target_vocabulary() != nullptr
                                                       : true;
    return writable ? kind : SampleKind::none;
}

Part upstream_part(const Trial& trial, const Task& task) {
    const Topology& row = topology_of(task);
    return row.make_upstream(row, trial, task);
}

Part predictor_part(const Trial& trial, const Task& task, Size width) {
    const Topology& row = topology_of(task);
    return row.make_predictor(row, trial, task, width);
}

}  // namespace unroll::trial
