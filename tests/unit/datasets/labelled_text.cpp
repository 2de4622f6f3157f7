// The labelled-text dataset: classes from files or from lines, symbols, split, and what is refused.
#include <algorithm>
#include <map>

#include "catch.h"
#include "example_dataset.h"
#include "temporary_folder.h"

using namespace unroll;

namespace {

using Given = std::map<std::string, std::string>;

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

std::unique_ptr<Dataset> labelled(const std::string& path, Given options = {}) {
    options["path"] = quoted(path);
    return make("labelled-text", options);
}

/// The dataset of one file with these bytes, all of it for training unless the options say otherwise.
std::unique_ptr<Dataset> labelled_lines(std::string_view bytes, Given options = {}) {
    const TemporaryFolder folder;
    options.emplace("split", "[1, 0, 0]");
    return labelled(folder.write("lines.tsv", bytes), options);
}

/// The examples of a split as "class: text", sorted.
std::vector<std::string> examples_of(const Dataset& dataset, Split split) {
    std::vector<std::string> all;
    for (Size i = 0; i < dataset.examples(split); ++i) {
        const Held example(dataset, split, i);
        const std::span<const Token> tokens(example.tokens);
        const Token label = example.target_tokens[example.length - 1];
        all.push_back(dataset.target_vocabulary()->decode({&label, 1}) + ": " +
                      dataset.vocabulary()->decode(tokens.first(example.length)));
    }
    std::sort(all.begin(), all.end());
    return all;
}

using Strings = std::vector<std::string>;

/// A complaint about one file, whose name is replaced by FILE.
std::string complaint(std::string_view bytes, const Given& options = {}) {
    const TemporaryFolder folder;
    const std::string file = folder.write("lines.tsv", bytes);
    std::string error = error_of([&] { labelled(file, options); });
    for (Size at; (at = error.find(file)) != std::string::npos;) error.replace(at, file.size(), "FILE");
    return error;
}

}  // namespace

TEST_CASE("one file has a label, a tab and a text in each line") {
    const auto dataset = labelled_lines("good\tA fine film .\nbad\tdull\r\n\ngood\ta\tb\n");
    CHECK(examples_of(*dataset, Split::train) == Strings{"bad: dull", "good: A fine film.", "good: a b"});
    const Task task = dataset->task();
    CHECK(task.kind == Task::Kind::label);
    CHECK(task.sequence_length == 4);
    CHECK(task.target_tokens == 2);
    CHECK(task.input_tokens == 8);  // ⁇ . A a b dull film fine
    CHECK(dataset->target_vocabulary()->decode(std::vector<Token>{0, 1}) == "bad\ngood");
    for (Size i = 0; i < 3; ++i) {
        const Held example(*dataset, Split::train, i);
        for (Size t = 0; t < 4; ++t) CHECK(example.weights[t] == (t + 1 == example.length ? 1.0f : 0.0f));
    }
}

TEST_CASE("of several files each is a class, named by its stem") {
    const TemporaryFolder folder;
    folder.write("sad.txt", "it rains\n\n");
    folder.write("happy.txt", "the sun\nshines");
    const auto dataset = labelled(folder.path().string(), {{"split", "[1, 0, 0]"}});
    CHECK(examples_of(*dataset, Split::train) == Strings{"happy: shines", "happy: the sun", "sad: it rains"});
}

TEST_CASE("files of one stem are told apart by their extensions, and otherwise by their whole names") {
    const TemporaryFolder polarity, whole;
    polarity.write("rt.neg", "no");
    polarity.write("rt.pos", "yes");
    polarity.write("README", "not asked for");
    CHECK(examples_of(*labelled((polarity / "rt.*").string(), {{"split", "[1, 0, 0]"}}), Split::train) ==
          Strings{"neg: no", "pos: yes"});
    whole.write("a.x", "1");
    whole.write("a.y", "2");
    whole.write("b.x", "3");
    CHECK(examples_of(*labelled(whole.path().string(), {{"split", "[1, 0, 0]"}}), Split::train) ==
          Strings{"a.x: 1", "a.y: 2", "b.x: 3"});
}

TEST_CASE("a text's unit may be a word, a character or a byte") {
    const std::string_view lines = "a\té Oh\nb\toh\n";
    const auto words = labelled_lines(lines, {{"lower", "true"}});
    CHECK(words->task().input_tokens == 3);
    CHECK(words->task().sequence_length == 2);
    const auto characters = labelled_lines(lines, {{"unit", quoted("character")}});
    CHECK(characters->task().input_tokens == 6);  // ⁇ blank O h o é
    CHECK(characters->task().sequence_length == 4);
    const auto bytes = labelled_lines("a\t\xE9 Oh\nb\toh\n", {{"unit", quoted("byte")}, {"lower", "true"}});
    CHECK(bytes->task().input_tokens == 5);  // ⁇ blank h o 0xE9
    CHECK(examples_of(*bytes, Split::train) == Strings{"a: \xE9 oh", "b: oh"});
}

TEST_CASE("the vocabulary is the training texts' most frequent symbols, and one for all others") {
    const std::string_view lines = "a\tx x x y y z\nb\tw y\n";
    const auto two = labelled_lines(lines, {{"vocabulary", "2"}});
    CHECK(two->vocabulary()->size() == 3);
    CHECK(two->vocabulary()->can_generate(1));
    CHECK_FALSE(two->vocabulary()->can_generate(2));
    CHECK(examples_of(*two, Split::train) == Strings{"a: x x x y y ⁇", "b: ⁇ y"});
    // z and w are equally frequent: the first by code points stays.
    CHECK(examples_of(*labelled_lines(lines, {{"vocabulary", "3"}}), Split::train)[1] == "b: w y");
    const auto often = labelled_lines(lines, {{"minimum_count", "2"}});
    CHECK(examples_of(*often, Split::train) == examples_of(*two, Split::train));
    // The unknown symbol, where the texts have it themselves, is the unknown token.
    CHECK(labelled_lines("a\tx ⁇\nb\ty\n")->vocabulary()->size() == 3);
    std::string unknown;
    CHECK(two->vocabulary()->encode("x never y", unknown).value() == std::vector<Token>{0, 2, 1});
    CHECK_FALSE(two->vocabulary()->encode("x \xFF", unknown));
    CHECK(unknown == "\xFF");
}

TEST_CASE("symbols that only held-out texts have are unknown") {
    std::string lines;
    for (const char* label : {"a", "b"})
        for (int i = 0; i < 10; ++i) lines += std::string(label) + "\tword" + std::to_string(i) + label + "\n";
    const auto dataset = labelled_lines(lines, {{"split", "[0.8, 0.1, 0.1]"}});
    CHECK(dataset->vocabulary()->size() == 17);
    for (const Split split : {Split::validation, Split::test})
        for (Size i = 0; i < dataset->examples(split); ++i) CHECK(Held(*dataset, split, i).tokens[0] == 16);
}

TEST_CASE("each class is split by itself, by the split's seed, without loss") {
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += "many\tm" + std::to_string(i) + "\n";
    for (int i = 0; i < 10; ++i) lines += "few\tf" + std::to_string(i) + "\n";
    const Given options{{"split", "[0.7, 0.2, 0.1]"}, {"vocabulary", "0"}, {"unit", quoted("character")}};
    const auto dataset = labelled_lines(lines, options);
    std::vector<std::string> all;
    const Size expected[] = {77, 22, 11}, few[] = {7, 2, 1};
    for (const Split split : {Split::train, Split::validation, Split::test}) {
        const auto part = examples_of(*dataset, split);
        CHECK(part.size() == expected[static_cast<Size>(split)]);
        CHECK(std::count_if(part.begin(), part.end(), [](auto& line) { return line.starts_with("few"); }) ==
              static_cast<std::ptrdiff_t>(few[static_cast<Size>(split)]));
        all.insert(all.end(), part.begin(), part.end());
    }
    std::sort(all.begin(), all.end());
    CHECK(std::unique(all.begin(), all.end()) == all.end());
    CHECK(all.size() == 110);
    Given other = options;
    other["split_seed"] = "2";
    CHECK(examples_of(*labelled_lines(lines, other), Split::test) != examples_of(*dataset, Split::test));
}

TEST_CASE("a text that is too long is cut or refused") {
    const std::string_view lines = "a\tone\nb\tone two three\n";
    CHECK(examples_of(*labelled_lines(lines, {{"longest", "2"}}), Split::train) == Strings{"a: one", "b: one two"});
    CHECK(complaint(lines, {{"longest", "2"}, {"longer", quoted("refuse")}}) ==
          "longest: \"FILE\", line 2, has 3 words\n  expected: at most 2\n"
          "  help: raise it, shorten the line or set \"longer\": \"cut\"");
    CHECK(examples_of(*labelled_lines(lines, {{"longest", "3"}, {"longer", quoted("refuse")}}), Split::train).size() ==
          2);
}

TEST_CASE("the digest of labelled text follows from classes and texts, wherever they stand") {
    const TemporaryFolder one, other, renamed;
    for (const TemporaryFolder* folder : {&one, &other}) {
        folder->write("a.txt", "x\n");
        folder->write("b.txt", "y\n");
    }
    renamed.write("a.txt", "x\n");
    renamed.write("c.txt", "y\n");
    const Given all{{"split", "[1, 0, 0]"}};
    const std::string digest = labelled(one.path().string(), all)->digest();
    CHECK(labelled(other.path().string(), all)->digest() == digest);
    CHECK(labelled(renamed.path().string(), all)->digest() != digest);
    CHECK(labelled_lines("a\tx\nb\ty\n")->digest() == digest);
    CHECK(labelled_lines("a\tx\nb\tz\n")->digest() != digest);
}

TEST_CASE("labelled text that cannot be used is refused") {
    CHECK(complaint("a\tx\n\nno tab here\n") ==
          "path: line 3 of \"FILE\" is \"no tab here\"\n"
          "  expected: LABEL<TAB>TEXT on every line of a single file\n"
          "  help: correct the line, or give several files, one per class, as a folder or a glob");
    CHECK(complaint("a\tx\n\ttext without label\n").find("line 2 of \"FILE\" is \"\"") != std::string::npos);
    CHECK(complaint("a\tx\nb\t  \n").find("line 2 of \"FILE\" is \"b\"") != std::string::npos);
    CHECK(complaint("a\tx\na\ty\n") ==
          "path: \"FILE\" has only the label \"a\"\n  expected: at least two classes\n"
          "  help: add examples of another class");
    CHECK(complaint("\n\n").find("\"FILE\" has no text\n  expected: at least two classes") != std::string::npos);
    CHECK(complaint("a\tx\nb\t\xE9\n")
              .find("\"FILE\" is not UTF-8: line 2, byte 6 of the file is 0xE9\n"
                    "  expected: UTF-8 text\n  help: it looks like ISO-8859-1; convert it: iconv -f ISO-8859-1") !=
          std::string::npos);
    CHECK(complaint("a\tx\nb\ty\n", {{"split", "[0.5, 0.5, 0]"}}) ==
          "split: class \"a\" has 1 example, none in the training split\n  expected: at least one training example of "
          "every class\n"
          "  help: enlarge the training fraction or add examples");
    CHECK(complaint("a\tx\nb\ty\n", {{"split", "[0.5, 0.6, 0]"}}).find("split: [0.5, 0.6, 0], which sum to 1.1") == 0);

    const TemporaryFolder folder;
    folder.write("a.txt", "x\n");
    const std::string empty = folder.write("b.txt", "\n");
    CHECK(error_of([&] { labelled(folder.path().string()); }) ==
          "path: \"" + empty +
              "\" contains no text\n  expected: one file per class, with an example on each line\n"
              "  help: add examples or exclude the file");
    const TemporaryFolder twice;
    twice.write("1/a.txt", "x\n");
    twice.write("2/a.txt", "y\n");
    CHECK(error_of([&] { labelled(twice.path().string()); }).find("some with the same name in different folders") !=
          std::string::npos);
}
