"""Deliberate faults, each with the test that has to catch it.

A fault is a place in a source file, what is put there, and the CTest entry that must fail then. The text must stand in
the file exactly once, so that a change of the code makes itself heard here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    name: str  # what went wrong, in words
    file: str
    text: str
    instead: str
    test: str  # of CTest
    targets: tuple  # to be built for it


FAULTS = (
    Fault("the gradient of the softmax has the wrong sign", "framework/model/loss.cpp",
          "row[target] -= Real{1};", "row[target] += Real{1};", "model", ("test_model",)),
    Fault("an LSTM forgets its old cell state", "plugins/cells/lstm.cpp",
          ".c_before = c_.before(call, saved.c, t),\n                             .gates",
          ".c_before = nullptr,\n                             .gates", "golden_cells", ("test_golden_cells",)),
    Fault("an LSTM's two states are swapped where they leave", "plugins/cells/lstm.cpp",
          "h_ = {layout.add_state(\"h\", H), H, 2 * H};\n        c_ = {layout.add_state(\"c\", H), H, 2 * H};",
          "c_ = {layout.add_state(\"h\", H), H, 2 * H};\n        h_ = {layout.add_state(\"c\", H), H, 2 * H};",
          "golden_cells", ("test_golden_cells",)),
    Fault("a GRU's recurrent bias has no gradient", "plugins/cells/gru.cpp",
          "if (!after_) axpy(1, work.dbias, gradients.dweights + bias_hh_, 3 * H);", "", "cells",
          ("test_cells", "gru")),
    Fault("Adam corrects the wrong moment", "framework/training/optimizer.cpp",
          "at.learning_rate / (1 - std::pow(beta1, at.step))", "at.learning_rate / (1 - std::pow(beta2, at.step))",
          "golden_optimizers", ("test_golden_optimizers",)),
    Fault("weight decay grows the weights", "framework/training/optimizer.cpp",
          "adam_with(at, 0, 1 - at.learning_rate * at.decay", "adam_with(at, 0, 1 + at.learning_rate * at.decay",
          "golden_optimizers", ("test_golden_optimizers",)),
    Fault("gradients below the limit are clipped, too", "framework/training/clip.cpp",
          "if (factor < 1) scale", "if (factor > 0) scale", "training_parts", ("test_training_parts",)),
    Fault("the cosine ends one step late", "framework/training/schedule.cpp",
          "static_cast<double>(at.steps - schedule.warmup)", "static_cast<double>(at.steps - schedule.warmup + 1)",
          "training_parts", ("test_training_parts",)),
    Fault("the warmup has one step less", "framework/training/schedule.cpp",
          "static_cast<double>(at.step + 1) / static_cast<double>(schedule.warmup + 1)",
          "static_cast<double>(at.step + 1) / static_cast<double>(schedule.warmup)", "training_parts",
          ("test_training_parts",)),
    Fault("patience is one evaluation too long", "framework/training/stopping.cpp",
          "waited_ >= settings_.patience", "waited_ > settings_.patience", "training_parts",
          ("test_training_parts",)),
    Fault("a window's targets are its inputs", "framework/training/batches.cpp",
          "tokens_[chosen_[b] + t + 1]", "tokens_[chosen_[b] + t]", "training", ("test_training",)),
    Fault("the last window of a stream is dropped", "framework/training/batches.cpp",
          "stream_length_ = (n - 1) / plan_.batch;", "stream_length_ = n / plan_.batch - 1;", "training",
          ("test_training",)),
    Fault("every weight starts from one random stream", "framework/model/model.cpp",
          "RandomStream(seed_, \"weights\", {content_hash(parameter.name)})", "RandomStream(seed_, \"weights\", {0})",
          "model", ("test_model",)),
    Fault("the seed of a trial is not its own", "framework/model/model.cpp", "seed_(trial.seed),", "seed_(1),",
          "model", ("test_model",)),
    Fault("standard deviations divide by n", "framework/analysis/statistics.cpp",
          "std::sqrt(squares / (n - 1))", "std::sqrt(squares / n)", "analysis", ("test_analysis",)),
    Fault("the best choice is the worst", "framework/analysis/comparison.cpp",
          "is_better(candidate.mean, leading.mean, higher)", "is_better(candidate.mean, leading.mean, !higher)",
          "analysis", ("test_analysis",)),
    Fault("a batch of records is never committed", "framework/store/writer.cpp",
          "            store.commit();\n", "            store.rollback();\n", "store", ("test_store",)),
    Fault("the store tells the last validation loss as the best", "framework/store/summary.cpp",
          "ORDER BY value, step LIMIT 1", "ORDER BY step DESC LIMIT 1", "store", ("test_store",)),
    Fault("a checkpoint is not synced before it gets its name", "framework/base/files.cpp",
          "    file_->sync();\n    file_->close();", "    file_->close();", "soak_durability", ("unroll_program",)),
    Fault("a folder is not synced after a checkpoint got its name", "framework/base/files.cpp",
          "    partial_.clear();\n    sync_folder(path_.parent_path());", "    partial_.clear();", "soak_durability",
          ("unroll_program",)),
    Fault("the best checkpoint is dropped with the old ones", "framework/training/retention.cpp",
          "is_new || one.is_best || one.is_last", "is_new || one.is_last", "training_parts",
          ("test_training_parts",)),
    Fault("a downloaded file is taken whatever its checksum", "framework/fetch/cache.cpp",
          "if (received.sha256 != remote.sha256)", "if (received.sha256.empty())", "fetch", ("test_fetch",)),
    Fault("a plugin's revision is not part of a trial's identity", "framework/manifest/identity.cpp",
          "json::Value(std::int64_t{plugins[i]->revision})", "json::Value(std::int64_t{0})", "manifest",
          ("test_manifest",)),
    Fault("distinct trigrams are counted of all but the last", "framework/sampling/quality.cpp",
          "for (Size i = 0; i + 3 <= tokens.size(); ++i)", "for (Size i = 0; i + 3 < tokens.size(); ++i)", "sampling",
          ("test_sampling",)),
    Fault("the most expensive trial runs last", "framework/sweep/scheduler.cpp",
          "return rank(a) > rank(b);", "return rank(a) < rank(b);", "sweep", ("test_sweep",)),
    Fault("a matrix memory decays whatever its step is", "plugins/cells/matrix-memory.cpp",
          "return {exp(-(step * rate)), step};", "return {exp(-rate), step};", "golden_cells",
          ("test_golden_cells", "matrix-memory")),
    Fault("a block leaves out its residual connection", "framework/model/block.cpp",
          "const Skip skip = settings.residual ? Skip::present : Skip::absent;", "const Skip skip = Skip::absent;",
          "model", ("test_model",)),
    Fault("a merge keeps the less complete of two trials", "framework/store/merge_tables.cpp",
          "WHEN {0} > {1} OR ({0} = {1} AND {2} < {3})", "WHEN {0} < {1} OR ({0} = {1} AND {2} < {3})", "store",
          ("test_store",)),
    Fault("a task takes its trials from the last", "framework/launch/claims.cpp",
          "mine_ = names_in(folder_of(folder_, attempt_.task));\n    std::reverse(mine_.begin(), mine_.end());",
          "mine_ = names_in(folder_of(folder_, attempt_.task));", "launch", ("test_launch",)),
    Fault("what does not fit into memory is measured all the same", "framework/sweep/estimate.cpp",
          "trial.plan->memory.total() > memory", "trial.plan->memory.total() > 1e300 * memory", "sweep",
          ("test_sweep",)),
)
