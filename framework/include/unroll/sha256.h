// SHA-256: what a dataset's digest is made of. Everything is given as 64 lower-case hexadecimal digits.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "unroll/export.h"

namespace unroll {

/// Of bytes in memory. Any thread.
UNROLL_EXPORT std::string sha256(std::string_view bytes);

/// Of a file's bytes, without holding them all in memory. Any thread. Throws Error when the file cannot be read.
UNROLL_EXPORT std::string sha256_of(const std::filesystem::path& file);

/// Of bytes that come piece by piece. Not for use by several threads at once.
class UNROLL_EXPORT Sha256 {
public:
    Sha256();
    ~Sha256();

    void update(std::string_view bytes);
    /// Of all bytes so far; to be called once, at the end.
    std::string digest();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace unroll
