// The files of a merge: checkpoints that come along from the other store, attached as `source`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace unroll::store {

/// Copies files beside their places and writes their rows, within the transaction of a merge whose trials are paired
/// (merge_tables.h). After the commit, finish() gives them their places; without it, the copies are removed.
class CheckpointMerge {
public:
    /// `further_rules`: of a trial that is further in one of the stores, the checkpoints are those of that one;
    /// otherwise those of both.
    CheckpointMerge(Store& into, std::filesystem::path source, bool further_rules)
        : store_(into), source_(std::move(source)), further_rules_(further_rules) {}
    ~CheckpointMerge();
    CheckpointMerge(const CheckpointMerge&) = delete;
    CheckpointMerge& operator=(const CheckpointMerge&) = delete;

    void run();
    void finish();

    std::int64_t copied() const { return copied_; }
    std::int64_t missing() const { return missing_; }
    std::uint64_t bytes() const { return bytes_; }

private:
    struct Row;
    struct Trial;
    void drop_replaced();
    void merge(const Trial& trial);
    bool copy(const Row& row, const std::filesystem::path& to);
    void mark(Id trial);
    void drop_interruptions(Id trial);

    Store& store_;
    const std::filesystem::path source_;
    const bool further_rules_;
    std::vector<std::pair<std::filesystem::path, std::filesystem::path>> copies_;  ///< where they are, and go
    std::vector<std::filesystem::path> obsolete_;
    std::int64_t copied_ = 0, missing_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace unroll::store
