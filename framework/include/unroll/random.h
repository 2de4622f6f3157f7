// Random streams that are keyed by what they are for, never by a position in a list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "unroll/export.h"

namespace unroll {

/// The largest seed, 2^53 - 1: up to here every whole number is a JSON number exactly.
inline constexpr std::uint64_t largest_seed = (std::uint64_t{1} << 53) - 1;

/// A stream of random numbers, fixed for ever by (seed, purpose, content): two streams with the same key give the same
/// numbers in every process and on every machine; streams whose keys differ are independent. Cheap to make and to copy
/// (three words). Not for use by several threads at once.
///
/// It is a UniformRandomBitGenerator, so it also drives Boost.Random's distributions. (Not those of <random>, whose
/// results differ between standard libraries.)
class UNROLL_EXPORT RandomStream {
public:
    using result_type = std::uint64_t;

    /// `seed` in [0, largest_seed]; `purpose` says what the numbers are for, as in "dropout"; `content` says which one.
    RandomStream(std::uint64_t seed, std::string_view purpose, std::initializer_list<std::uint64_t> content = {});

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~result_type{0}; }
    result_type operator()();

    /// An independent stream for the part `index` of this one's purpose, fixed by this one's key and the index alone:
    /// it does not matter how many numbers were drawn. This one is left as it is.
    RandomStream split(std::uint64_t index) const;

    double uniform();                          ///< in [0, 1), 53 random bits
    double uniform(double low, double high);   ///< in [low, high)
    double normal();                           ///< mean 0, standard deviation 1
    std::uint64_t below(std::uint64_t bound);  ///< in [0, bound), without bias; bound > 0

private:
    RandomStream(std::uint64_t key, std::uint64_t increment);

    std::uint64_t key_, state_, increment_;
};

/// A 64-bit hash of bytes, the same everywhere: for the `content` of a stream's key. Not cryptographic.
UNROLL_EXPORT std::uint64_t content_hash(std::string_view bytes);

}  // namespace unroll
