// SHA-256, as it stands in fingerprints, datasets' digests and checkpoints.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace unroll::base {

/// 64 hexadecimal digits, lower case.
std::string sha256(std::string_view bytes);

/// Of a file's bytes. Throws Error when it cannot be read.
std::string sha256_of(const std::filesystem::path& file);

/// The same for bytes that come piece by piece.
class Sha256 {
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

}  // namespace unroll::base
