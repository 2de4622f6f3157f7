// The frame around TensorBoard's records.
#include "export/record_file.h"

#include "catch.h"

using namespace unroll::exports;

TEST_CASE("CRC-32C is that of RFC 3720, appendix B.4") {
    std::string ascending, descending;
    for (int i = 0; i < 32; ++i) ascending += static_cast<char>(i), descending += static_cast<char>(31 - i);
    CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
    CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
    CHECK(crc32c(ascending) == 0x46DD794E);
    CHECK(crc32c(descending) == 0x113FDB5C);
    CHECK(crc32c("123456789") == 0xE3069283);
    CHECK(crc32c("") == 0);
}

TEST_CASE("a record is length, checksum, data, checksum") {
    const std::string record = framed("brain");
    REQUIRE(record.size() == 8 + 4 + 5 + 4);
    CHECK(record.substr(0, 8) == std::string("\5\0\0\0\0\0\0\0", 8));
    CHECK(record.substr(12, 5) == "brain");
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (int byte = 3; byte >= 0; --byte) value = value << 8 | static_cast<unsigned char>(record[at + byte]);
        return value;
    };
    const auto unmasked = [](std::uint32_t crc) {
        crc -= 0xA282EAD8;
        return crc >> 17 | crc << 15;
    };
    CHECK(unmasked(number(8)) == crc32c(record.substr(0, 8)));
    CHECK(unmasked(number(17)) == crc32c("brain"));
}
