// The synthetic datasets: what their examples look like, and that they depend on nothing but their options and index.
#include <algorithm>
#include <cmath>
#include <set>

#include "catch.h"
#include "example_dataset.h"

using namespace unroll;

namespace {

using Tokens = std::vector<Token>;

}  // namespace

TEST_CASE("copy-memory shows symbols, waits, and asks for them") {
    const auto dataset = make("copy-memory", {{"delay", "4"}, {"symbols", "5"}, {"length", "3"}});
    const Task task = dataset->task();
    CHECK(task.kind == Task::Kind::sequence);
    CHECK(task.input_tokens == 7);
    CHECK(task.target_tokens == 7);
    CHECK(task.sequence_length == 10);
    std::set<Token> seen;
    for (Size i = 0; i < 100; ++i) {
        const Held example(*dataset, Split::train, i);
        const Tokens symbols(example.tokens.begin(), example.tokens.begin() + 3);
        seen.insert(symbols.begin(), symbols.end());
        CHECK(Tokens(example.tokens.begin() + 3, example.tokens.end()) == Tokens{0, 0, 0, 6, 6, 6, 6});
        CHECK(Tokens(example.target_tokens.begin(), example.target_tokens.end() - 3) == Tokens(7, 0));
        CHECK(Tokens(example.target_tokens.end() - 3, example.target_tokens.end()) == symbols);
        CHECK(example.weights == std::vector<float>(10, 1.0f));
        CHECK(example.length == 10);
    }
    CHECK(seen == std::set<Token>{1, 2, 3, 4, 5});
}

TEST_CASE("copy-memory has by default the form of Bai, Kolter and Koltun") {
    const auto dataset = make("copy-memory", {{"delay", "1000"}});
    CHECK(dataset->task().sequence_length == 1020);
    CHECK(dataset->task().input_tokens == 10);
    const Held example(*dataset, Split::train, 0);
    CHECK(std::count(example.tokens.begin(), example.tokens.end(), 9) == 11);
    CHECK(std::count(example.tokens.begin(), example.tokens.end(), 0) == 999);
}

TEST_CASE("copy-memory writes its tokens as characters") {
    const auto dataset = make("copy-memory");
    std::string unknown;
    const auto tokens = dataset->vocabulary()->encode("0189", unknown);
    REQUIRE(tokens);
    CHECK(*tokens == Tokens{0, 1, 8, 9});
    CHECK(dataset->vocabulary()->decode(*tokens) == "0189");
    CHECK_FALSE(dataset->vocabulary()->encode("01a", unknown));
    CHECK(unknown == "a");
    CHECK(dataset->target_vocabulary() == dataset->vocabulary());
    CHECK(make("copy-memory", {{"symbols", "60"}})->vocabulary()->decode(Tokens{0, 10, 61}) == "0aZ");
}

TEST_CASE("adding asks for the sum of the two marked numbers at the last position") {
    for (const char* length : {"2", "3", "50"}) {
        const auto dataset = make("adding", {{"length", length}});
        const Task task = dataset->task();
        const Size T = task.sequence_length;
        CHECK(task.kind == Task::Kind::reals);
        CHECK(task.input_reals == 2);
        CHECK(task.target_reals == 1);
        CHECK(dataset->vocabulary() == nullptr);
        for (Size i = 0; i < 100; ++i) {
            const Held example(*dataset, Split::train, i);
            std::vector<Size> marked;
            float sum = 0;
            for (Size t = 0; t < T; ++t) {
                REQUIRE(example.reals[2 * t] >= 0);
                REQUIRE(example.reals[2 * t] < 1);
                if (example.reals[2 * t + 1] == 0) continue;
                REQUIRE(example.reals[2 * t + 1] == 1);
                marked.push_back(t);
                sum += example.reals[2 * t];
            }
            REQUIRE(marked.size() == 2);
            CHECK(marked[0] < T / 2);
            CHECK(marked[1] >= T / 2);
            CHECK(example.target_reals[T - 1] == sum);
            CHECK(std::count(example.target_reals.begin(), example.target_reals.end() - 1, 0.0f) ==
                  static_cast<std::ptrdiff_t>(T - 1));
            CHECK(std::count(example.weights.begin(), example.weights.end() - 1, 0.0f) ==
                  static_cast<std::ptrdiff_t>(T - 1));
            CHECK(example.weights[T - 1] == 1);
            CHECK(example.length == T);
        }
    }
}

TEST_CASE("adding's targets have mean 1 and variance 1/6, and markers stand everywhere in their halves") {
    const auto dataset = make("adding", {{"length", "10"}});
    double sum = 0, squares = 0;
    std::vector<int> marked(10);
    constexpr int n = 20'000;
    for (Size i = 0; i < n; ++i) {
        const Held example(*dataset, Split::train, i);
        sum += example.target_reals[9];
        squares += example.target_reals[9] * example.target_reals[9];
        for (Size t = 0; t < 10; ++t) marked[t] += example.reals[2 * t + 1] == 1;
    }
    CHECK(std::abs(sum / n - 1) < 0.01);
    CHECK(std::abs(squares / n - sum / n * sum / n - 1.0 / 6) < 0.01);
    for (int count : marked) CHECK(std::abs(count - n / 5) < 300);  // 5 standard deviations
}

TEST_CASE("examples depend on options and index alone") {
    for (const char* name : {"copy-memory", "adding", "brackets", "associative-recall"}) {
        CAPTURE(name);
        const auto one = make(name), same = make(name, {{"train", "5"}, {"test", "0"}}),
                   other = make(name, {{"split_seed", "2"}});
        CHECK(Held(*one, Split::train, 3) == Held(*same, Split::train, 3));
        CHECK_FALSE(Held(*one, Split::train, 3) == Held(*one, Split::train, 4));
        CHECK_FALSE(Held(*one, Split::train, 3) == Held(*one, Split::validation, 3));
        CHECK_FALSE(Held(*one, Split::train, 3) == Held(*other, Split::train, 3));
        CHECK(one->digest() == "");
        CHECK(one->tokens(Split::train).empty());
        CHECK(same->examples(Split::train) == 5);
        CHECK(same->examples(Split::validation) == 1000);
        CHECK(same->examples(Split::test) == 0);
    }
}

TEST_CASE("synthetic datasets refuse options out of range") {
    CHECK_THROWS_AS(make("copy-memory", {{"delay", "0"}}), Error);
    CHECK_THROWS_AS(make("copy-memory", {{"symbols", "61"}}), Error);
    CHECK_THROWS_AS(make("adding", {{"length", "1"}}), Error);
}
