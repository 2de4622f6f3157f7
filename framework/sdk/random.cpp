// Random streams: SplitMix64 (Steele, Lea and Flood 2014), each stream with a start and an increment of its own, hashed
// from its key. All of it is integer arithmetic or IEEE operations that round exactly, so every machine agrees.
#include "unroll/random.h"

#include <bit>
#include <cmath>
#include <stdexcept>

namespace unroll {

namespace {

/// Finaliser of SplitMix64: a bijection in which every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/// Another bijection of the same kind (the finaliser of MurmurHash3), so that the two lanes below stay unlike.
std::uint64_t mix_otherwise(std::uint64_t z) {
    z = (z ^ (z >> 33)) * 0xff51afd7ed558ccdu;
    z = (z ^ (z >> 33)) * 0xc4ceb9fe1a85ec53u;
    return z ^ (z >> 33);
}

/// A 128-bit hash of words, in two lanes that feed each other.
struct Hash {
    std::uint64_t first = 0x243f6a8885a308d3u, second = 0x13198a2e03707344u;

    void absorb(std::uint64_t word) {
        first = mix(first + 0x9e3779b97f4a7c15u + word);
        second = mix_otherwise((second ^ word) + first);
    }

    /// The length goes first, so that no two lists of texts and words read alike.
    void absorb(std::string_view bytes) {
        absorb(bytes.size());
        for (std::size_t at = 0; at < bytes.size(); at += 8) {
            std::uint64_t word = 0;
            for (std::size_t i = 0; i < 8 && at + i < bytes.size(); ++i)
                word |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
            absorb(word);
        }
    }
};

/// An increment must be odd, for the full period, and not too regular: with fewer than 24 changes between
/// neighbouring bits, as the paper found, consecutive states look too much alike.
std::uint64_t increment_from(std::uint64_t bits) {
    bits |= 1;
    return std::popcount(bits ^ (bits >> 1)) < 24 ? bits ^ 0xaaaaaaaaaaaaaaaau : bits;
}

/// ln x for a positive, normal x, from exactly rounded operations alone: a library's log may differ in its last bit.
/// x = m 2^e with m in [1/√2, √2); ln m = 2 artanh s, s = (m - 1) / (m + 1), |s| < 0.172.
double portable_log(double x) {
    int exponent = 0;
    double m = std::frexp(x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2;
        --exponent;
    }
    const double s = (m - 1) / (m + 1), s2 = s * s;
    double series = 0;
    for (int k = 25; k >= 1; k -= 2) series = series * s2 + 1.0 / k;
    return 2 * s * series + exponent * 0.69314718055994531;
}

}  // namespace

RandomStream::RandomStream(std::uint64_t key, std::uint64_t increment)
    : key_(key), state_(key), increment_(increment_from(increment)) {}

RandomStream::RandomStream(std::uint64_t seed, std::string_view purpose, std::initializer_list<std::uint64_t> content)
    : RandomStream(0, 0) {
    Hash hash;
    hash.absorb(seed);
    hash.absorb(purpose);
    hash.absorb(content.size());
    for (const std::uint64_t word : content) hash.absorb(word);
    *this = RandomStream(hash.first, hash.second);
}

RandomStream::result_type RandomStream::operator()() {
    return mix(state_ += increment_);
}

RandomStream RandomStream::split(std::uint64_t index) const {
    Hash hash;
    hash.absorb(key_);
    hash.absorb(increment_);
    hash.absorb(index);
    return {hash.first, hash.second};
}

double RandomStream::uniform() {
    return static_cast<double>((*this)() >> 11) * 0x1p-53;
}

double RandomStream::uniform(double low, double high) {
    const double value = low + (high - low) * uniform();
    return value < high ? value : std::nextafter(high, low);  // the sum may have been rounded up
}

double RandomStream::normal() {
    // Marsaglia's polar method. The second value of the pair is not kept, so that a stream is its three words.
    for (;;) {
        const double a = 2 * uniform() - 1, b = 2 * uniform() - 1;
        const double square = a * a + b * b;
        if (square > 0 && square < 1) return a * std::sqrt(-2 * portable_log(square) / square);
    }
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
    if (bound == 0) throw std::invalid_argument("RandomStream::below: the bound must be above 0");
    // The first 2^64 mod bound values would make small results too frequent.
    const std::uint64_t surplus = (0 - bound) % bound;
    for (;;)
        if (const std::uint64_t bits = (*this)(); bits >= surplus) return bits % bound;
}

std::uint64_t content_hash(std::string_view bytes) {
    Hash hash;
    hash.absorb(bytes);
    return hash.second;
}

}  // namespace unroll
