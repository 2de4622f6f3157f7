// UTF-8 as code points.
#include "unroll/utf8.h"

#include <vector>

#include "catch.h"

using namespace unroll;

namespace {

const std::string mixed = "aé€😀";  // 1, 2, 3 and 4 bytes

}  // namespace

TEST_CASE("code points come one after the other, and are written as they were read") {
    std::vector<CodePoint> read;
    std::string written;
    for (std::size_t at = 0; at < mixed.size();) {
        read.push_back(next_code_point(mixed, at));
        append_code_point(written, read.back());
    }
    CHECK(read == std::vector<CodePoint>{'a', 0xE9, 0x20AC, 0x1F600});
    CHECK(written == mixed);
    CHECK(count_code_points(mixed) == 4);
    CHECK(count_code_points("") == 0);
}

TEST_CASE("what is not UTF-8 is told with its place, which is not left") {
    CHECK(first_invalid_utf8("") == 0);
    CHECK(first_invalid_utf8(mixed) == mixed.size());
    // A lone continuation, a cut-off code point, an overlong form, a surrogate, and one beyond the last.
    for (const char* bytes : {"ab\x80", "ab\xC3", "ab\xC0\xAF", "ab\xED\xA0\x80", "ab\xF4\x90\x80\x80"}) {
        CAPTURE(bytes);
        CHECK(first_invalid_utf8(bytes) == 2);
        std::size_t at = 2;
        CHECK(next_code_point(bytes, at) == -1);
        CHECK(at == 2);
        CHECK(next_character(bytes, at) == 0xFFFD);
        CHECK(at == 3);
    }
}

TEST_CASE("a code point is found from any of its bytes") {
    const std::size_t begins[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6}, ends[] = {1, 3, 3, 6, 6, 6, 10, 10, 10, 10};
    for (std::size_t at = 0; at < mixed.size(); ++at) {
        CAPTURE(at);
        CHECK(code_point_begin(mixed, at) == begins[at]);
        CHECK(code_point_end(mixed, at) == ends[at]);
    }
    CHECK(code_point_begin(mixed, mixed.size()) == mixed.size());
    STATIC_REQUIRE(code_point_end("\xC3\xA9x", 0) == 2);
}
