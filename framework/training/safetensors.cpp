// Reads and writes safetensors files.
#include "training/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>

#include "base/files.h"
#include "base/special_files.h"
#include "base/transient.h"
#include "json/parse.h"
#include "json/write.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::training {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr std::string_view metadata_key = "__metadata__";
constexpr Size prefix_size = 8;               ///< the header's length
constexpr Size largest_header = 100'000'000;  ///< as in the reference implementation

/// Element types, in the order of Values.
struct ElementType {
    std::string_view name;
    Size size;
};
constexpr std::array<ElementType, 3> types = {{{"F32", 4}, {"F64", 8}, {"I64", 8}}};

Size element_size(const Tensor& tensor) {
    return types[tensor.values.index()].size;
}

std::string_view bytes_of(const Tensor& tensor) {
    return std::visit(
        [](const auto& values) {
            return std::string_view(reinterpret_cast<const char*>(values.data()), values.size_bytes());
        },
        tensor.values);
}

/// Number of elements; false when it does not fit.
bool count(const std::vector<Size>& shape, Size& elements) {
    elements = 1;
    for (Size extent : shape) {
        if (__builtin_mul_overflow(elements, extent, &elements)) return false;
    }
    return true;
}

std::string shape_text(const std::vector<Size>& shape) {
    std::string text = "(";
    for (Size extent : shape) text += (text.size() == 1 ? "" : ", ") + std::to_string(extent);
    return text + ")";
}

// ---- Writing ----------------------------------------------------------------------------------------------------

void check(const std::vector<Tensor>& tensors) {
    std::set<std::string_view> names = {metadata_key};
    for (const Tensor& tensor : tensors) {
        Size elements = 0;
        if (!count(tensor.shape, elements) || elements * element_size(tensor) != bytes_of(tensor).size()) {
            throw std::invalid_argument(fmt::format("tensor {}: shape {} with {} bytes", tensor.name,
                                                    shape_text(tensor.shape), bytes_of(tensor).size()));
        }
        if (!names.insert(tensor.name).second) {
            throw std::invalid_argument(fmt::format("tensor {}: the name is taken", tensor.name));
        }
    }
}

/// The length and the JSON, with offsets for tensors that follow one another.
std::string make_header(const std::vector<const Tensor*>& tensors, const Metadata& metadata) {
    json::Object texts;
    for (const auto& [key, text] : metadata) texts.push_back({key, {}, text});
    json::Object header{{std::string(metadata_key), {}, std::move(texts)}};
    Size offset = 0;
    for (const Tensor* tensor : tensors) {
        json::Array shape;
        for (const Size extent : tensor->shape) shape.emplace_back(std::uint64_t{extent});
        const Size end = offset + bytes_of(*tensor).size();
        header.push_back({tensor->name,
                          {},
                          json::Object{{"dtype", {}, types[tensor->values.index()].name},
                                       {"shape", {}, std::move(shape)},
                                       {"data_offsets", {}, json::Array{std::uint64_t{offset}, std::uint64_t{end}}}}});
        offset = end;
    }
    std::string text = json::dump(header);
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t size = text.size();
    return std::string(reinterpret_cast<const char*>(&size), prefix_size) + text;
}

}  // namespace

std::string write_safetensors(const fs::path& path, const std::vector<Tensor>& tensors, const Metadata& metadata) {
    check(tensors);
    std::vector<const Tensor*> order;
    for (const Tensor& tensor : tensors) order.push_back(&tensor);
    std::stable_sort(order.begin(), order.end(),
                     [](const Tensor* a, const Tensor* b) { return element_size(*a) > element_size(*b); });

    try {
        base::AtomicFile file(path);
        Sha256 hash;
        const auto write = [&](std::string_view bytes) {
            hash.update(bytes);
            file.write(bytes);
        };
        write(make_header(order, metadata));
        for (const Tensor* tensor : order) write(bytes_of(*tensor));
        file.commit();
        return hash.digest();
    } catch (const std::system_error& error) {
        throw base::TransientError({path.string(),
                                    fmt::format("cannot write the checkpoint: {}", error.code().message()),
                                    "a folder that can be written to, on a disk with room",
                                    "make room or change the folder's permissions, then run the manifest again"});
    }
}

// ---- Reading ----------------------------------------------------------------------------------------------------

namespace {

/// Takes a header apart; everything in it is doubted.
class HeaderReader {
public:
    HeaderReader(const fs::path& path, Size data_size) : path_(path), data_size_(data_size) {}

    [[noreturn]] void fail(std::string found, std::string wanted) const {
        throw Error({path_.string(), std::move(found), std::move(wanted),
                     "remove this file, or put back an intact copy of it"});
    }

    Metadata metadata(const json::Value& header) const {
        Metadata all;
        const json::Value* found = header.find(metadata_key);
        if (found == nullptr) return all;
        const json::Object* object = found->object();
        if (object == nullptr) fail("metadata that is no object", "\"__metadata__\": {\"key\": \"text\"}");
        for (const json::Member& member : *object) {
            if (!member.value.text()) fail(fmt::format("metadata \"{}\" that is no text", member.key), "a text");
            all.emplace(member.key, *member.value.text());
        }
        return all;
    }

    /// The tensors in the order of their data, which begins at `data`.
    std::vector<Tensor> tensors(const json::Value& header, const std::byte* data) const {
        std::vector<Entry> entries;
        for (const json::Member& member : *header.object())
            if (member.key != metadata_key) entries.push_back(entry(member.key, member.value));
        std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
            return std::pair(a.first, a.last) < std::pair(b.first, b.last);
        });
        std::vector<Tensor> all;
        Size covered = 0;
        for (Entry& entry : entries) {
            if (entry.first != covered) {
                fail(fmt::format("tensor \"{}\" at byte {} of the data", entry.name, entry.first),
                     fmt::format("byte {}: tensors follow one another without gap or overlap", covered));
            }
            covered = entry.last;
            all.push_back(view(std::move(entry), data));
        }
        if (covered != data_size_) {
            fail(fmt::format("{} bytes of data", data_size_), fmt::format("{}, as the header says", covered));
        }
        return all;
    }

private:
    struct Entry {
        std::string name;
        Size type, first, last;  ///< place in `types`; bytes of the data
        std::vector<Size> shape;
    };

    /// None for a number that is no Size. One of 2^63 and more is held as a double.
    static std::optional<Size> size(const json::Value& value) {
        const std::optional<double> number = value.number();
        if (!number || *number < 0 || *number >= 0x1p64 || *number != std::floor(*number)) return std::nullopt;
        return value.integer() ? static_cast<Size>(*value.integer()) : static_cast<Size>(*number);
    }

    /// The whole numbers of an array, or a failure that names the tensor's key.
    std::vector<Size> sizes(const std::string& name, const json::Value& object, std::string_view key) const {
        const json::Value* value = object.find(key);
        const json::Array* array = value ? value->array() : nullptr;
        std::vector<Size> all;
        for (Size i = 0; array && i < array->size(); ++i)
            if (const std::optional<Size> number = size((*array)[i])) all.push_back(*number);
        if (!array || all.size() < array->size())
            fail(fmt::format("tensor \"{}\": no sound \"{}\"", name, key), "an array of whole numbers");
        return all;
    }

    Entry entry(std::string name, const json::Value& value) const {
        if (!value.object()) fail(fmt::format("tensor \"{}\" that is no object", name), "dtype, shape, data_offsets");
        const json::Value* type = value.find("dtype");
        const std::string type_name = type && type->text() ? *type->text() : "none";
        const auto known = std::find_if(types.begin(), types.end(), [&](auto& t) { return t.name == type_name; });
        if (known == types.end()) {
            fail(fmt::format("tensor \"{}\" of type {}", name, type_name), "F32, F64 or I64");
        }
        const std::vector<Size> offsets = sizes(name, value, "data_offsets");
        std::vector<Size> shape = sizes(name, value, "shape");
        if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_size_ || offsets[0] % known->size) {
            fail(fmt::format("tensor \"{}\" at {}", name, shape_text(offsets)),
                 fmt::format("two aligned offsets within {} bytes of data", data_size_));
        }
        Size elements = 0, bytes = 0;
        if (!count(shape, elements) || __builtin_mul_overflow(elements, known->size, &bytes) ||
            bytes != offsets[1] - offsets[0]) {
            fail(fmt::format("tensor \"{}\" of shape {} in {} bytes", name, shape_text(shape), offsets[1] - offsets[0]),
                 fmt::format("{} bytes for each element", known->size));
        }
        const Size place = static_cast<Size>(known - types.begin());
        return {std::move(name), place, offsets[0], offsets[1], std::move(shape)};
    }

    template <class T>
    static Values span(const Entry& entry, const std::byte* data) {
        return std::span<const T>(reinterpret_cast<const T*>(data + entry.first),
                                  (entry.last - entry.first) / sizeof(T));
    }

    static Tensor view(Entry entry, const std::byte* data) {
        constexpr std::array views = {span<float>, span<double>, span<std::int64_t>};
        const Values values = views[entry.type](entry, data);
        return {std::move(entry.name), std::move(entry.shape), values};
    }

    const fs::path& path_;
    Size data_size_;
};

/// What the machine says of a file that may be whole.
[[noreturn]] void refuse_for_now(const fs::path& path, const std::string& reason) {
    throw base::TransientError({path.string(), reason, "a checkpoint that can be read",
                                "see to the disk, the file's permissions or the limit of open files, then run again"});
}

}  // namespace

SafetensorsFile::SafetensorsFile(const fs::path& path, std::string_view sha256) : path_(path) {
    if (const std::string kind = base::special_file(path); !kind.empty())
        HeaderReader(path, 0).fail(kind, "a checkpoint, a regular file");
    std::error_code error;
    const Size size = fs::file_size(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file) {
        const std::error_code reason = error ? error : std::error_code(errno, std::generic_category());
        if (reason != std::errc::no_such_file_or_directory) refuse_for_now(path, reason.message());
        HeaderReader(path, 0).fail(reason.message(), "a checkpoint");
    }
    std::uint64_t header_size = 0;
    std::string prefix(prefix_size, '\0');
    if (size >= prefix_size && file.read(prefix.data(), prefix_size)) {
        std::memcpy(&header_size, prefix.data(), prefix_size);
    }
    if (header_size < 2 || header_size > largest_header || header_size > size - prefix_size) {
        HeaderReader(path, 0).fail(fmt::format("{} bytes that do not begin with the length of a header", size),
                                   "a safetensors file, whole");
    }

    const HeaderReader reader(path, size - prefix_size - header_size);
    const Size data_size = size - prefix_size - header_size;
    std::string text(header_size, '\0');
    data_ = std::make_unique_for_overwrite<std::byte[]>(data_size);  // operator new aligns for every element type
    file.read(text.data(), static_cast<std::streamsize>(header_size));
    file.read(reinterpret_cast<char*>(data_.get()), static_cast<std::streamsize>(data_size));
    if (!file) refuse_for_now(path, "an error while reading");

    Sha256 hash;
    hash.update(prefix);
    hash.update(text);
    hash.update({reinterpret_cast<const char*>(data_.get()), data_size});
    sha256_ = hash.digest();
    if (!sha256.empty() && sha256_ != sha256) {
        reader.fail(fmt::format("SHA-256 {}", sha256_), fmt::format("{}, as it was written", sha256));
    }

    base::Diagnostics malformed;
    const std::optional<json::Value> header = json::parse(text, path.string(), malformed);
    if (!header || !malformed.empty() || !header->object())
        reader.fail("a header that is not JSON", "a safetensors file, whole");
    metadata_ = reader.metadata(*header);
    tensors_ = reader.tensors(*header, data_.get());
}

const std::string& SafetensorsFile::metadata(const std::string& key) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end()) {
        HeaderReader(path_, 0).fail(fmt::format("no metadata \"{}\"", key), "a checkpoint written by this program");
    }
    return found->second;
}

const Tensor& SafetensorsFile::find(std::string_view name, const std::vector<Size>& shape, Size type) const {
    const HeaderReader reader(path_, 0);
    const auto found = std::find_if(tensors_.begin(), tensors_.end(), [&](auto& t) { return t.name == name; });
    const std::string wanted = fmt::format("tensor \"{}\", {} {}", name, types[type].name, shape_text(shape));
    if (found == tensors_.end()) reader.fail(fmt::format("no tensor \"{}\"", name), wanted);
    if (found->values.index() != type || found->shape != shape) {
        const std::string_view found_type = types[found->values.index()].name;
        reader.fail(fmt::format("tensor \"{}\", {} {}", name, found_type, shape_text(found->shape)), wanted);
    }
    return *found;
}

}  // namespace unroll::training
