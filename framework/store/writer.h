// One thread that owns the connection while a sweep runs: trials only push records to a bounded queue.
#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace unroll::store {

/// Records of all trials go through here, in the order in which they are pushed. push() may be called by any thread, blocks
/// while the queue is full, and throws what stopped the writer (a full disk, say) once that has happened.
class Writer {
public:
    explicit Writer(Store& store);  ///< which nobody else touches until flush() or the destructor returns
    ~Writer();                      ///< writes what is queued; never throws

    void push(AttemptStart start);
    void push(const std::string& fingerprint, const training::Point& point);
    void push(const std::string& fingerprint, std::uint64_t step, std::string_view split,
              std::vector<double> loss_by_position);
    void push(const std::string& fingerprint, sampling::Sample sample);
    void push(const std::string& fingerprint, training::CheckpointRecord checkpoint, Size keep);
    void push(AttemptEnd end);

    /// Returns when everything pushed so far is committed.
    void flush();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace unroll::store
