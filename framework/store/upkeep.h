// Looking after a store by hand: opening it for oneself, renaming an experiment.
#pragma once

#include <filesystem>
#include <string>

#include "store/store.h"

namespace unroll::store {

/// A store that exists, opened to be changed while no run is at work on it. Throws Error when there is no such file,
/// when a run holds it, or when it cannot be written.
class Upkeep {
public:
    explicit Upkeep(const std::filesystem::path& database);
    Store& store() { return store_; }

private:
    RunnerLock lock_;
    Store store_;
};

/// Renames it, with its view. Throws Error when there is no such experiment, or when the new name cannot be had.
void rename_experiment(Store& store, const std::string& name, const std::string& new_name);

}  // namespace unroll::store
