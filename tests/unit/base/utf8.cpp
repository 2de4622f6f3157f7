// Characters of texts that may hold anything, and their width.
#include "base/utf8.h"

#include <string>
#include <vector>

#include "catch.h"

namespace unroll::base {
namespace {

TEST_CASE("every byte belongs to a character; one that is not UTF-8 is U+FFFD") {
    std::vector<CodePoint> codes;
    std::string bytes;
    for_each_character("a\xFF\xC3\xA4\xE8\xBF", [&](CodePoint code, std::string_view text) {
        codes.push_back(code);
        bytes += text;
    });
    CHECK(codes == std::vector<CodePoint>{'a', 0xFFFD, 0xE4, 0xFFFD, 0xFFFD});
    CHECK(bytes == "a\xEF\xBF\xBD\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("a terminal gives wide characters two columns and combining ones none") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("这是") == 4);
    CHECK(display_width("e\xCC\x81") == 1);
    CHECK(display_width("\x1b") == 0);
    CHECK(display_width("") == 0);
}

}  // namespace
}  // namespace unroll::base
