// Records of a TFRecord file.
#include "export/record_file.h"

#include <array>

namespace unroll::exports {

namespace {

constexpr std::uint32_t castagnoli = 0x82F63B78;  // the polynomial, lowest power first

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit) rest = rest & 1 ? rest >> 1 ^ castagnoli : rest >> 1;
        table[byte] = rest;
    }
    return table;
}

/// So that a CRC of bytes that have their own CRC among them is not trivial.
std::uint32_t masked(std::uint32_t crc) {
    return (crc >> 15 | crc << 17) + 0xA282EAD8;
}

std::string little_endian(std::uint64_t value, int bytes) {
    std::string text;
    for (int byte = 0; byte < bytes; ++byte) text += static_cast<char>(value >> (8 * byte));
    return text;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
    static constexpr auto table = make_table();
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char c : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xFF];
    return ~crc;
}

std::string framed(std::string_view data) {
    std::string record = little_endian(data.size(), 8);
    record += little_endian(masked(crc32c(record)), 4);
    record += data;
    return record + little_endian(masked(crc32c(data)), 4);
}

}  // namespace unroll::exports
