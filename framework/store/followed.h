// A result store that is looked at again and again while others write to it, replace it, or have yet to make it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include "store/store.h"

namespace unroll::store {

/// Opens the file when it is there, and again when another one has taken its place. Between calls it holds a read-only
/// connection and no lock: nobody waits for it. For one thread.
class Followed {
public:
    explicit Followed(std::filesystem::path file) : file_(std::move(file)) {}

    const std::filesystem::path& file() const { return file_; }

    /// The store as it is now; null as long as there is no file, or an empty one. It is good until the next call.
    /// Throws Error for a file that is no store, or that cannot be read just now.
    Store* now();

    /// Another number whenever somebody has committed since, and for another file. A stat and one page read. As now().
    std::uint64_t revision();

    /// Closes it until it is looked at again.
    void close() { store_.reset(); }

private:
    using Identity = std::pair<std::uint64_t, std::uint64_t>;  ///< device and inode

    const std::filesystem::path file_;
    std::optional<Store> store_;
    Identity opened_{};
    std::uint64_t openings_ = 0;
};

}  // namespace unroll::store
