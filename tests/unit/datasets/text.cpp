// Text as characters and bytes: vocabulary, tokens, split, digest, and what is refused.
#include "catch.h"
#include "text_dataset.h"

using namespace unroll;

namespace {

using Tokens = std::vector<Token>;
using Strings = std::vector<std::string>;

const std::string fixtures = UNROLL_FIXTURES "/texts/";

Tokens encoded(const Dataset& dataset, std::string_view text) {
    std::string unknown;
    return dataset.vocabulary()->encode(text, unknown).value();
}

std::string unknown_in(const Dataset& dataset, std::string_view text) {
    std::string unknown;
    CHECK_FALSE(dataset.vocabulary()->encode(text, unknown));
    return unknown;
}

}  // namespace

TEST_CASE("characters are code points, sorted by their numbers") {
    const auto dataset = text_of_bytes("zebra é 𝄞 中é\n");
    CHECK(symbols(*dataset) == Strings{"\n", " ", "a", "b", "e", "r", "z", "é", "中", "𝄞"});
    CHECK(all_tokens(*dataset) == Tokens{6, 4, 3, 5, 2, 1, 7, 1, 9, 1, 8, 7, 0});
    CHECK(dataset->task().kind == Task::Kind::next_token);
    CHECK(dataset->task().input_tokens == 10);
    CHECK(dataset->task().target_tokens == 10);
    CHECK(dataset->task().sequence_length == 0);
    CHECK(dataset->examples(Split::train) == 0);
}

TEST_CASE("what is decoded is what was encoded") {
    const std::string text = "The cat — 猫 — sat.\nTwice.";
    for (const char* unit : {R"("character")", R"("byte")"}) {
        CAPTURE(unit);
        const auto dataset = text_of_bytes(text, {{"unit", unit}});
        CHECK(decoded(*dataset) == text);
        CHECK(dataset->vocabulary()->decode(encoded(*dataset, "a 猫 sat")) == "a 猫 sat");
        CHECK(encoded(*dataset, "").empty());
    }
}

TEST_CASE("a symbol outside the vocabulary is told") {
    const auto characters = text_of_bytes("abc é");
    CHECK(unknown_in(*characters, "abxé") == "x");
    CHECK(unknown_in(*characters, "ab猫x") == "猫");
    CHECK(unknown_in(*characters, "Abc") == "A");
    CHECK(unknown_in(*characters, "a\xE9") == "\xE9");
    CHECK(unknown_in(*text_of_bytes("abc", {{"unit", R"("byte")"}}), "abd") == "d");
    CHECK(unknown_in(*text_of_bytes("one two", {{"unit", R"("word")"}}), "two three") == "three");
}

TEST_CASE("lower makes all of Unicode's capital letters small, in the corpus and in what is encoded later") {
    const auto characters = text_of_bytes("ÄÉ ΣΔ Ж Aa", {{"lower", "true"}});
    CHECK(decoded(*characters) == "äé σδ ж aa");
    CHECK(symbols(*characters) == Strings{" ", "a", "ä", "é", "δ", "σ", "ж"});
    CHECK(encoded(*characters, "AÄ") == encoded(*characters, "aä"));
    CHECK(unknown_in(*characters, "aB") == "B");
    CHECK(decoded(*text_of_bytes("Été Fini", {{"lower", "true"}, {"unit", R"("word")"}})) == "été fini");
    CHECK(decoded(*text_of_bytes("AbcÄ", {{"lower", "true"}, {"unit", R"("byte")"}})) == "abcÄ");
}

TEST_CASE("newlines may become blanks") {
    for (const char* unit : {R"("character")", R"("byte")", R"("word")"}) {
        CAPTURE(unit);
        const auto dataset = text_of_bytes("one\ntwo", {{"unit", unit}, {"newlines", R"("space")"}});
        CHECK(decoded(*dataset) == "one two");
        CHECK(encoded(*dataset, "two\none") == encoded(*dataset, "two one"));
    }
}

TEST_CASE("line ends of every system are one newline for characters and words, and left alone for bytes") {
    const std::string_view text = "a\r\nb\rc\n\r\n";
    CHECK(decoded(*text_of_bytes(text)) == "a\nb\nc\n\n");
    CHECK(decoded(*text_of_bytes(text, {{"unit", R"("word")"}})) == "a\nb\nc\n\n");
    CHECK(decoded(*text_of_bytes(text, {{"unit", R"("byte")"}})) == text);
}

TEST_CASE("a byte order mark is no part of the text, but of the bytes") {
    CHECK(decoded(*text_of_bytes("\xEF\xBB\xBFword")) == "word");
    CHECK(all_tokens(*text_of_bytes("\xEF\xBB\xBFword", {{"unit", R"("byte")"}})).size() == 7);
}

TEST_CASE("bytes are those that occur, by value, of any file") {
    const auto dataset = text_at(fixtures + "binary.bin", {{"unit", R"("byte")"}});
    CHECK(all_tokens(*dataset) == Tokens{7, 4, 6, 5, 3, 3, 0, 1, 2, 8});  // U N R O L L 0 1 2 255
    CHECK(dataset->vocabulary()->size() == 9);
}

TEST_CASE("splits end where Python's int(fraction * n) says") {
    const auto sizes = [](Size n, const char* split) {
        const auto dataset = text_of_bytes(std::string(n, 'x'), {{"split", split}});
        return std::vector<Size>{dataset->tokens(Split::train).size(), dataset->tokens(Split::validation).size(),
                                 dataset->tokens(Split::test).size()};
    };
    CHECK(sizes(1115, "[0.9, 0.1, 0]") == std::vector<Size>{1003, 112, 0});
    CHECK(sizes(10, "[0.7, 0.2, 0.1]") == std::vector<Size>{7, 2, 1});
    CHECK(sizes(1000, "[0.29, 0.61, 0.1]") == std::vector<Size>{290, 610, 100});
    CHECK(sizes(7, "[1, 0, 0]") == std::vector<Size>{7, 0, 0});
    CHECK(sizes(7, "[0.5, 0, 0.5]") == std::vector<Size>{3, 0, 4});
    CHECK(sizes(100, "[0.57, 0.43, 0]") == std::vector<Size>{56, 44, 0});  // 0.57 * 100 is 56.99999999999999
}

TEST_CASE("splits follow each other") {
    const auto dataset = text_of_bytes("abcdefghij", {{"split", "[0.6, 0.3, 0.1]"}});
    CHECK(dataset->vocabulary()->decode(dataset->tokens(Split::train)) == "abcdef");
    CHECK(dataset->vocabulary()->decode(dataset->tokens(Split::validation)) == "ghi");
    CHECK(dataset->vocabulary()->decode(dataset->tokens(Split::test)) == "j");
}

TEST_CASE("the digest is the SHA-256 of the bytes, whatever is made of them") {
    const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2, B.1
    CHECK(text_of_bytes("abc")->digest() == abc);
    CHECK(text_of_bytes("abc", {{"unit", R"("word")"}, {"lower", "true"}})->digest() == abc);
    CHECK(text_of_bytes("abd")->digest() != abc);
}

TEST_CASE("splits that make no sense are refused") {
    CHECK(error_of([] {
              text_of_bytes("abc", {{"split", "[0.9, 0.2, 0]"}});
          }) ==
          "split: [0.9, 0.2, 0], which sum to 1.1\n  expected: fractions that sum to 1\n  help: adjust the fractions");
    CHECK(error_of([] {
              text_of_bytes("abc", {{"split", "[0.9, 0.1]"}});
          }) ==
          "split: 2 numbers\n  expected: three fractions: train, validation, test\n"
          "  help: give 0 for a split that is not needed");
    CHECK_THROWS_AS(text_of_bytes("abc", {{"split", "[1.1, -0.1, 0]"}}), Error);
    CHECK_NOTHROW(text_of_bytes("abc", {{"split", "[0.333333333, 0.333333333, 0.333333334]"}}));
}

TEST_CASE("a file that is not UTF-8 is refused with its line and byte") {
    const std::string file = fixtures + "latin1.txt";
    for (const char* unit : {R"("character")", R"("word")"}) {
        CAPTURE(unit);
        CHECK(error_of([&] {
                  text_at(file, {{"unit", unit}});
              }) == "path: \"" + file +
                        "\" is not UTF-8: line 2, byte 27 of the file is 0xE9\n"
                        "  expected: UTF-8 text\n"
                        "  help: it looks like ISO-8859-1; convert it: iconv -f ISO-8859-1 -t UTF-8 " +
                        file + " > " + file + ".utf8 (or give \"unit\": \"byte\", which reads any file)");
    }
    CHECK_NOTHROW(text_at(file, {{"unit", R"("byte")"}}));
}

TEST_CASE("what is nearly UTF-8 is refused too") {
    for (const char* bytes : {"ab\xC3", "ab\xC0\xAF", "ab\xED\xA0\x80", "ab\xF4\x90\x80\x80", "ab\x80"}) {
        CHECK(error_of([&] { text_of_bytes(bytes); }).find("is not UTF-8: line 1, byte 2 of the file") !=
              std::string::npos);
    }
    // A byte order mark counts as bytes of the file.
    CHECK(error_of([&] { text_of_bytes("\xEF\xBB\xBF\n\xFF"); }).find("line 2, byte 4 of the file") !=
          std::string::npos);
}

TEST_CASE("a binary file is refused as text") {
    const std::string file = fixtures + "binary.bin";
    CHECK(error_of([&] { text_at(file); }) ==
          "path: \"" + file +
              "\" is a binary file: byte 6 is zero\n"
              "  expected: UTF-8 text\n"
              "  help: exclude it (or give \"unit\": \"byte\", which reads any file)");
}

TEST_CASE("the encoding of a text is guessed and named, with the command that converts it") {
    const TemporaryFolder folder;
    const auto told = [&](std::string_view bytes) {
        const std::string file = folder.write("a text.txt", bytes);
        std::string error = error_of([&] { text_at(file); });
        for (std::size_t at; (at = error.find(file)) != error.npos;) error.replace(at, file.size(), "FILE");
        return error;
    };
    CHECK(told("He said \x93yes\x94 and it\x92s so.\n") ==
          "path: \"FILE\" is not UTF-8: line 1, byte 8 of the file is 0x93\n  expected: UTF-8 text\n"
          "  help: it looks like WINDOWS-1252; convert it: iconv -f WINDOWS-1252 -t UTF-8 'FILE' > 'FILE.utf8' "
          "(or give \"unit\": \"byte\", which reads any file)");
    using namespace std::string_view_literals;
    CHECK(told("\xFF\xFEo\0l\0d\0"sv).find("\"FILE\" is UTF-16 text") != std::string::npos);
    CHECK(told("o\0l\0d\0"sv).find("iconv -f UTF-16LE -t UTF-8 'FILE' > 'FILE.utf8'") != std::string::npos);
    CHECK(told("\0o\0l\0d"sv).find("iconv -f UTF-16BE") != std::string::npos);
    CHECK(told("a line\nand a\0stray\n"sv).find("\"FILE\" has 1 NUL character, the first on line 2, byte 12") !=
          std::string::npos);
    CHECK(told("a\0stray\n"sv).find("help: remove it: tr -d '\\000' < 'FILE' > 'FILE.utf8' (or") != std::string::npos);
    // Mostly UTF-8: to convert it would spoil the rest.
    CHECK(told("“ä” ö ü \xFF").find("iconv -c -f UTF-8 -t UTF-8") != std::string::npos);
    // Cyrillic by its bytes: no Western encoding.
    CHECK(told("\xCF\xF0\xE8\xE2\xE5\xF2 \xEC\xE8\xF0").find("iconv -f ENCODING") != std::string::npos);
}
