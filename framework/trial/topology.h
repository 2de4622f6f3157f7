// Topologies: what kind of model each kind of task asks for, one row per Task::Kind, and the parts of a trial's model.
//
// A further topology (a variational autoencoder, say) costs one row in topology.cpp, with functions for its parts when
// they read something new, and, when it learns in a new way, its name in Learning and a learner (training/learner.h).
// Whatever depends on the kind of a task asks the row.
#pragma once

#include <string_view>

#include "trial/trial.h"
#include "unroll/cell.h"
#include "unroll/dataset.h"

namespace unroll::trial {

/// What one sample of a trained model is.
enum class SampleKind { none, text, answer, image };

/// What the store calls it: "text", "answer", "image"; "" for none.
std::string_view name_of(SampleKind kind);

/// How the model learns: which of training's learners takes its steps.
enum class Learning { supervised, adversarial };

/// One part of a model: its cells, and what they read.
struct Part {
    std::string_view name;
    const std::vector<CellSettings>& cells;
    Size tokens = 0;              ///< V of what it reads; 0: it reads reals
    Size reals = 0;               ///< their width
    Size embedding = 0;           ///< width of the tokens' embedding; 0: none
    Size context = 0;             ///< the most steps of a sequence
    Size source = 0;              ///< width of the encoder outputs that it attends to; 0: none
    Size source_context = 0;      ///< the most steps of these outputs
    bool autoregressive = false;  ///< it predicts what it reads next, so its cells must be causal

    Size input() const { return embedding ? embedding : tokens ? tokens : reals; }  ///< width below the lowest cell
};

/// One kind of task and the model that it asks for. The names are part of the manifest and of the store: they never
/// change.
struct Topology {
    Task::Kind kind;
    std::string_view task;      ///< the store's column `task`
    std::string_view name;      ///< the store's column `topology`
    std::string_view settings;  ///< how a condition of the table of settings names it: "task=corpus"

    /// Names of the parts, in a manifest and in front of their weights' names. The predictor ends in the head; the
    /// upstream part runs before it: an encoder before a decoder, a generator before a discriminator. A model of one
    /// part has a predictor alone, without a name.
    std::string_view upstream = "", predictor = "";

    Learning learning = Learning::supervised;
    SampleKind sample = SampleKind::none;

    bool corpus = false;  ///< windows of a run of tokens are read, not examples
    bool separate_target =
        false;                  ///< the upstream part reads the input; the predictor makes a target of its own length
    bool per_sequence = false;  ///< one prediction for a whole sequence
    bool has_target = true;     ///< examples come with what is to be predicted; otherwise the head has one logit
    bool exact_match = false;   ///< whether a whole sequence is right is measured, too: the series `exact`
    bool evaluated = true;      ///< there is a loss over a split, by which training may stop early

    /// Forward and backward passes of each part over a batch in one training step.
    double upstream_passes = 1, predictor_passes = 1;

    /// What the parts read. `width` is that of the upstream part's output, 0 when there is none.
    Part (*make_upstream)(const Topology&, const Trial&, const Task&) = nullptr;
    Part (*make_predictor)(const Topology&, const Trial&, const Task&, Size width);

    bool has_upstream() const { return !upstream.empty(); }
};

const Topology& topology_of(const Task& task);

/// What samples of such a dataset's model are: none when the dataset has no vocabulary to write them with.
SampleKind sample_kind(const Dataset& dataset);

/// Only when the topology has an upstream part.
Part upstream_part(const Trial& trial, const Task& task);

/// `width` is that of the upstream part's output, 0 when there is none.
Part predictor_part(const Trial& trial, const Task& task, Size width);

/// What a layer is put upon.
struct Below {
    Size width = 0;       ///< of what comes from there
    bool tokens = false;  ///< they are tokens, and a cell's one-hot rows
};

/// Calls make(entry, settings, spec, below) for each layer of a part, bottom first: `entry` is its place in the part's
/// list of cells, `spec` what its cell is made for, inside the block if there is one. `make` returns the width of the
/// cell's output. Returns that of the top layer's.
template <class Make>
Size for_each_layer(const Part& part, Make&& make) {
    Size width = part.input();
    for (Size entry = 0; entry < part.cells.size(); ++entry) {
        const CellSettings& settings = part.cells[entry];
        for (Size layer = 0; layer < settings.layers; ++layer) {
            const bool tokens = part.tokens && !part.embedding && entry == 0 && layer == 0;
            CellSpec spec;
            spec.input = settings.block ? settings.width() : width;
            spec.hidden = settings.width();
            spec.layer = layer;
            spec.layers = settings.layers;
            spec.context = part.context;
            spec.source = part.source;
            spec.dropout = settings.dropout;
            spec.source_context = part.source_context;
            spec.tokens = tokens && !settings.block;
            const Size output = make(entry, settings, static_cast<const CellSpec&>(spec), Below{width, tokens});
            width = settings.block ? settings.hidden : output;
        }
    }
    return width;
}

}  // namespace unroll::trial
