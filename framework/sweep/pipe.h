// Messages between two processes, through pipes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "training/record.h"

namespace unroll::sweep {

/// What a message between a run and the worker of a trial says.
enum class Message : char {
    assignment = 'A',  ///< to the worker, first and once
    may_start = 'b',   ///< to the worker: the start is in the store
    stop = 's',        ///< to the worker: end after this step
    pause = 'p',       ///< to the worker: training::Decision
    end = 'e',         ///< likewise
    start = 'S',       ///< from the worker; it waits for may_start
    record = 'R',
    progress = 'P',
    trained = 'T',
    measured = 'M',
    outcome = 'O',  ///< from the worker, last
};

struct Received {
    Message kind;
    std::string bytes;
};

/// Writes whole messages to a descriptor, which it closes; for one thread at a time. Throws std::system_error, for a
/// reader that is gone, too.
class MessageWriter {
public:
    explicit MessageWriter(int descriptor) : descriptor_(descriptor) {}
    ~MessageWriter() { close(); }
    MessageWriter(const MessageWriter&) = delete;
    MessageWriter& operator=(const MessageWriter&) = delete;

    void write(Message kind, std::string_view bytes = {});
    void close();

private:
    int descriptor_;
};

/// Reads whole messages from a descriptor, which it closes; for one thread at a time.
class MessageReader {
public:
    explicit MessageReader(int descriptor) : descriptor_(descriptor) {}
    ~MessageReader();
    MessageReader(const MessageReader&) = delete;
    MessageReader& operator=(const MessageReader&) = delete;

    /// The next message that is whole already, or after waiting `patience` at most (none: as long as it takes).
    std::optional<Received> next(std::optional<std::chrono::milliseconds> patience = {});
    /// Nothing comes any more: the writer has closed its end, within a message or not, or what came is no message.
    bool at_end() const { return at_end_; }

private:
    std::optional<Received> take();

    int descriptor_;
    std::string buffer_;
    std::size_t begin_ = 0;
    bool at_end_ = false;
};

/// A record as a message's bytes, and back.
std::string to_bytes(const std::string& trial, const training::Record& record);
training::Record record_from(const std::string& bytes);

}  // namespace unroll::sweep
