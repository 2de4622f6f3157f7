// Trials on the threads of this process.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "manifest/dataset_cache.h"
#include "plugins/catalog.h"
#include "sampling/quality.h"
#include "sweep/executor.h"

namespace unroll::sweep {

class LocalExecutor final : public Executor {
public:
    /// `threads` of computation for the whole process, as many trials at once. All that it is given must outlive it.
    LocalExecutor(const plugins::Catalog& catalog, manifest::DatasetCache& datasets, Size threads)
        : catalog_(catalog), datasets_(datasets), threads_(threads) {}

    void on_workers(const std::function<void()>& worker) override;
    training::Outcome run(const Assignment& assignment, AttemptSink& sink, const std::atomic<bool>& stop) override;

private:
    /// Null when texts cannot be made from the dataset.
    std::shared_ptr<const sampling::TrainingText> training_text(const std::shared_ptr<const Dataset>& dataset);

    const plugins::Catalog& catalog_;
    manifest::DatasetCache& datasets_;
    const Size threads_;
    std::mutex mutex_;
    std::map<const Dataset*, std::shared_ptr<const sampling::TrainingText>> training_texts_;
};

}  // namespace unroll::sweep
