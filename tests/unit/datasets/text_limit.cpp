// Text with a limited vocabulary: which symbols are kept, and what becomes of the others.
#include "catch.h"
#include "text_dataset.h"

using namespace unroll;

namespace {

using Tokens = std::vector<Token>;
using Strings = std::vector<std::string>;
using Options = std::map<std::string, std::string>;

std::unique_ptr<Dataset> words_of(std::string_view text, Options options) {
    options["unit"] = R"("word")";
    options.try_emplace("split", "[1, 0, 0]");
    return text_of_bytes(text, options);
}

Tokens encoded(const Dataset& dataset, std::string_view text) {
    std::string unknown;
    return dataset.vocabulary()->encode(text, unknown).value();
}

Strings generated(const Dataset& dataset) {
    Strings result;
    for (Token token = 0; token < Token(dataset.vocabulary()->size()); ++token)
        if (dataset.vocabulary()->can_generate(token)) result.push_back(dataset.vocabulary()->decode({&token, 1}));
    return result;
}

}  // namespace

TEST_CASE("the most frequent words are kept, of equal ones those that come first") {
    const std::string text = "d c a b a b e e a c";
    CHECK(symbols(*words_of(text, {{"vocabulary", "1"}})) == Strings{"a", "⁇"});
    CHECK(symbols(*words_of(text, {{"vocabulary", "2"}})) == Strings{"a", "c", "⁇"});
    CHECK(symbols(*words_of(text, {{"vocabulary", "3"}})) == Strings{"a", "b", "c", "⁇"});
    CHECK(symbols(*words_of(text, {{"vocabulary", "4"}})) == Strings{"a", "b", "c", "e", "⁇"});
    CHECK(symbols(*words_of(text, {{"vocabulary", "9"}})) == Strings{"a", "b", "c", "d", "e", "⁇"});
    CHECK(symbols(*words_of(text, {{"vocabulary", "0"}})) == Strings{"a", "b", "c", "d", "e"});
    CHECK(symbols(*words_of(text, {{"minimum_count", "3"}})) == Strings{"a", "⁇"});
    CHECK(symbols(*words_of(text, {{"minimum_count", "2"}})) == Strings{"a", "b", "c", "e", "⁇"});
    CHECK(symbols(*words_of(text, {{"minimum_count", "2"}, {"vocabulary", "2"}})) == Strings{"a", "c", "⁇"});
}

TEST_CASE("rare words become the unknown token, which is the last and is never generated") {
    const auto dataset = words_of("to be, or not to be,", {{"vocabulary", "3"}});
    CHECK(symbols(*dataset) == Strings{",", "be", "to", "⁇"});
    CHECK(all_tokens(*dataset) == Tokens{2, 1, 0, 3, 3, 2, 1, 0});
    CHECK(decoded(*dataset) == "to be, ⁇ ⁇ to be,");
    CHECK(dataset->task().input_tokens == 4);
    CHECK(dataset->task().target_tokens == 4);
    CHECK(generated(*dataset) == Strings{",", "be", "to"});
    CHECK(generated(*words_of("to be", {})) == Strings{"be", "to"});
}

TEST_CASE("words are counted in the training part") {
    const auto dataset = words_of("a b a b c c c c c c", {{"vocabulary", "2"}, {"split", "[0.5, 0.3, 0.2]"}});
    CHECK(symbols(*dataset) == Strings{"a", "b", "⁇"});
    CHECK(dataset->vocabulary()->decode(dataset->tokens(Split::validation)) == "⁇ ⁇ ⁇");
}

TEST_CASE("an unknown word of a prompt becomes the unknown token when there is one") {
    const auto dataset = words_of("the boat the bell the boat", {{"vocabulary", "2"}});
    CHECK(encoded(*dataset, "the bell") == Tokens{1, 2});
    CHECK(encoded(*dataset, "the whale, the boat") == Tokens{1, 2, 2, 1, 0});
    std::string unknown;
    CHECK_FALSE(dataset->vocabulary()->encode("the \xFF", unknown));
    CHECK(unknown == "\xFF");
}

TEST_CASE("what is written with unknown words is read as the same tokens") {
    const auto dataset = words_of("\"a\" b, (c) '⁇ d' - e \"f\n⁇\n\"g\" 四h。", {{"vocabulary", "8"}});
    CHECK(encoded(*dataset, decoded(*dataset)) == all_tokens(*dataset));
    const auto lower = words_of("A a ⁇ b B c", {{"vocabulary", "2"}, {"lower", "true"}});
    CHECK(encoded(*lower, decoded(*lower)) == all_tokens(*lower));
}

TEST_CASE("the unknown symbol in a text is no word of its own") {
    const auto dataset = words_of("⁇ ⁇ ⁇ a ⁇⁇", {{"vocabulary", "5"}});
    CHECK(symbols(*dataset) == Strings{"a", "⁇⁇", "⁇"});
    CHECK(all_tokens(*dataset) == Tokens{2, 2, 2, 0, 1});
    CHECK(symbols(*words_of("⁇ ⁇ a", {})) == Strings{"a", "⁇"});
}

TEST_CASE("characters can be limited too") {
    const auto dataset = text_of_bytes("海上海天海上", {{"vocabulary", "2"}, {"split", "[1, 0, 0]"}});
    CHECK(symbols(*dataset) == Strings{"上", "海", "⁇"});
    CHECK(decoded(*dataset) == "海上海⁇海上");
    CHECK(generated(*dataset) == Strings{"上", "海"});
    CHECK(encoded(*dataset, "海⁇x") == Tokens{1, 2, 2});
}

TEST_CASE("limits that leave nothing, and limits on bytes, are refused") {
    CHECK(error_of([] {
              words_of("a b a b c", {{"minimum_count", "3"}});
          }) ==
          "minimum_count: 3, but no symbol occurs that often in the training split\n"
          "  expected: at most 2, the count of the most frequent symbol\n"
          "  help: lower it or enlarge the training split");
    CHECK(error_of([] {
              text_of_bytes("abc", {{"unit", R"("byte")"}, {"vocabulary", "2"}});
          }) ==
          "vocabulary: a vocabulary limit for bytes\n  expected: no limit: there are at most 256 different bytes\n"
          "  help: remove it or choose another unit");
    CHECK(error_of([] {
              text_of_bytes("abc", {{"unit", R"("byte")"}, {"minimum_count", "2"}});
          }).find("minimum_count: a vocabulary limit for bytes") == 0);
}
