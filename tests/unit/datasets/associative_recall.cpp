// The associative-recall dataset: pairs, a pause, and queries.
#include <algorithm>
#include <map>
#include <set>

#include "catch.h"
#include "example_dataset.h"

using namespace unroll;

TEST_CASE("associative recall shows pairs, waits, and asks for the values of keys") {
    const Size pairs = 3, queries = 5, distance = 2, keys = 6, values = 4, first = 2 * pairs + distance;
    const auto dataset = make("associative-recall",
                              {{"pairs", "3"}, {"queries", "5"}, {"distance", "2"}, {"keys", "6"}, {"values", "4"}});
    const Task task = dataset->task();
    CHECK(task.kind == Task::Kind::sequence);
    CHECK(task.input_tokens == 1 + keys + values);
    CHECK(task.target_tokens == values);
    CHECK(task.sequence_length == first + queries);
    std::set<Token> seen, targets;
    for (Size i = 0; i < 200; ++i) {
        const Held example(*dataset, Split::train, i);
        CHECK(example.length == task.sequence_length);
        std::map<Token, Token> value_of;
        for (Size pair = 0; pair < pairs; ++pair) {
            const Token key = example.tokens[2 * pair], value = example.tokens[2 * pair + 1];
            REQUIRE(key >= 1);
            REQUIRE(key < static_cast<Token>(1 + keys));
            REQUIRE(value >= static_cast<Token>(1 + keys));
            value_of[key] = value - static_cast<Token>(1 + keys);
            seen.insert({key, value});
        }
        CHECK(value_of.size() == pairs);  // keys are all different
        for (Size t = 2 * pairs; t < first; ++t) CHECK(example.tokens[t] == 0);
        std::set<Token> asked;
        for (Size t = first; t < first + queries; ++t) {
            REQUIRE(value_of.count(example.tokens[t]) == 1);
            CHECK(example.target_tokens[t] == value_of[example.tokens[t]]);
            targets.insert(example.target_tokens[t]);
            if (t < first + pairs) asked.insert(example.tokens[t]);
        }
        CHECK(asked.size() == pairs);  // each once before one comes again
        for (Size t = 0; t < task.sequence_length; ++t) CHECK(example.weights[t] == (t < first ? 0.0f : 1.0f));
    }
    CHECK(seen.size() == keys + values);
    CHECK(targets.size() == values);
}

TEST_CASE("associative recall asks for early and late pairs alike, and for every key") {
    const auto dataset = make("associative-recall", {{"pairs", "4"}, {"queries", "1"}, {"keys", "8"}});
    std::vector<int> place(4), key(8);
    constexpr int n = 8000;
    for (Size i = 0; i < n; ++i) {
        const Held example(*dataset, Split::train, i);
        for (Size pair = 0; pair < 4; ++pair) place[pair] += example.tokens[2 * pair] == example.tokens[8];
        ++key.at(static_cast<Size>(example.tokens[8] - 1));
    }
    for (const int count : place) CHECK(std::abs(count - n / 4) < 200);  // 5 standard deviations
    for (const int count : key) CHECK(std::abs(count - n / 8) < 150);
}

TEST_CASE("associative recall writes keys and values by name") {
    const auto dataset =
        make("associative-recall", {{"pairs", "2"}, {"queries", "1"}, {"keys", "12"}, {"values", "3"}});
    const Vocabulary& inputs = *dataset->vocabulary();
    std::string unknown;
    CHECK(inputs.encode("k11 v2 _ k0", unknown).value() == std::vector<Token>{12, 15, 0, 1});
    CHECK(inputs.decode(std::vector<Token>{12, 15, 0, 1}) == "k11 v2 _ k0");
    CHECK_FALSE(inputs.encode("k11 k12", unknown));
    CHECK(unknown == "k12");
    CHECK(dataset->target_vocabulary()->decode(std::vector<Token>{2, 0}) == "v2 v0");
}

TEST_CASE("associative recall refuses more pairs than keys") {
    CHECK(error_of([] {
              make("associative-recall", {{"pairs", "9"}, {"keys", "8"}});
          }) ==
          "keys: 8 for 9 pairs\n  expected: at least as many keys as pairs, since the keys of an example are distinct\n"
          "  help: raise keys or lower pairs");
}
