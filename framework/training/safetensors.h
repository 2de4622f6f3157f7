// Safetensors files, written so that a crash leaves either the old file or the whole new one.
//
// The format (read by Python's `safetensors` and, with a few lines, by numpy): 8 bytes little-endian N; N bytes of
// JSON, padded with spaces to a multiple of 8, {"__metadata__": {key: text, …}, name: {"dtype": "F32" | "F64" | "I64",
// "shape": […], "data_offsets": [first, last]}, …}; then the tensors, row-major, little-endian, without gaps, offsets
// counted from the end of the header. Elements of 8 bytes come first, so that every element is aligned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "unroll/types.h"

namespace unroll::training {

using Values = std::variant<std::span<const float>, std::span<const double>, std::span<const std::int64_t>>;

/// A named array; the values are somebody else's.
struct Tensor {
    std::string name;         ///< as in cell.0.weight_ih: unique in a file
    std::vector<Size> shape;  ///< row-major; its product is the number of values; {} for a scalar
    Values values;
};

using Metadata = std::map<std::string, std::string>;  ///< UTF-8

/// Writes a file and returns the SHA-256 of the file's bytes. They go to PATH.partial, are synced, and take the
/// name PATH; then the folder is synced. The folder is made when it is missing. The same arguments give the same bytes.
/// One thread at a time may write to one path. Throws Error when the file cannot be written (then nothing is left
/// behind), and std::invalid_argument for tensors whose names or shapes make no sense.
std::string write_safetensors(const std::filesystem::path& path, const std::vector<Tensor>& tensors,
                              const Metadata& metadata);

/// A loaded file, wholly in memory and checked: the header is sound, the tensors cover the data without gap or overlap,
/// and the size is right to the byte. Every function throws Error naming file, found, wanted and what to do.
class SafetensorsFile {
public:
    /// With `sha256`, the file must have that digest.
    explicit SafetensorsFile(const std::filesystem::path& path, std::string_view sha256 = {});

    const std::vector<Tensor>& tensors() const { return tensors_; }  ///< in the order of the data
    const Metadata& metadata() const { return metadata_; }
    const std::string& sha256() const { return sha256_; }

    /// The value of a key that must be there.
    const std::string& metadata(const std::string& key) const;

    /// The values of a tensor that must be there with this shape and type (float, double or std::int64_t). They live as
    /// long as the file.
    template <class T>
    std::span<const T> values(std::string_view name, const std::vector<Size>& shape) const;

private:
    const Tensor& find(std::string_view name, const std::vector<Size>& shape, Size type) const;

    std::filesystem::path path_;
    std::unique_ptr<std::byte[]> data_;
    std::vector<Tensor> tensors_;
    Metadata metadata_;
    std::string sha256_;
};

template <class T>
std::span<const T> SafetensorsFile::values(std::string_view name, const std::vector<Size>& shape) const {
    constexpr Size type = Values(std::span<const T>()).index();
    return std::get<type>(find(name, shape, type).values);
}

}  // namespace unroll::training
