// A page as JSON, and within HTML: whatever texts it holds, they stay texts.
#include "report/json.h"

#include <cmath>

#include "catch.h"
#include "json/parse.h"
#include "report/html.h"

using namespace unroll;
using namespace unroll::report;

namespace {

const std::string hostile =
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028\u2029\u202E&quot;<!--\xff";

Page page_of(Block block) {
    Page page{hostile, hostile, "unroll", "now", {}};
    page.chapters.push_back({hostile, hostile, {{"answer", "Comparison", {}}}});
    page.chapters[0].sections[0].blocks.push_back(std::move(block));
    return page;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t number = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++number;
    return number;
}

}  // namespace

TEST_CASE("texts in a page add no element") {
    const std::string html = to_html(page_of({hostile, false, Paragraph{hostile}}));
    CHECK(count(html, "<script") == 3);
    CHECK(count(html, "</script>") == 3);
    CHECK(count(html, "<img") == 0);
    CHECK(html.find("alert(1)") != html.npos);
    CHECK(html.find("\u2028") == html.npos);
    CHECK(html.find("\\u003c/script\\u003e") != html.npos);
    CHECK(html.find("<title>&lt;/script&gt;") != html.npos);
}

TEST_CASE("a page's policy lets nothing be fetched and only its own scripts run") {
    const std::string html = to_html(page_of({"", false, Paragraph{""}}));
    const auto begin = html.find("Content-Security-Policy\" content=\"");
    REQUIRE(begin != html.npos);
    const std::string policy = html.substr(begin, html.find('>', begin) - begin);
    CHECK(policy.find("default-src 'none'") != policy.npos);
    CHECK(count(policy, "'sha256-") == 3);
    CHECK(policy.find("unsafe") == policy.npos);
    CHECK(policy.find("http") == policy.npos);
    CHECK(html.find("MIT License") != html.npos);
}

TEST_CASE("JSON for a script reads back as the same value") {
    const json::Value value = to_json(page_of({hostile, true, Code{hostile}}));
    const std::string text = for_script(value);
    for (const char* part : {"<", ">", "&", "\u2028", "\u2029"}) CHECK(text.find(part) == text.npos);
    const json::Value read = json::parse(text, "page");
    CHECK(read == value);
    CHECK(*read.find("title")->text() == hostile.substr(0, hostile.size() - 1) + "\uFFFD");
}

TEST_CASE("numbers that are none are null, all others keep every digit") {
    Figure figure;
    figure.x = {{"step", {}, {}, false}};
    figure.y = {"loss", {}, {}, true};
    figure.charts = {{"", {{"a", 2, {{1, 2}}, {0.1, std::nan("")}, {}, {}, {}}}}};
    const std::string text = for_script(to_json(figure));
    INFO(text);
    CHECK(text.find(R"("y":[0.1,null])") != text.npos);
    CHECK(text.find(R"("x":[[1,2]])") != text.npos);
    CHECK(text.find(R"("logarithmic":true)") != text.npos);
}

TEST_CASE("base64 as RFC 4648 has it") {
    CHECK(base64("") == "");
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("foobar") == "Zm9vYmFy");
    CHECK(base64("\xff\xfe\xfd") == "//79");
}
