// Reading IDX files, through zlib, which reads plain files too.
#include "file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "unroll/data_limit.h"
#include "unroll/error.h"

using unroll::Size;

namespace {

constexpr Size magic_size = 4, bytes_of_size = 4;

std::string magic_of(Size dimensions) {
    return {'\0', '\0', '\x08', static_cast<char>(dimensions)};
}

/// Of a file that has its whole header.
std::vector<Size> sizes_of(const std::string& bytes, Size dimensions) {
    std::vector<Size> sizes;
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data()) + magic_size;
    for (Size i = 0; i < dimensions; ++i, at += bytes_of_size)
        sizes.push_back(Size{at[0]} << 24 | Size{at[1]} << 16 | Size{at[2]} << 8 | Size{at[3]});
    return sizes;
}

class Reader {
public:
    Reader(const std::string& path, const std::string& option) : path_(path), option_(option) {}

    /// The file, decompressed: as much as its header says and a byte more, which shows that there is more.
    std::string read(Size dimensions) const {
        if (!std::filesystem::is_regular_file(path_))
            fail("is not a file", "an IDX file, gzip-compressed or not", "give the path of a file");
        errno = 0;
        const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path_.c_str(), "rb"), gzclose);
        if (!file) {
            fail("cannot be read: " + std::generic_category().message(errno), "a readable file",
                 "check its permissions");
        }
        std::string bytes;
        std::array<char, 1 << 16> piece;
        Size wanted = magic_size + bytes_of_size * dimensions;
        bool header_is_read = false;
        while (bytes.size() <= wanted) {
            const Size room = std::min(piece.size(), wanted + 1 - bytes.size());
            const int count = gzread(file.get(), piece.data(), static_cast<unsigned>(room));
            if (count <= 0) break;
            bytes.append(piece.data(), static_cast<Size>(count));
            if (header_is_read || bytes.size() < wanted) continue;
            header_is_read = true;
            wanted += promised_values(bytes, dimensions);
            if (wanted > unroll::data_limit())
                fail(fmt::format("has {} bytes, according to its header", wanted), unroll::within_data_limit(),
                     unroll::raise_data_limit);
        }
        int problem = Z_OK;
        const char* message = gzerror(file.get(), &problem);
        if (problem != Z_OK) {
            fail("cannot be decompressed: " +
                     (problem == Z_ERRNO ? std::generic_category().message(errno) : reason(message)),
                 "a complete gzip file, or an uncompressed one", "download it again");
        }
        return bytes;
    }

    [[noreturn]] void fail(const std::string& found, std::string wanted, std::string next) const {
        throw unroll::Error({option_, fmt::format("\"{}\" {}", path_, found), std::move(wanted), std::move(next)});
    }

private:
    /// How many values follow, as the header says; 0 when it is none.
    static Size promised_values(const std::string& bytes, Size dimensions) {
        if (!bytes.starts_with(magic_of(dimensions))) return 0;
        Size values = 1;
        for (const Size size : sizes_of(bytes, dimensions))
            // Of sizes that no file could have, the product must not wrap round.
            if (__builtin_mul_overflow(values, size, &values)) return ~Size{0} >> 1;
        return std::min(values, ~Size{0} >> 1);
    }

    /// zlib puts the path before what it says.
    std::string reason(std::string_view message) const {
        if (message.starts_with(path_ + ": ")) message.remove_prefix(path_.size() + 2);
        return std::string(message);
    }

    const std::string &path_, &option_;
};

}  // namespace

IdxFile read_idx(const std::string& path, const std::string& option, Size dimensions) {
    const Reader reader(path, option);
    IdxFile file{.bytes = reader.read(dimensions), .sizes = {}};
    const std::string magic = magic_of(dimensions);
    const auto in_hexadecimal = [](const std::string& bytes) {
        return fmt::format("{:02X}", fmt::join(std::vector<unsigned char>(bytes.begin(), bytes.end()), " "));
    };
    if (!file.bytes.starts_with(magic)) {
        const std::string begin = file.bytes.substr(0, magic.size());
        reader.fail(begin.empty() ? "is empty" : "starts with the bytes " + in_hexadecimal(begin),
                    fmt::format("{}, the magic number of an IDX file with {} dimension{} of bytes",
                                in_hexadecimal(magic), dimensions, dimensions == 1 ? "" : "s"),
                    "check the path; images have three dimensions, labels one");
    }
    const Size header = magic.size() + bytes_of_size * dimensions;
    Size wanted = header;
    if (file.bytes.size() >= header) {
        Size values = 1;  // within the data limit, or the file would not have been read
        for (const Size size : file.sizes = sizes_of(file.bytes, dimensions)) values *= size;
        file.header = header;
        wanted = header + values;
    }
    if (file.bytes.size() != wanted) {
        const bool more = file.bytes.size() > wanted;  // how many more was not read
        reader.fail(fmt::format("has {}{} bytes", more ? "at least " : "", file.bytes.size()),
                    file.sizes.empty() ? fmt::format("at least the {} bytes of its header", wanted)
                                       : fmt::format("{}, according to its header: {} bytes of values", wanted,
                                                     fmt::join(file.sizes, " x ")),
                    "download it again: it is truncated or has extra bytes");
    }
    return file;
}
