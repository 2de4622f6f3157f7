// The pairs dataset: questions that are made or read, their answers, and that none is held out that was trained on.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "catch.h"
#include "example_dataset.h"
#include "temporary_folder.h"

using namespace unroll;

namespace {

using Given = std::map<std::string, std::string>;
using Strings = std::vector<std::string>;
constexpr Split splits[] = {Split::train, Split::validation, Split::test};

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

std::unique_ptr<Dataset> made(const std::string& kind, Given options = {}) {
    options["kind"] = quoted(kind);
    return make("pairs", options);
}

std::unique_ptr<Dataset> read(const std::string& path, Given options = {}) {
    options["path"] = quoted(path);
    return make("pairs", options);
}

/// The dataset of one file with these bytes, all of it for training unless the options say otherwise.
std::unique_ptr<Dataset> read_lines(std::string_view bytes, Given options = {}) {
    const TemporaryFolder folder;
    options.emplace("split", "[1, 0, 0]");
    return read(folder.write("pairs.tsv", bytes), options);
}

std::string question_of(const Dataset& dataset, const Held& example) {
    return dataset.vocabulary()->decode(std::span(example.tokens).first(example.length));
}

std::string answer_of(const Dataset& dataset, const Held& example) {
    return dataset.target_vocabulary()->decode(example.target());
}

/// Calls body(question, answer, example) for each example of each split.
template <class Body>
void for_each_pair(const Dataset& dataset, Body&& body) {
    for (const Split split : splits)
        for (Size i = 0; i < dataset.examples(split); ++i) {
            const Held example(dataset, split, i);
            body(question_of(dataset, example), answer_of(dataset, example), example);
        }
}

/// "question → answer" of each example of a split, sorted.
Strings pairs_of(const Dataset& dataset, Split split) {
    Strings all;
    for (Size i = 0; i < dataset.examples(split); ++i) {
        const Held example(dataset, split, i);
        all.push_back(question_of(dataset, example) + " → " + answer_of(dataset, example));
    }
    std::sort(all.begin(), all.end());
    return all;
}

std::string backwards(const std::string& text) {
    return {text.rbegin(), text.rend()};
}

int number_of(std::string_view digits) {
    int number = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    REQUIRE(error == std::errc());
    REQUIRE(end == digits.data() + digits.size());
    return number;
}

/// What is refused about one file, whose name is replaced by FILE.
std::string complaint(std::string_view bytes) {
    const TemporaryFolder folder;
    const std::string file = folder.write("pairs.tsv", bytes);
    std::string error = error_of([&] { read(file); });
    for (Size at; (at = error.find(file)) != std::string::npos;) error.replace(at, file.size(), "FILE");
    return error;
}

}  // namespace

TEST_CASE("addition asks sums that are filled up with blanks, and answers as Keras's example does") {
    const bool reversed = GENERATE(false, true);
    const auto dataset =
        made("addition",
             {{"train", "1000"}, {"validation", "200"}, {"test", "100"}, {"reversed", reversed ? "true" : "false"}});
    const Task task = dataset->task();
    CHECK(task.kind == Task::Kind::target_sequence);
    CHECK(task.sequence_length == 7);
    CHECK(task.target_length == 4);
    CHECK(task.target_end == -1);
    CHECK(task.input_tokens == 12);   // blank + 0 … 9
    CHECK(task.target_tokens == 11);  // blank 0 … 9
    CHECK(dataset->examples(Split::train) == 1000);
    CHECK(dataset->examples(Split::validation) == 200);
    CHECK(dataset->examples(Split::test) == 100);
    std::set<std::pair<int, int>> asked;
    std::set<Size> digits;
    for_each_pair(*dataset, [&](std::string question, const std::string& answer, const Held& example) {
        if (reversed) question = backwards(question);
        REQUIRE(question.size() == 7);
        REQUIRE(answer.size() == 4);
        CHECK(example.length == 7);
        CHECK(example.weights == std::vector<float>(4, 1));
        const Size plus = question.find('+'), blank = std::min(question.find(' '), question.size());
        CHECK(question.substr(blank) == std::string(7 - blank, ' '));
        const int a = number_of(question.substr(0, plus)), b = number_of(question.substr(plus + 1, blank - plus - 1));
        CHECK(answer.substr(0, answer.find(' ')) == std::to_string(a + b));
        CHECK(std::count(answer.begin(), answer.end(), ' ') == 4 - std::ptrdiff_t(std::to_string(a + b).size()));
        digits.insert(plus);
        // Neither the same question twice, nor with its numbers the other way round.
        CHECK(asked.insert({std::min(a, b), std::max(a, b)}).second);
    });
    CHECK(asked.size() == 1300);
    CHECK(digits == std::set<Size>{1, 2, 3});
}

TEST_CASE("of longer numbers the sums are right, too") {
    const auto dataset = made("addition", {{"length", "18"}, {"train", "50"}, {"validation", "0"}});
    CHECK(dataset->task().sequence_length == 37);
    for_each_pair(*dataset, [](const std::string& question, const std::string& answer, const Held&) {
        const Size plus = question.find('+');
        CHECK(std::stoull(question) + std::stoull(question.substr(plus + 1)) == std::stoull(answer));
    });
}

TEST_CASE("dates are days that there are, in eight ways of writing, and as ISO 8601 has them") {
    const auto dataset = made("dates", {{"train", "18000"}, {"validation", "1000"}, {"test", "1000"}});
    CHECK(dataset->task().target_length == 10);
    CHECK(dataset->task().target_end == -1);
    const std::string names[] = {"january", "february", "march",     "april",   "may",      "june",
                                 "july",    "august",   "september", "october", "november", "december"};
    const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    std::set<std::string> questions, ways, leap_days;
    std::map<int, int> latest;
    for_each_pair(*dataset, [&](const std::string& question, const std::string& answer, const Held& example) {
        CHECK(questions.insert(question).second);
        CHECK(example.length == question.size());
        REQUIRE(answer.size() == 10);
        CHECK(answer[4] == '-');
        CHECK(answer[7] == '-');
        const std::string year = answer.substr(0, 4), mm = answer.substr(5, 2), dd = answer.substr(8);
        const int month = number_of(mm), day = number_of(dd);
        CHECK(number_of(year) >= 1900);
        CHECK(number_of(year) <= 2099);
        REQUIRE(month >= 1);
        REQUIRE(month <= 12);
        REQUIRE(day >= 1);
        latest[month] = std::max(latest[month], day);
        if (mm == "02" && day == 29) leap_days.insert(year);
        const std::string &name = names[month - 1], d = std::to_string(day);
        const Strings all = {d + " " + name + " " + year,  d + " " + name.substr(0, 3) + " " + year,
                             name + " " + d + ", " + year, name.substr(0, 3) + " " + d + ", " + year,
                             dd + "." + mm + "." + year,   mm + "/" + dd + "/" + year,
                             year + " " + name + " " + d,  "the " + d + ". of " + name + " " + year};
        const auto way = std::find(all.begin(), all.end(), question);
        CAPTURE(question, answer);
        REQUIRE(way != all.end());
        if (month != 5) ways.insert(std::to_string(way - all.begin()));  // "may" is short for may
    });
    CHECK(ways.size() == 8);
    for (int month = 1; month <= 12; ++month) CHECK(latest[month] == days[month - 1]);
    CHECK(leap_days.size() > 5);
    for (const std::string& year : leap_days) CHECK(number_of(year) % 4 == 0);
    CHECK_FALSE(leap_days.contains("1900"));  // a century, though 2000 was a leap year

    const auto reversed = made("dates", {{"train", "20"}, {"reversed", "true"}});
    const auto forward = made("dates", {{"train", "20"}});
    for (Size i = 0; i < 20; ++i)
        CHECK(question_of(*reversed, Held(*reversed, Split::train, i)) ==
              backwards(question_of(*forward, Held(*forward, Split::train, i))));
}

TEST_CASE("reversal answers a word from its end, and says where the answer ends") {
    const auto dataset = made("reversal", {{"length", "4"}, {"train", "500"}, {"validation", "100"}});
    const Task task = dataset->task();
    CHECK(task.sequence_length == 4);
    CHECK(task.target_length == 5);
    CHECK(task.target_end == 26);
    CHECK(task.target_tokens == 27);
    std::set<std::string> words;
    std::set<Size> lengths;
    for_each_pair(*dataset, [&](const std::string& word, const std::string& answer, const Held& example) {
        CHECK(answer == backwards(word));
        CHECK(words.insert(word).second);
        lengths.insert(word.size());
        const auto target = example.target();
        REQUIRE(target.size() == word.size() + 1);
        CHECK(target.back() == task.target_end);
        CHECK(std::count(target.begin(), target.end(), task.target_end) == 1);
    });
    CHECK(words.size() == 600);
    CHECK(lengths == std::set<Size>{1, 2, 3, 4});
}

TEST_CASE("made pairs depend on their options alone, and change with the split's seed") {
    for (const char* kind : {"addition", "dates", "reversal"}) {
        CAPTURE(kind);
        const Given small{{"train", "300"}, {"validation", "100"}, {"test", "50"}};
        Given other = small;
        other["split_seed"] = "2";
        const auto one = made(kind, small), same = made(kind, small), different = made(kind, other);
        CHECK(one->digest() == "");
        for (const Split split : splits) {
            CHECK(pairs_of(*one, split) == pairs_of(*same, split));
            CHECK(pairs_of(*one, split) != pairs_of(*different, split));
        }
    }
}

TEST_CASE("more pairs than there are questions are refused") {
    const std::string error = error_of([] {
        made("reversal", {{"length", "1"}, {"train", "20"}, {"validation", "5"}, {"test", "2"}});
    });
    CHECK(error ==
          "train: 20 training, 5 validation and 2 test examples\n"
          "  expected: no more examples than there are distinct questions, about 26\n"
          "  help: lower train, validation or test, or raise length");
    CHECK_NOTHROW(made("reversal", {{"length", "1"}, {"train", "20"}, {"validation", "4"}, {"test", "2"}}));
    // 10 · 11 / 2 sums of two digits, as a + b is b + a.
    CHECK_NOTHROW(made("addition", {{"length", "1"}, {"train", "55"}, {"validation", "0"}}));
    CHECK_THROWS_AS(made("addition", {{"length", "1"}, {"train", "56"}, {"validation", "0"}}), Error);
}

TEST_CASE("pairs are read from the lines of a file, in any script, each question once") {
    const auto dataset = read_lines("\xEF\xBB\xBFhund\tdog\r\n\nkatze\tcat\nhund\thound\nмышь\t老鼠\n");
    CHECK(pairs_of(*dataset, Split::train) == Strings{"hund → dog", "katze → cat", "мышь → 老鼠"});
    const Task task = dataset->task();
    CHECK(task.sequence_length == 5);
    CHECK(task.target_length == 4);  // three letters and the end
    CHECK(task.input_tokens == 13);  // a d e h k n t u z, and four of "мышь"
    CHECK(task.target_tokens == 9);  // a c d g o t, two of "老鼠", and the end
    CHECK(task.target_end == 8);
    std::string unknown;
    CHECK_FALSE(dataset->vocabulary()->encode("hund!", unknown));
    CHECK(unknown == "!");
}

TEST_CASE("a file's pairs are split in a random order, without loss") {
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += "q" + std::to_string(i) + "\ta" + std::to_string(i) + "\n";
    const auto dataset = read_lines(lines, {{"split", "[0.7, 0.2, 0.1]"}});
    Strings all;
    const Size expected[] = {70, 20, 10};
    for (const Split split : splits) {
        const Strings part = pairs_of(*dataset, split);
        CHECK(part.size() == expected[static_cast<Size>(split)]);
        all.insert(all.end(), part.begin(), part.end());
    }
    CHECK(std::set<std::string>(all.begin(), all.end()).size() == 100);
    CHECK(std::count_if(all.end() - 10, all.end(), [](const std::string& pair) { return pair.starts_with("q9"); }) <
          10);
    const auto other = read_lines(lines, {{"split", "[0.7, 0.2, 0.1]"}, {"split_seed", "2"}});
    CHECK(pairs_of(*other, Split::test) != pairs_of(*dataset, Split::test));
}

TEST_CASE("the digest of pairs follows from the bytes of their files") {
    const std::string one = read_lines("a\tb\n")->digest();
    CHECK(one.size() == 64);
    CHECK(read_lines("a\tb\n")->digest() == one);
    CHECK(read_lines("a\tc\n")->digest() != one);
    const TemporaryFolder folder;
    folder.write("1.tsv", "a\tb\n");
    folder.write("2.tsv", "c\td\n");
    const auto both = read(folder.path().string(), {{"split", "[1, 0, 0]"}});
    CHECK(pairs_of(*both, Split::train) == Strings{"a → b", "c → d"});
    CHECK(both->digest() == read_lines("a\tb\nc\td\n")->digest());
}

TEST_CASE("a file that holds no pairs is refused") {
    const std::string rest =
        "\n  expected: QUESTION<TAB>ANSWER, neither of them empty\n  help: correct or remove the line";
    CHECK(complaint("a\tb\n\nno tab here\n") == "path: line 3 of \"FILE\" is \"no tab here\"" + rest);
    CHECK(complaint("a\tb\tc\n") == "path: line 1 of \"FILE\" is \"a\tb\tc\"" + rest);
    CHECK(complaint("\tb\n") == "path: line 1 of \"FILE\" is \"\tb\"" + rest);
    CHECK(complaint("a\tb\na\t\r\n") == "path: line 2 of \"FILE\" is \"a\t\"" + rest);
    CHECK(complaint("\n\r\n") ==
          "path: \"FILE\" has only empty lines\n  expected: QUESTION<TAB>ANSWER on every line\n"
          "  help: add pairs to it");
    CHECK(complaint("a\tb\nc\t\xE9\n") ==
          "path: \"FILE\" is not UTF-8: line 2, byte 6 of the file is 0xE9\n  expected: UTF-8 text\n"
          "  help: it looks like ISO-8859-1; convert it: iconv -f ISO-8859-1 -t UTF-8 FILE > FILE.utf8");
    CHECK(complaint(std::string_view("a\tb\0", 4)) ==
          "path: \"FILE\" has 1 NUL character, the first on line 1, byte 3 of the file\n  expected: UTF-8 text\n"
          "  help: remove it: tr -d '\\000' < FILE > FILE.utf8");
    CHECK(error_of([] {
              read_lines("a\tb\n", {{"split", "[0.5, 0.6, 0]"}});
          }).find("split: [0.5, 0.6, 0], which sum") == 0);
}
