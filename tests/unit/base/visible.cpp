// Texts made fit for a terminal.
#include "base/visible.h"

#include "base/utf8.h"
#include "catch.h"

using namespace unroll;

TEST_CASE("what a terminal would obey is shown") {
    CHECK(base::visible_line("plain text, 100%") == "plain text, 100%");
    CHECK(base::visible_line("a\x1b[31mred\x1b[0m") == "a\\x1b[31mred\\x1b[0m");
    CHECK(base::visible_line("\x1b]52;c;cm0gLXJm\x07") == "\\x1b]52;c;cm0gLXJm\\x07");
    CHECK(base::visible_line("C1: \xC2\x9B"
                             "2J") == "C1: \\x9b2J");
    CHECK(base::visible_line("\xE2\x80\xAEtxt.exe") == "\\u202etxt.exe");
    CHECK(base::visible_line("\xE2\x81\xA6 \xE2\x81\xA9") == "\\u2066 \\u2069");
    CHECK(base::visible_line("del\x7F back\b bell\a") == "del\\x7f back\\x08 bell\\x07");
    CHECK(base::visible_line(std::string_view("nul\0", 4)) == "nul\\x00");
    CHECK(base::visible_line("é 日本 שלום \xE2\x80\x8F") == "é 日本 שלום \xE2\x80\x8F");  // a mark turns nothing over
    CHECK(base::visible_line("\xFF\xC3") == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("a line stays a line, and lines stay lines") {
    CHECK(base::visible_line("a\nb\tc\r") == "a↵b\\tc\\x0d");
    CHECK(base::visible_line("a\xE2\x80\xA8z") == "a↵z");
    CHECK(base::visible_lines("a\nb\tc") == "a\nb\tc");
    CHECK(base::visible_lines("dos\r\nover\rwritten\r") == "dos\nover\\x0dwritten\\x0d");
    CHECK(base::visible_lines("a\x1b[2J\n") == "a\\x1b[2J\n");
}

TEST_CASE("a text that not every program reads gets replacement characters") {
    CHECK(base::is_readable(""));
    CHECK(base::is_readable("é\n\x1b"));
    CHECK_FALSE(base::is_readable("\xFF"));
    CHECK_FALSE(base::is_readable("a\xC3"));
    CHECK_FALSE(base::is_readable(std::string_view("a\0b", 3)));
    CHECK(base::readable("é\xFFz") == "é\xEF\xBF\xBDz");
    CHECK(base::readable(std::string_view("a\0b", 3)) ==
          "a\xEF\xBF\xBD"
          "b");
    CHECK(base::readable("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // half of a surrogate pair
}
