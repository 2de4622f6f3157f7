// The limit of data, and how it is set.
#include "unroll/data_limit.h"

#include <cstdlib>

#include "catch.h"
#include "unroll/error.h"

using namespace unroll;

TEST_CASE("the data limit is a gigabyte unless the environment says otherwise") {
    const auto set = [](const char* value) {
        setenv("UNROLL_DATA_LIMIT", value, 1);
        return data_limit();
    };
    CHECK(set("") == Size{1} << 30);
    CHECK(set("1000") == 1000);
    CHECK(set("1k") == 1024);
    CHECK(set("2K") == 2048);
    CHECK(set("3M") == Size{3} << 20);
    CHECK(set("8G") == Size{8} << 30);
    CHECK(set("8GiB") == Size{8} << 30);
    CHECK(set("1T") == Size{1} << 40);
    for (const char* wrong : {"0", "-1", "8X", "G", "8GG", "8 G", "99999999999999999999", "999999999T", "1.5G"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(set(wrong), Error);
    }
    unsetenv("UNROLL_DATA_LIMIT");
    CHECK(within_data_limit() == "at most 1073741824 bytes, as UNROLL_DATA_LIMIT allows");
}
