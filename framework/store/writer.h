// One thread that owns the connection while a sweep runs: trials only push records to a bounded queue.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace unroll::store {

/// Records of all trials go through here, in the order in which they are pushed, in transactions of a tenth of a second
/// or less. push() may be called by any thread, blocks while the queue is full, and throws the Error that stopped the
/// writer (a full disk, say) once that has happened; what was pushed since the last commit is then lost. Running
/// attempts get a heartbeat.
class Writer {
public:
    explicit Writer(
        Store& store);  ///< which nobody else touches until the destructor, or flush() with no push after it
    ~Writer();          ///< writes what is queued; never throws: flush() first to learn of errors
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Returns once it is committed and the files that it made obsolete are gone, so that the attempt may write new
    /// ones.
    void push(AttemptStart start);
    void push(const std::string& fingerprint, const training::Point& point);
    void push(const std::string& fingerprint, std::uint64_t step, std::string_view split,
              training::PositionMeans means);
    void push(const std::string& fingerprint, std::uint64_t step, training::GradientNorms norms);
    void push(const std::string& fingerprint, sampling::Sample sample);
    /// Files that `keep` makes obsolete are removed once this is committed.
    void push(const std::string& fingerprint, training::CheckpointRecord checkpoint, Size keep);
    void push(AttemptEnd end);

    /// Returns when everything pushed so far is committed; throws what stopped the writer.
    void flush();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace unroll::store
