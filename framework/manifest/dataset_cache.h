// The datasets in use: each is loaded once per process, however many manifests and trials use it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "plugins/catalog.h"
#include "trial/trial.h"
#include "unroll/dataset.h"

namespace unroll::manifest {

/// Any number of threads may use it at once.
class DatasetCache {
public:
    explicit DatasetCache(const plugins::Catalog& catalog) : catalog_(catalog) {}

    /// The dataset, loaded when it is asked for the first time. Throws what its maker threw, then and each time after.
    std::shared_ptr<const Dataset> load(const trial::PluginChoice& choice);

private:
    struct Entry {
        std::shared_ptr<const Dataset> dataset;
        std::exception_ptr failure;
    };
    const plugins::Catalog& catalog_;
    std::mutex mutex_;
    std::map<std::string, Entry> loaded_;  ///< by plugin and options
};

}  // namespace unroll::manifest
