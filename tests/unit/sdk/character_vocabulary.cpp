// The vocabulary of single ASCII characters.
#include "catch.h"
#include "unroll/dataset.h"

using namespace unroll;

TEST_CASE("characters are tokens in the order in which they are given") {
    const CharacterVocabulary vocabulary("ba0 ");
    CHECK(vocabulary.size() == 4);
    std::string unknown;
    CHECK(vocabulary.encode("a b0", unknown) == std::vector<Token>{1, 3, 0, 2});
    CHECK(vocabulary.encode("", unknown) == std::vector<Token>{});
    CHECK(vocabulary.decode(std::vector<Token>{3, 1, 1}) == " aa");
}

TEST_CASE("the first symbol that is not in the vocabulary is told as a whole") {
    const CharacterVocabulary vocabulary("ab");
    std::string unknown;
    CHECK_FALSE(vocabulary.encode("abc", unknown));
    CHECK(unknown == "c");
    CHECK_FALSE(vocabulary.encode("a中b", unknown));
    CHECK(unknown == "中");
}

TEST_CASE("characters that could not be told apart are refused") {
    CHECK_THROWS_AS(CharacterVocabulary("aba"), std::invalid_argument);
    CHECK_THROWS_AS(CharacterVocabulary("é"), std::invalid_argument);
}
