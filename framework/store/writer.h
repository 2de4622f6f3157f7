// One thread that owns the connection while a sweep runs: trials only push records to a bounded queue.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/store.h"

namespace unroll::store {

/// Records of all trials go through here, in the order in which they are pushed, in transactions of a tenth of a second
/// or less. push() may be called by any thread, blocks while the queue is full, and throws the base::TransientError
/// that stopped the writer (a full disk, say) once that has happened; what was pushed since the last commit is then
/// lost. Running attempts get a heartbeat.
class Writer {
public:
    /// Nobody else may touch the store until the destructor, or until a flush() with no push after it.
    explicit Writer(Store& store);
    ~Writer();  ///< writes what is queued; never throws: flush() first to learn of errors
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Returns once it is committed and the files that it made obsolete are gone, so that the attempt may write new
    /// ones.
    void push(AttemptStart start);
    /// Files that a record makes obsolete (an older checkpoint's) are removed once it is committed.
    void push(const std::string& fingerprint, training::Record record);
    void push(AttemptEnd end);
    void push(Measured measured);

    /// Calls `work` with the store while nothing is written, between two transactions; it may write itself. Throws what
    /// it throws, and what stopped the writer.
    void between(const std::function<void(Store&)>& work);

    /// Returns when everything pushed so far is committed; throws what stopped the writer.
    void flush();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace unroll::store
