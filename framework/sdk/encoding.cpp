// Guessing encodings by the bytes that only they have.
#include "unroll/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "unroll/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t sample_size = 1 << 20;

/// Zeros among the bytes at each place of four.
std::array<std::size_t, 4> zeros_by_place(std::string_view text) {
    std::array<std::size_t, 4> zeros{};
    for (std::size_t i = 0; i < text.size(); ++i) zeros[i % 4] += text[i] == '\0';
    return zeros;
}

/// Of a text without a byte order mark, of letters of which most are below U+0100; "" when it is not wide.
std::string_view wide_encoding(std::string_view text) {
    if (text.size() < 4) return "";
    const auto zeros = zeros_by_place(text);
    const std::size_t places = text.size() / 4;
    const auto most = [&](std::size_t place) { return 10 * zeros[place] >= 6 * places; };
    const auto few = [&](std::size_t place) { return 10 * zeros[place] <= places; };
    if (most(1) && most(2) && most(3) && few(0)) return "UTF-32LE";
    if (most(0) && most(1) && most(2) && few(3)) return "UTF-32BE";
    if (most(1) && most(3) && few(0) && few(2)) return "UTF-16LE";
    if (most(0) && most(2) && few(1) && few(3)) return "UTF-16BE";
    return "";
}

/// Of a text with a byte to a character, in a Western language; "" when it looks like none.
std::string_view byte_encoding(std::string_view text) {
    std::size_t letters = 0, high = 0, controls = 0;
    bool has_c1 = false, is_windows = true;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        letters += byte >= 0x80 || (byte | 0x20) >= 'a';
        high += byte >= 0x80;
        controls += byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f';
        has_c1 = has_c1 || (byte >= 0x80 && byte < 0xA0);
        if (byte == 0x81 || byte == 0x8D || byte == 0x8F || byte == 0x90 || byte == 0x9D) is_windows = false;
    }
    if (controls > 0 || 3 * high > letters) return "";  // no text, or another alphabet
    if (!has_c1) return "ISO-8859-1";
    return is_windows ? "WINDOWS-1252" : "";
}

/// Whether characters beyond ASCII are rather UTF-8 than not.
bool is_mostly_utf8(std::string_view text) {
    std::size_t valid = 0, invalid = 0;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint code = next_code_point(text, at);
        valid += code >= 0x80;
        invalid += code < 0;
        at += code < 0;
    }
    return valid > invalid;
}

bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("_-./+,:@%").find(c) != std::string_view::npos;
}

std::string quoted(std::string_view word) {
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    return text + "'";
}

}  // namespace

std::string_view likely_encoding(std::string_view text) {
    using namespace std::string_view_literals;
    if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv)) return "UTF-32";
    if (text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv)) return "UTF-16";
    const std::string_view sample = text.substr(0, sample_size);
    if (const std::string_view wide = wide_encoding(sample); !wide.empty()) return wide;
    const std::size_t wrong = first_invalid_utf8(text);
    if (wrong == text.size()) return "UTF-8";
    // The byte that is wrong may come late.
    const std::string_view around = text.substr(wrong < sample_size / 2 ? 0 : wrong - sample_size / 2, sample_size);
    return is_mostly_utf8(around) ? "UTF-8" : byte_encoding(around);
}

std::string as_utf8_command(std::string_view encoding, std::string_view file) {
    if (encoding == "UTF-8")
        return fmt::format("it is UTF-8 with damaged characters; leave them out: iconv -c -f UTF-8 -t UTF-8 {} > {}",
                           quoted(file), quoted(std::string(file) + ".utf8"));
    const std::string from = encoding.empty() ? "ENCODING" : std::string(encoding), name = quoted(file);
    const std::string to = quoted(std::string(file) + ".utf8");
    return fmt::format("{}: iconv -f {} -t UTF-8 {} > {}",
                       encoding.empty() ? "convert it from its encoding, such as WINDOWS-1251 or GB18030"
                                        : fmt::format("it looks like {}; convert it", encoding),
                       from, name, to);
}

std::string without_nul_command(std::string_view file) {
    return fmt::format("tr -d '\\000' < {} > {}", quoted(file), quoted(std::string(file) + ".utf8"));
}

std::string what_is_wrong(std::string_view text, std::size_t offset) {
    const std::string_view encoding = likely_encoding(text);
    if (is_wide(encoding)) return fmt::format("{} text", encoding);
    return fmt::format("the byte 0x{:02X}, which is not valid UTF-8", static_cast<unsigned char>(text[offset]));
}

}  // namespace unroll
