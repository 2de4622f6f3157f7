// A target under libFuzzer, which a third of the time gets structured mutants instead of its own.
#include <cstring>

#include "target.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t longest);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t longest,
                                               unsigned seed) {
    if (seed % 3 != 0) return LLVMFuzzerMutate(data, size, longest);
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::string mutant = fuzz::mutated(input, input, {}, seed, longest);
    std::memcpy(data, mutant.data(), mutant.size());
    return mutant.size();
}
