// Checkpoints: any bytes as a safetensors file. An input that begins with '{' is a header and what follows its last
// brace; its length is written before it, so that mutants get past the first check.
#include <cstring>

#include "../target.h"
#include "training/safetensors.h"
#include "unroll/error.h"

void fuzz::run(std::string_view input) {
    std::string bytes;
    if (input.starts_with('{')) {
        const std::size_t brace = input.rfind('}');
        const std::uint64_t size = brace == input.npos ? input.size() : brace + 1;
        bytes.resize(sizeof size);
        std::memcpy(bytes.data(), &size, sizeof size);
    }
    bytes += input;
    try {
        const unroll::training::SafetensorsFile file(file_with(bytes));
        unroll::Size covered = 0;
        for (const auto& tensor : file.tensors()) {
            unroll::Size elements = 1;
            for (const unroll::Size extent : tensor.shape) elements *= extent;
            std::visit(
                [&](const auto& values) {
                    require(values.size() == elements, "a tensor has the values of its shape");
                    covered += values.size_bytes();
                    volatile auto last = values.empty() ? 0 : values.back();  // it can be read
                    (void)last;
                },
                tensor.values);
        }
        require(covered < bytes.size(), "tensors lie within the file");
    } catch (const unroll::Error&) {
    }
}
