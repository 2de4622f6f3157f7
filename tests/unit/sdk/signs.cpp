// The vocabulary of single ASCII characters.
#include "catch.h"
#include "unroll/dataset.h"

using namespace unroll;

TEST_CASE("signs are tokens in the order in which they are given") {
    const Signs signs("ba0 ");
    CHECK(signs.size() == 4);
    std::string unknown;
    CHECK(signs.encode("a b0", unknown) == std::vector<Token>{1, 3, 0, 2});
    CHECK(signs.encode("", unknown) == std::vector<Token>{});
    CHECK(signs.decode(std::vector<Token>{3, 1, 1}) == " aa");
}

TEST_CASE("the first symbol that is no sign is told as a whole") {
    const Signs signs("ab");
    std::string unknown;
    CHECK_FALSE(signs.encode("abc", unknown));
    CHECK(unknown == "c");
    CHECK_FALSE(signs.encode("a中b", unknown));
    CHECK(unknown == "中");
}

TEST_CASE("signs that could not be told apart are refused") {
    CHECK_THROWS_AS(Signs("aba"), std::invalid_argument);
    CHECK_THROWS_AS(Signs("é"), std::invalid_argument);
}
