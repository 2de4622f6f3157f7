// The brackets dataset: strings that are well nested, and their depths.
#include <algorithm>
#include <set>

#include "catch.h"
#include "example_dataset.h"

using namespace unroll;

namespace {

std::string written(const Vocabulary& vocabulary, const std::vector<Token>& tokens, Size length) {
    return vocabulary.decode(std::span(tokens).first(length));
}

/// The depths as the definition has them; "" unless the string is well nested.
std::string depths_of(const std::string& text) {
    const std::string opening = "([{<", closing = ")]}>";
    std::string open, depths;
    for (const char bracket : text) {
        if (const Size kind = closing.find(bracket); kind == std::string::npos) {
            open += bracket;
        } else {
            if (open.empty() || open.back() != opening[kind]) return "";
            open.pop_back();
        }
        depths += static_cast<char>('0' + open.size());
    }
    return open.empty() ? depths : "";
}

}  // namespace

TEST_CASE("brackets are well nested, and the depth is asked for at every one") {
    for (const char* kinds : {"1", "4"}) {
        const auto dataset = make("brackets", {{"length", "20"}, {"max_depth", "3"}, {"kinds", kinds}});
        const Task task = dataset->task();
        CHECK(task.kind == Task::Kind::sequence);
        CHECK(task.input_tokens == 2 * static_cast<Size>(kinds[0] - '0'));
        CHECK(task.target_tokens == 4);
        CHECK(task.sequence_length == 20);
        std::set<Token> seen, targets;
        std::set<std::string> strings;
        for (Size i = 0; i < 300; ++i) {
            const Held example(*dataset, Split::train, i);
            const std::string text = written(*dataset->vocabulary(), example.tokens, 20);
            const std::string depths = written(*dataset->target_vocabulary(), example.target_tokens, 20);
            REQUIRE_FALSE(depths_of(text).empty());
            CHECK(depths == depths_of(text));
            CHECK(example.weights == std::vector<float>(20, 1.0f));
            CHECK(example.length == 20);
            seen.insert(example.tokens.begin(), example.tokens.end());
            targets.insert(example.target_tokens.begin(), example.target_tokens.end());
            strings.insert(text);
        }
        CHECK(seen.size() == task.input_tokens);
        CHECK(targets == std::set<Token>{0, 1, 2, 3});
        CHECK(strings.size() > 200);
    }
}

TEST_CASE("test strings of brackets may be longer; shorter ones are padded without weight") {
    const auto dataset = make("brackets", {{"length", "10"}, {"test_length", "30"}});
    CHECK(dataset->task().sequence_length == 30);
    const Held train(*dataset, Split::train, 0), validation(*dataset, Split::validation, 0),
        test(*dataset, Split::test, 0);
    for (const Held* shorter : {&train, &validation}) {
        CHECK(shorter->length == 10);
        CHECK(std::count(shorter->weights.begin(), shorter->weights.end(), 1.0f) == 10);
        CHECK(std::count(shorter->weights.begin() + 10, shorter->weights.end(), 0.0f) == 20);
        CHECK_FALSE(depths_of(written(*dataset->vocabulary(), shorter->tokens, 10)).empty());
    }
    CHECK(test.length == 30);
    CHECK(test.weights == std::vector<float>(30, 1.0f));
    CHECK_FALSE(depths_of(written(*dataset->vocabulary(), test.tokens, 30)).empty());
    // Another length of the test leaves what is trained on as it is.
    const auto other = make("brackets", {{"length", "10"}, {"test_length", "12"}});
    const Held same(*other, Split::train, 0);
    CHECK(std::equal(same.tokens.begin(), same.tokens.begin() + 10, train.tokens.begin()));
}

TEST_CASE("brackets open and close with equal chance where they may do both") {
    const auto dataset = make("brackets", {{"length", "100"}, {"max_depth", "61"}, {"kinds", "1"}});
    int opened = 0, chances = 0;
    for (Size i = 0; i < 1000; ++i) {
        const Held example(*dataset, Split::train, i);
        for (Size t = 1; t < 20; ++t) {  // too early for the end to force anything
            if (example.target_tokens[t - 1] == 0) continue;
            ++chances;
            opened += example.tokens[t] == 0;
        }
    }
    CHECK(std::abs(double(opened) / chances - 0.5) < 0.02);  // more than five standard deviations
}

TEST_CASE("brackets refuses a length that cannot be nested") {
    CHECK(error_of([] {
              make("brackets", {{"length", "7"}});
          }) ==
          "length: 7\n  expected: an even number, since every opening bracket is closed\n  help: change it by one");
    CHECK(error_of([] { make("brackets", {{"test_length", "9"}}); }).find("test_length: 9\n") == 0);
    CHECK_THROWS_AS(make("brackets", {{"max_depth", "0"}}), Error);
    CHECK_THROWS_AS(make("brackets", {{"kinds", "5"}}), Error);
}
