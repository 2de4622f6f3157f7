// Lower case, splitting, plurals and word wrap.
#include "base/text.h"

#include "catch.h"

namespace unroll::base {
namespace {

using Parts = std::vector<std::string>;

TEST_CASE("lower case is ASCII's, and leaves other bytes alone") {
    CHECK(lower("Cells-ON_Ä2") == "cells-on_Ä2");
    CHECK(lower("").empty());
}

TEST_CASE("a text has one more part than separators") {
    CHECK(split("a.b.c", '.') == Parts{"a", "b", "c"});
    CHECK(split(".a..", '.') == Parts{"", "a", "", ""});
    CHECK(split("", '.') == Parts{""});
    CHECK(split("a.b", ',') == Parts{"a.b"});
}

TEST_CASE("a number decides whether its noun stands in the plural") {
    CHECK(count_of(0, "trial") == "0 trials");
    CHECK(count_of(1, "trial") == "1 trial");
    CHECK(count_of(2, "query") == "2 queries");
    CHECK(count_of(2, "delay") == "2 delays");
    CHECK(count_of(1, "query") == "1 query");
    CHECK(count_of(36, "finished trial") == "36 finished trials");
}

TEST_CASE("lines are broken at spaces, and as little as can be") {
    CHECK(wrap("one two three", 7) == "one two\nthree");
    CHECK(wrap("one two three", 8) == "one two\nthree");
    CHECK(wrap("one two three", 13) == "one two three");
    CHECK(wrap("incomprehensible a b", 5) == "incomprehensible\na b");
    CHECK(wrap("a b\nc", 80) == "a b\nc");
    CHECK(wrap("\na\n\nb\n", 80) == "\na\n\nb\n");
    CHECK(wrap("✓✓✓ ✗✗✗", 7) == "✓✓✓ ✗✗✗");  // columns, not bytes
    CHECK(wrap("这是 这是", 8) == "这是\n这是");
    CHECK(wrap("", 10).empty());
}

}  // namespace
}  // namespace unroll::base
