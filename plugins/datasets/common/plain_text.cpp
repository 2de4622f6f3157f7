// Files that are to be read as text: what cannot be.
#include "plain_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/error.h"

std::string_view text_of(const Bytes::File& file, std::string_view or_else) {
    const std::string_view text = file.bytes.starts_with("\xEF\xBB\xBF") ? file.bytes.substr(3) : file.bytes;
    if (const std::size_t zero = file.bytes.find('\0'); zero != std::string_view::npos) {
        throw unroll::Error({"path", fmt::format("\"{}\" is a binary file: byte {} is zero", file.path.native(), zero),
                             "UTF-8 text", fmt::format("exclude it{}", or_else)});
    }
    return text;
}

void fail_not_utf8(const Bytes::File& file, std::string_view text, std::size_t offset, std::string_view or_else) {
    const std::size_t in_file = offset + (file.bytes.size() - text.size());
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
    throw unroll::Error({"path",
                         fmt::format("\"{}\" is not UTF-8: line {}, byte {} of the file is 0x{:02X}",
                                     file.path.native(), line, in_file, static_cast<unsigned char>(text[offset])),
                         "UTF-8 text",
                         fmt::format("convert it, for example with iconv -f latin1 -t utf-8{}", or_else)});
}
