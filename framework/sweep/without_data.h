// A stored trial where its data is not.
#pragma once

#include <optional>
#include <string>

#include "plugins/catalog.h"
#include "sweep/runnable.h"
#include "training/record.h"

namespace unroll::sweep {

/// The trial whose `config` and `fingerprint` these are, with what its checkpoint keeps of the dataset
/// (training/saved_dataset.h) instead of the data: for sampling with prompts of one's own. None when the checkpoint
/// does not keep enough. Throws UnusableCheckpoint, and as rebuild() (runnable.h); `name` is how messages name the
/// trial.
std::optional<RunnableTrial> rebuild_without_data(const std::string& config, const std::string& fingerprint,
                                                  const std::string& name, const plugins::Catalog& catalog,
                                                  const training::CheckpointInfo& checkpoint);

}  // namespace unroll::sweep
