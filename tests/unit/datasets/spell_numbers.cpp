// The spell-numbers dataset: names of numbers, and that each number is there once.
#include <map>
#include <set>

#include "catch.h"
#include "example_dataset.h"

using namespace unroll;

namespace {

/// A number from its digits, each one-hot.
Size number_of(const Held& example, Size digits) {
    Size number = 0;
    for (Size i = 0; i < digits; ++i) {
        Size ones = 0;
        for (Size digit = 0; digit < 10; ++digit)
            if (example.reals[10 * i + digit] != 0) {
                CHECK(example.reals[10 * i + digit] == 1);
                number = 10 * number + digit;
                ++ones;
            }
        CHECK(ones == 1);
    }
    return number;
}

}  // namespace

TEST_CASE("every number is there once, under its name") {
    const auto dataset = make("spell-numbers", {{"digits", "5"}, {"validation", "3000"}, {"test", "2000"}});
    const Task task = dataset->task();
    CHECK(task.kind == Task::Kind::target_sequence);
    CHECK(task.sequence_length == 1);
    CHECK(task.input_reals == 50);
    CHECK(task.input_tokens == 0);
    CHECK(dataset->vocabulary() == nullptr);
    CHECK(dataset->examples(Split::train) == 95'000);
    CHECK(dataset->examples(Split::validation) == 3000);
    CHECK(dataset->examples(Split::test) == 2000);

    std::map<Size, std::string> names;
    std::set<std::string> different;
    Size longest = 0;
    for (const Split split : {Split::train, Split::validation, Split::test})
        for (Size i = 0; i < dataset->examples(split); ++i) {
            const Held example(*dataset, split, i);
            const std::vector<Token> target = example.target();
            REQUIRE(target.back() == task.target_end);
            REQUIRE(example.length == 1);
            longest = std::max(longest, target.size());
            std::string name = dataset->target_vocabulary()->decode(target);
            name.pop_back();
            different.insert(name);
            names[number_of(example, 5)] = std::move(name);
        }
    CHECK(names.size() == 100'000);
    CHECK(different.size() == 100'000);
    CHECK(longest == task.target_length);
    const std::pair<Size, const char*> expected[] = {{0, "zero"},
                                                     {7, "seven"},
                                                     {10, "ten"},
                                                     {13, "thirteen"},
                                                     {20, "twenty"},
                                                     {42, "forty-two"},
                                                     {99, "ninety-nine"},
                                                     {100, "one hundred"},
                                                     {115, "one hundred fifteen"},
                                                     {407, "four hundred seven"},
                                                     {999, "nine hundred ninety-nine"},
                                                     {1000, "one thousand"},
                                                     {3080, "three thousand eighty"},
                                                     {10'001, "ten thousand one"},
                                                     {12'345, "twelve thousand three hundred forty-five"},
                                                     {90'000, "ninety thousand"}};
    for (const auto& [number, name] : expected) CHECK(names[number] == name);
}

TEST_CASE("six digits reach to hundreds of thousands") {
    const auto dataset = make("spell-numbers", {{"digits", "6"}, {"validation", "0"}, {"test", "0"}});
    CHECK(dataset->task().target_length ==
          std::string("seven hundred seventy-seven thousand seven hundred seventy-seven.").size());
}

TEST_CASE("which numbers are held out is decided by the split's seed alone") {
    const auto held_out = [](const std::map<std::string, std::string>& options) {
        const auto dataset = make("spell-numbers", options);
        std::set<Size> numbers;
        for (Size i = 0; i < dataset->examples(Split::test); ++i)
            numbers.insert(number_of(Held(*dataset, Split::test, i), 4));
        return numbers;
    };
    const auto numbers = held_out({});
    CHECK(numbers.size() == 500);
    CHECK(held_out({}) == numbers);
    CHECK(held_out({{"split_seed", "2"}}) != numbers);
    CHECK(make("spell-numbers")->digest() == "");
    CHECK(make("spell-numbers")->examples(Split::train) == 9000);
}

TEST_CASE("more numbers held out than there are is refused") {
    CHECK(error_of([] {
              make("spell-numbers", {{"digits", "2"}, {"validation", "60"}, {"test", "40"}});
          }) ==
          "validation: 60, and 40 for test\n  expected: together fewer than the 100 numbers of that many digits\n"
          "  help: lower validation or test, or raise digits");
    CHECK_NOTHROW(make("spell-numbers", {{"digits", "2"}, {"validation", "60"}, {"test", "39"}}));
}
