// IDX files, gzip-compressed or not. An input that begins with 'z' is compressed first, so that mutants reach what is
// inside.
#include <zlib.h>

#include "../target.h"
#include "datasets/idx/file.h"
#include "unroll/error.h"

namespace {

std::string gzip(std::string_view bytes) {
    z_stream stream{};
    constexpr int gzip_window = 15 + 16, memory = 8;
    fuzz::require(deflateInit2(&stream, 1, Z_DEFLATED, gzip_window, memory, Z_DEFAULT_STRATEGY) == Z_OK, "zlib begins");
    std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    fuzz::require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib ends");
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

}  // namespace

void fuzz::run(std::string_view input) {
    const std::string path = file_with(input.starts_with('z') ? gzip(input.substr(1)) : std::string(input));
    for (const unroll::Size dimensions : {1, 3}) try {
            const IdxFile file = read_idx(path, "images", dimensions);
            unroll::Size values = 1;
            for (const unroll::Size size : file.sizes) values *= size;
            require(file.sizes.size() == dimensions && file.header + values == file.bytes.size(),
                    "a file has the values that its header says");
        } catch (const unroll::Error&) {
        }
}
