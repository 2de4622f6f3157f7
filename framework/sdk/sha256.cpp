// SHA-256 through OpenSSL.
#include "unroll/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "unroll/error.h"

namespace unroll {
namespace {

void check(int result) {
    if (result != 1) throw std::runtime_error("OpenSSL could not compute a SHA-256");
}

}  // namespace

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();

    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    check(state_->context != nullptr);
    check(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr));
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
    check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

std::string Sha256::digest() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned length = 0;
    check(EVP_DigestFinal_ex(state_->context, digest.data(), &length));
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
        text += "0123456789abcdef"[digest[i] >> 4];
        text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
}

std::string sha256(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.digest();
}

std::string sha256_of(const std::filesystem::path& file) {
    // Asked before it is opened: a named pipe would wait, and a device might never end.
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error))
        throw Error({file, error ? "cannot be read: " + error.message() : "is not a regular file", "a readable file",
                     "check the path"});
    std::ifstream stream(file, std::ios::binary);
    Sha256 hash;
    std::array<char, 1 << 16> piece;
    while (stream.read(piece.data(), piece.size()) || stream.gcount() > 0)
        hash.update({piece.data(), static_cast<std::size_t>(stream.gcount())});
    if (!stream.eof())
        throw Error({file, "cannot be read: " + std::generic_category().message(errno), "a readable file",
                     "check its permissions"});
    return hash.digest();
}

}  // namespace unroll
