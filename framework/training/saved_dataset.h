// What a checkpoint keeps of the dataset, so that its model can be used where the data is not: the task and the
// vocabularies.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "training/safetensors.h"
#include "unroll/dataset.h"

namespace unroll::training {

/// Adds the keys `dataset.…`: task, digest, sizes of the splits and the vocabularies, as tables (symbol_table.h).
void save_dataset(const Dataset& dataset, Metadata& metadata);

/// A dataset with the task, digest and vocabularies that were saved. Its splits have their sizes (of a corpus, as far
/// as checks of settings ask for) and no contents. Null when the keys are missing, as in older checkpoints, or when a
/// vocabulary that is needed to generate is more than a table. Throws Error when they are damaged.
/// `dataset_of`, of a plugin for corpora: its dataset of a text, or null. A text of all symbols gives it the vocabulary
/// itself, which reads and writes as it did, where a table could only resemble it.
using DatasetOfText = std::function<std::unique_ptr<Dataset>(const std::string&)>;
std::unique_ptr<Dataset> saved_dataset(const Metadata& metadata, const DatasetOfText& dataset_of = {});

}  // namespace unroll::training
