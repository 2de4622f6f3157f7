// Encodings by their bytes.
#include "unroll/encoding.h"

#include "catch.h"

using namespace unroll;
using namespace std::string_view_literals;

TEST_CASE("encodings are told apart by the bytes that only they have") {
    const auto check = [](std::string_view bytes, std::string_view encoding) {
        CAPTURE(bytes);
        CHECK(likely_encoding(bytes) == encoding);
    };
    check("plain text", "UTF-8");
    check("Größe “ja”", "UTF-8");
    check("", "UTF-8");
    check("caf\xE9 au lait", "ISO-8859-1");
    check("he said \x93yes\x94", "WINDOWS-1252");
    check("he said \x81yes", "");  // a byte that Windows-1252 does not have
    check("\xFF\xFEt\0e\0x\0t\0"sv, "UTF-16");
    check("\xFE\xFF\0t\0e"sv, "UTF-16");
    check("t\0e\0x\0t\0"sv, "UTF-16LE");
    check("\0t\0e\0x\0t"sv, "UTF-16BE");
    check("t\0\0\0e\0\0\0x\0\0\0t\0\0\0"sv, "UTF-32LE");
    check("\0\0\0t\0\0\0e\0\0\0x\0\0\0t"sv, "UTF-32BE");
    check("\xFF\xFE\0\0t\0\0\0"sv, "UTF-32");
    check("a text with a \0 stray NUL"sv, "UTF-8");
    check("“ä” ö, damaged \xFF once", "UTF-8");
    check("\xCF\xF0\xE8\xE2\xE5\xF2 \xEC\xE8\xF0", "");  // Windows-1251, which is no guess of ours
    check("\x89PNG\r\n\x1A\n", "");
}

TEST_CASE("the command quotes a file's name for a shell") {
    CHECK(as_utf8_command("UTF-16LE", "a.txt") ==
          "it looks like UTF-16LE; convert it: iconv -f UTF-16LE -t UTF-8 a.txt > a.txt.utf8");
    CHECK(as_utf8_command("UTF-16", "it's $HOME")
              .ends_with(R"(iconv -f UTF-16 -t UTF-8 'it'\''s $HOME' > 'it'\''s $HOME.utf8')"));
    CHECK(as_utf8_command("", "a").find("iconv -f ENCODING -t UTF-8 a > a.utf8") != std::string::npos);
    CHECK(as_utf8_command("UTF-8", "a").find("iconv -c -f UTF-8 -t UTF-8 a > a.utf8") != std::string::npos);
    CHECK(without_nul_command("a b") == R"(tr -d '\000' < 'a b' > 'a b.utf8')");
}
