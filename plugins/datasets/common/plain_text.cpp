// Files that are to be read as text: what cannot be.
#include "plain_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/encoding.h"
#include "unroll/error.h"

namespace {

[[noreturn]] void refuse(const Bytes::File& file, const std::string& found, const std::string& help,
                         std::string_view or_else) {
    throw unroll::Error({"path", fmt::format("\"{}\" {}", file.path.native(), found), "UTF-8 text",
                         or_else.empty() ? help : fmt::format("{} ({})", help, or_else)});
}

/// Of a text that has zero bytes: another encoding, a text with some strays among it, or no text.
[[noreturn]] void fail_with_nul(const Bytes::File& file, std::size_t zero, std::string_view or_else) {
    const std::string_view bytes = file.bytes, encoding = unroll::likely_encoding(bytes);
    if (unroll::is_wide(encoding))
        refuse(file, fmt::format("is {} text", encoding), unroll::as_utf8_command(encoding, file.path.native()),
               or_else);
    const auto zeros = static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\0'));
    const auto controls = static_cast<std::size_t>(std::count_if(bytes.begin(), bytes.end(), [](char c) {
        return static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f';
    }));
    constexpr std::size_t rare = 100;  // one zero among so many bytes is a stray
    if (encoding.empty() || controls > zeros || zeros * rare > std::max(bytes.size(), rare))
        refuse(file, fmt::format("is a binary file: byte {} is zero", zero), "exclude it", or_else);
    const auto line = 1 + std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
    refuse(file,
           fmt::format("has {} NUL character{}, the first on line {}, byte {} of the file", zeros,
                       zeros == 1 ? "" : "s", line, zero),
           fmt::format("remove {}: {}", zeros == 1 ? "it" : "them", unroll::without_nul_command(file.path.native())),
           or_else);
}

}  // namespace

std::string_view text_of(const Bytes::File& file, std::string_view or_else) {
    const std::string_view text = file.bytes.starts_with("\xEF\xBB\xBF") ? file.bytes.substr(3) : file.bytes;
    if (const std::size_t zero = file.bytes.find('\0'); zero != std::string_view::npos)
        fail_with_nul(file, zero, or_else);
    return text;
}

void fail_not_utf8(const Bytes::File& file, std::string_view text, std::size_t offset, std::string_view or_else) {
    const std::size_t in_file = offset + (file.bytes.size() - text.size());
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
    if (const std::string_view encoding = unroll::likely_encoding(file.bytes); unroll::is_wide(encoding))
        refuse(file, fmt::format("is {} text", encoding), unroll::as_utf8_command(encoding, file.path.native()),
               or_else);
    refuse(file,
           fmt::format("is not UTF-8: line {}, byte {} of the file is 0x{:02X}", line, in_file,
                       static_cast<unsigned char>(text[offset])),
           unroll::as_utf8_command(unroll::likely_encoding(file.bytes), file.path.native()), or_else);
}
