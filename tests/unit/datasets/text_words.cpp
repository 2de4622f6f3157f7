// Text as words: what a word is, how words are joined, and that what is joined is cut into the same words again.
#include <algorithm>
#include <fstream>

#include "catch.h"
#include "text_dataset.h"

using namespace unroll;

namespace {

using Strings = std::vector<std::string>;

std::unique_ptr<Dataset> words_of(std::string_view text) {
    return text_of_bytes(text, {{"unit", R"("word")"}});
}

/// The tokens, each as its symbol.
Strings cut(std::string_view text) {
    const auto dataset = words_of(text);
    const Strings all = symbols(*dataset);
    Strings result;
    for (Token token : all_tokens(*dataset)) result.push_back(all[static_cast<Size>(token)]);
    return result;
}

std::string joined(std::string_view text) {
    return decoded(*words_of(text));
}

}  // namespace

TEST_CASE("words, marks and newlines are tokens, blanks are not") {
    CHECK(cut("To be, or  not\tto be:\nthat is it.\n") ==
          Strings{"To", "be", ",", "or", "not", "to", "be", ":", "\n", "that", "is", "it", ".", "\n"});
    CHECK(cut("don't 'tis well-known kings' e_x x2 3.14 1,200 (a-1) -5 a- b") ==
          Strings{"don't", "'tis", "well-known", "kings", "'", "e_x", "x2", "3.14", "1,200", "(", "a-1", ")", "-", "5",
                  "a", "-", "b"});
    CHECK(cut("wait... so -- what?!") == Strings{"wait", "...", "so", "--", "what", "?", "!"});
    CHECK(cut("naïve Straße жизнь e\u0301t ‘l’été’") ==
          Strings{"naïve", "Straße", "жизнь", "e\u0301t", "‘", "l’été", "’"});
}

TEST_CASE("each ideograph is a token") {
    CHECK(cut("海上。LSTM预测ひカ") == Strings{"海", "上", "。", "LSTM", "预", "测", "ひ", "カ"});
    CHECK(joined("海上。LSTM预测，两天。") == "海上。LSTM预测，两天。");
}

TEST_CASE("the vocabulary of words is sorted") {
    CHECK(symbols(*words_of("b a é B a.\n")) == Strings{"\n", ".", "B", "a", "b", "é"});
}

TEST_CASE("joined words read as the text did") {
    for (const char* text : {
             "\"Who goes out?\" asked the keeper. \"Nobody,\" she said.",
             "A captain's coat (the sailors' old blue) and no shoes.",
             "It cost $5, or £4; 50% more -- far too much...",
             "‘One’ and “two” and «three» [sic].\n\nNew paragraph: 'tis 3.14!\n",
             "¿Qué? ¡No!",
         }) {
        CHECK(joined(text) == text);
    }
}

TEST_CASE("other blanks are lost") {
    CHECK(joined("  if (x  ==\ty)\n\treturn a/b;") == "if (x == y)\nreturn a / b;");
}

TEST_CASE("a straight quotation mark opens and closes by turns, and begins anew on each line") {
    CHECK(joined("say \"a\" , \"b c\" d") == "say \"a\", \"b c\" d");
    CHECK(joined("say \"a\n\"b\" c") == "say \"a\n\"b\" c");
}

TEST_CASE("what is joined is cut into the same tokens again") {
    // Random texts of what is hard to tell apart.
    const Strings pieces = {"a",  "B",      "1",  "2", " ", " ",  "\n", "'",      "'",  "’",  "‘",      "\"", "\"", "-",
                            "--", ".",      "..", ",", "(", ")",  "$",  "_",      "四", "。", "é",      "/",  "…",  "#",
                            "!",  "\u0301", "“",  "”", "&", "\t", "「", "\u00A0", "¿",  "%",  "\u200D", "😀"};
    RandomStream stream(1, "words test");
    for (int round = 0; round < 500; ++round) {
        std::string text = "a";
        for (int i = 0; i < 30; ++i) text += pieces[stream.below(pieces.size())];
        CAPTURE(text);
        const std::string once = joined(text);
        CAPTURE(once);
        REQUIRE(cut(once) == cut(text));
        REQUIRE(joined(once) == once);
    }
}

TEST_CASE("a prompt is cut as the corpus is") {
    const auto dataset = words_of("the boat, the bell; don't");
    std::string unknown;
    const auto tokens = dataset->vocabulary()->encode("don't, the  bell", unknown);
    REQUIRE(tokens);
    CHECK(dataset->vocabulary()->decode(*tokens) == "don't, the bell");
}

TEST_CASE("a plain text survives as it is") {
    std::ifstream file(UNROLL_FIXTURES "/texts/harbour.txt");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    REQUIRE(text.size() > 700);
    CHECK(joined(text) == text);
}
