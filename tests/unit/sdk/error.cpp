// The text of errors.
#include "unroll/error.h"

#include "catch.h"

using namespace unroll;

TEST_CASE("an error says where, what was found, what was wanted and what to do next") {
    const Error error({"a.json:3: cell.hidden", "'many'", "a whole number from 1", "write a number, as in 128"});
    CHECK(std::string(error.what()) ==
          "a.json:3: cell.hidden: 'many'\n  expected: a whole number from 1\n  help: write a number, as in 128");
    CHECK(error.problem().found == "'many'");
}

TEST_CASE("empty parts of a problem are left out") {
    CHECK(to_string({"", "found", "", ""}) == "found");
    CHECK(to_string({"where", "", "", "next"}) == "where\n  help: next");
}
