// SHA-256, as it stands in fingerprints, datasets' digests and checkpoints.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace unroll::manifest {

/// 64 hexadecimal digits, lower case.
std::string sha256(std::string_view bytes);

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

}  // namespace unroll::manifest
