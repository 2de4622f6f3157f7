// Who may ask.
#include "serve/access.h"

#include "catch.h"

using namespace unroll::serve;

namespace {

Request asking(const std::string& target, const std::string& host = "", const std::string& cookie = "",
               const std::string& site = "") {
    return {"GET", target, host, cookie, site};
}

/// The status that refuses the request; 200 for none.
int judged(const Access& access, const Request& request) {
    const auto refused = access.judge(request, *parse_target(request.target));
    return refused ? refused->status : 200;
}

std::string header(const Answer& answer, const std::string& name) {
    for (const auto& [key, value] : answer.headers)
        if (key == name) return value;
    return "";
}

}  // namespace

TEST_CASE("addresses of this machine alone are told from all others") {
    for (const char* own : {"localhost", "127.0.0.1", "127.8.8.8", "::1"}) CHECK(is_loopback(own));
    for (const char* other : {"", "0.0.0.0", "10.0.0.1", "127.0.0.1.evil.example", "127.evil", "localhost.evil", "::"})
        CHECK(!is_loopback(other));
}

TEST_CASE("without a token, only this machine's names and the address that was named are answered") {
    const Access access("127.0.0.1", "", 80);
    for (const char* host : {"localhost", "LOCALHOST:80", "127.0.0.1:9", "[::1]:80"})
        CHECK(judged(access, asking("/", host)) == 200);
    for (const char* host : {"", "evil.example", "127.0.0.1.evil.example", "localhost.evil", "[evil]:80", "["})
        CHECK(judged(access, asking("/", host)) == 421);
    CHECK(judged(Access("box.example", "", 80), asking("/", "Box.example:80")) == 200);
}

TEST_CASE("other methods and the pages of other sites are refused") {
    const Access access("127.0.0.1", "", 80);
    for (const char* method : {"POST", "HEAD", "OPTIONS", "get"})
        CHECK(judged(access, {method, "/", "localhost", "", ""}) == 405);
    CHECK(judged(access, asking("/api/sql", "localhost", "", "cross-site")) == 403);
    CHECK(judged(access, asking("/api/sql", "localhost", "", "same-origin")) == 200);
    CHECK(judged(access, asking("/", "localhost", "", "cross-site")) == 200);  // a link leads here
}

TEST_CASE("the token in an address becomes a cookie, and leaves the address") {
    const Access access("0.0.0.0", "secret", 7007);
    CHECK(judged(access, asking("/")) == 403);
    CHECK(judged(access, asking("/?token=secre")) == 403);
    CHECK(judged(access, asking("/?token=secret1")) == 403);
    CHECK(judged(access, asking("/", "", "unroll-7007=wrong!")) == 403);
    CHECK(judged(access, asking("/", "", "unroll-7007=secret")) == 200);
    const Request request{"GET", "/experiment?name=a%26b&token=secret&db=1", "", "", ""};
    const auto way = access.judge(request, *parse_target(request.target));
    REQUIRE(way);
    CHECK(way->status == 303);
    CHECK(header(*way, "Location") == "/experiment?name=a%26b&db=1");
    CHECK(header(*way, "Set-Cookie") == "unroll-7007=secret; HttpOnly; SameSite=Lax; Path=/");
    const auto elsewhere = access.judge({"GET", "", "", "", ""}, *parse_target("//evil.example/?token=secret"));
    CHECK(header(*elsewhere, "Location") == "/");
}

TEST_CASE("tokens are long, and never the same") {
    CHECK(random_token().size() == 32);
    CHECK(random_token() != random_token());
}
