// Trained weights that a trial begins with: from a checkpoint, or from another program's safetensors file.
#pragma once

#include <filesystem>
#include <string>

#include "model/model.h"
#include "plugins/catalog.h"
#include "training/safetensors.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// What identifies the weights of a file: a digest of the names, shapes and bytes of its tensors but those of an
/// optimizer's or a recurrent state. The same weights have the same digest in every file.
std::string weights_digest(const SafetensorsFile& file);

/// The symbols of a dataset, of its inputs and of its targets; null: none, or not known.
struct Symbols {
    const Vocabulary *inputs = nullptr, *targets = nullptr;
};

/// How many symbols of the trial's inputs begin with trained weights.
struct StartReport {
    Size symbols = 0, matched = 0;  ///< 0 symbols: inputs are no tokens, or those of the file are not known
};

/// Fills `weights` (of the trial's model, initialized) with those of the file at `path`, whose names may be PyTorch's
/// (torch_weights.h). What belongs to a symbol (a row of an embedding or of the head, a column of one-hot inputs) goes
/// to the same symbol; one that the file does not know keeps its own. Where the file's symbols are unknown, tokens are
/// taken in order, and must be as many. Throws Error for missing and further weights, and for shapes that do not fit.
StartReport start_from(const SafetensorsFile& file, const std::filesystem::path& path, const Symbols& known,
                       const trial::Trial& trial, const Dataset& dataset, const plugins::Catalog& catalog,
                       float* weights);

}  // namespace unroll::training
