// Messages between two processes: a message's length (8 bytes, that of its kind and bytes), its kind, its bytes.
#include "sweep/pipe.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <system_error>
#include <utility>

#include "training/record_stream.h"

namespace unroll::sweep {

namespace {

constexpr std::size_t header_size = sizeof(std::uint64_t);
constexpr std::uint64_t longest = std::uint64_t{1} << 33;  ///< more is no message

}  // namespace

void MessageWriter::write(Message kind, std::string_view bytes) {
    const std::uint64_t length = bytes.size() + 1;
    std::string whole(header_size, '\0');
    std::memcpy(whole.data(), &length, header_size);
    whole += static_cast<char>(kind);
    whole += bytes;
    for (std::string_view left = whole; !left.empty();) {
        const ssize_t written = ::write(descriptor_, left.data(), left.size());
        if (written < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "a trial's process");
        if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
    }
}

void MessageWriter::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

MessageReader::~MessageReader() {
    ::close(descriptor_);
}

std::optional<Received> MessageReader::next(std::optional<std::chrono::milliseconds> patience) {
    std::array<char, 1 << 16> bytes;
    for (;;) {
        if (auto message = take()) return message;
        if (at_end_) return std::nullopt;
        pollfd waiting{descriptor_, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, patience ? static_cast<int>(patience->count()) : -1);
        if (ready == 0 || (ready < 0 && errno == EINTR && patience)) return std::nullopt;
        if (ready < 0) {
            at_end_ = errno != EINTR;
            continue;
        }
        const ssize_t count = ::read(descriptor_, bytes.data(), bytes.size());
        if (count > 0)
            buffer_.append(bytes.data(), static_cast<std::size_t>(count));
        else if (count == 0 || errno != EINTR)
            at_end_ = true;
    }
}

std::optional<Received> MessageReader::take() {
    if (buffer_.size() - begin_ < header_size) return std::nullopt;
    std::uint64_t length = 0;
    std::memcpy(&length, buffer_.data() + begin_, header_size);
    if (length == 0 || length > longest) {
        at_end_ = true;
        return std::nullopt;
    }
    if (buffer_.size() - begin_ - header_size < length) return std::nullopt;
    const char* message = buffer_.data() + begin_ + header_size;
    Received received{static_cast<Message>(*message), std::string(message + 1, length - 1)};
    begin_ += header_size + length;
    if (begin_ == buffer_.size()) {
        buffer_.clear();
        begin_ = 0;
    } else if (begin_ > buffer_.size() / 2) {
        buffer_.erase(0, std::exchange(begin_, 0));
    }
    return received;
}

std::string to_bytes(const std::string& trial, const training::Record& record) {
    std::ostringstream stream;
    training::write_record(stream, trial, record);
    return std::move(stream).str();
}

training::Record record_from(const std::string& bytes) {
    std::istringstream stream(bytes);
    auto record = training::RecordReader(stream, "a trial's process").next();
    if (!record) throw std::system_error(EPROTO, std::generic_category(), "a trial's process");
    return std::move(record->record);
}

}  // namespace unroll::sweep
