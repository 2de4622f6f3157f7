// What a request asks for.
#include "serve/target.h"

#include "catch.h"

using namespace unroll::serve;

TEST_CASE("a target is a path and parameters, decoded") {
    const auto target = parse_target("/experiment?name=a%26b+c&where=cell.plugin%3Dgru&where=seed=1&flag&=x");
    REQUIRE(target);
    CHECK(target->path == "/experiment");
    CHECK(target->value("name") == "a&b c");
    CHECK(target->values("where") == std::vector<std::string>{"cell.plugin=gru", "seed=1"});
    CHECK(target->value("flag").empty());
    CHECK(target->value("none").empty());
    CHECK(parse_target("/a%2Fb+c")->path == "/a/b+c");
}

TEST_CASE("what is no target is none") {
    for (const char* text : {"", "x", "http://a/", "*", "/%", "/%2", "/%zz", "/a?b=%", "/a?%4=1"}) {
        INFO(text);
        CHECK(!parse_target(text));
    }
}

TEST_CASE("a cookie is found by its whole name") {
    CHECK(cookie_in("a=1; unroll-80=abc; b=2", "unroll-80") == "abc");
    CHECK(cookie_in("xunroll-80=abc", "unroll-80").empty());
    CHECK(cookie_in("unroll-8000=abc", "unroll-80").empty());
    CHECK(cookie_in("", "unroll-80").empty());
}

TEST_CASE("what is encoded is read back") {
    const std::string text = "a&b=c+d%\"'<>#\n\xC3\xA9 /";
    CHECK(parse_target("/x?q=" + encoded(text))->value("q") == text);
}
