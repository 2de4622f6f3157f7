// A fuzz target: what is done with one input, and what must hold afterwards.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// Every target defines it: reads the input as its reader does in the program. What is refused is refused by throwing
/// what the reader's header says; anything else that is wrong ends the process.
void run(std::string_view input);

/// Ends the process, as a failed promise of the reader under test.
inline void require(bool held, const char* promise) {
    if (held) return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

/// An input made of another one, or of two: bytes changed, parts doubled, words of the target's format inserted,
/// numbers made huge, NULs, nesting, a member of an object twice. Any thread; the same arguments give the same input.
std::string mutated(std::string_view input, std::string_view other, std::span<const std::string> words,
                    std::uint64_t seed, std::size_t longest);

/// A file that holds the bytes until the next call, in memory, by a path that any reader can open.
std::string file_with(std::string_view bytes);

}  // namespace fuzz
