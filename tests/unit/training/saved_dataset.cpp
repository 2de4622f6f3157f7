// What a checkpoint keeps of a dataset: task, digest, sizes, and vocabularies as tables of symbols.
#include "training/saved_dataset.h"

#include <algorithm>

#include "catch.h"
#include "training/symbol_table.h"
#include "unroll/error.h"

using namespace unroll;
using training::SymbolTable;

namespace {

using Tokens = std::vector<Token>;

/// Words with blanks between them; a full stop follows without one. Small letters; other words are the last token.
class Words final : public Vocabulary {
public:
    Size size() const override { return words_.size() + 1; }
    bool can_generate(Token token) const override { return Size(token) < words_.size(); }
    std::optional<Tokens> encode(std::string_view text, std::string&) const override {
        Tokens tokens;
        std::string word;
        const auto end_word = [&] {
            if (!word.empty()) tokens.push_back(Token(std::find(words_.begin(), words_.end(), word) - words_.begin()));
            word.clear();
        };
        for (const char c : text) {
            if (c == ' ' || c == '.') end_word();
            if (c == '.') tokens.push_back(0);
            if (c != ' ' && c != '.') word += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        end_word();
        return tokens;
    }
    std::string decode(std::span<const Token> tokens) const override {
        std::string text;
        for (const Token token : tokens) {
            if (!text.empty() && token != 0) text += ' ';
            text += Size(token) < words_.size() ? words_[Size(token)] : "?";
        }
        return text;
    }

private:
    std::vector<std::string> words_{".", "men", "sea", "seaman", "the"};
};

/// Writes its two symbols in an order of its own: more than a table can say.
class Odd final : public Vocabulary {
public:
    Size size() const override { return 2; }
    std::optional<Tokens> encode(std::string_view, std::string&) const override { return Tokens{}; }
    std::string decode(std::span<const Token> tokens) const override {
        std::string text;
        for (const Token token : tokens) text.insert(text.begin(), token ? 'b' : 'a');
        return text;
    }
};

class Made final : public Dataset {
public:
    Made(Task task, const Vocabulary* inputs, const Vocabulary* targets = nullptr)
        : task_(task), inputs_(inputs), targets_(targets ? targets : inputs) {}
    Task task() const override { return task_; }
    const Vocabulary* vocabulary() const override { return inputs_; }
    const Vocabulary* target_vocabulary() const override { return targets_; }
    std::string digest() const override { return "digest"; }
    std::span<const Token> tokens(Split split) const override {
        return std::span(tokens_).first(split == Split::train ? 5 : 3);
    }

private:
    Task task_;
    const Vocabulary *inputs_, *targets_;
    std::vector<Token> tokens_{4, 2, 0, 4, 1};
};

}  // namespace

TEST_CASE("characters are a table: read and written alike, unknown ones told") {
    const CharacterVocabulary letters("ab .");
    const auto table = SymbolTable::of(letters, Tokens{0, 1, 2, 0, 3});
    REQUIRE(table.is_exact());
    const SymbolTable again = SymbolTable::load(table.save());
    std::string unknown;
    CHECK(again.size() == 4);
    CHECK(again.decode(Tokens{1, 2, 0}) == "b a");
    CHECK(again.encode("ab.", unknown) == Tokens{0, 1, 3});
    CHECK_FALSE(again.encode("abc", unknown));
    CHECK(unknown == "c");
}

TEST_CASE("words are a table: blanks, ends of words, capitals and the unknown token") {
    const Words words;
    const auto table = SymbolTable::of(words, Tokens{4, 2, 0, 4, 3, 1, 0});
    REQUIRE(table.is_exact());
    const SymbolTable again = SymbolTable::load(table.save());
    std::string unknown;
    for (const char* text : {"the sea. the seaman", "The SEA", "the seamen men.", "sea.sea", "  the  sea "})
        CHECK(again.encode(text, unknown) == words.encode(text, unknown));
    CHECK(again.decode(Tokens{4, 2, 0, 4, 5}) == "the sea. the ?");
    CHECK_FALSE(again.can_generate(5));
    CHECK(again.can_generate(4));
}

TEST_CASE("a vocabulary may be more than a table, and a damaged table is refused") {
    CHECK_FALSE(SymbolTable::of(Odd(), Tokens{0, 1}).is_exact());
    for (const char* damaged : {"", "2 000 61", "1 000 6", "1 000 zz", "1 000x"})
        CHECK_THROWS_AS(SymbolTable::load(damaged), std::invalid_argument);
}

TEST_CASE("a dataset's task, digest, sizes and vocabularies come back from what was saved") {
    const CharacterVocabulary letters("abcde");
    const Words words;
    Task task;
    task.kind = Task::Kind::target_sequence;
    task.input_tokens = 5;
    task.target_tokens = 6;
    task.sequence_length = 7;
    task.target_length = 5;
    task.target_end = 1;
    training::Metadata metadata;
    training::save_dataset(Made(task, &letters, &words), metadata);
    const auto back = training::saved_dataset(metadata);
    REQUIRE(back);
    CHECK(back->task().kind == Task::Kind::target_sequence);
    CHECK(back->task().target_tokens == 6);
    CHECK(back->task().sequence_length == 7);
    CHECK(back->task().target_length == 5);
    CHECK(back->task().target_end == 1);
    CHECK(back->digest() == "digest");
    CHECK(back->vocabulary()->decode(Tokens{2, 0}) == "ca");
    CHECK(back->target_vocabulary()->decode(Tokens{4, 2}) == "the sea");
    CHECK(back->tokens(Split::train).size() == 5);
    CHECK(back->tokens(Split::test).size() == 3);
    CHECK(back->examples(Split::train) == 0);
}

TEST_CASE("one vocabulary is one again; without one that is needed there is nothing") {
    const Words words;
    const Odd odd;
    Task task;
    task.input_tokens = task.target_tokens = 6;
    training::Metadata metadata, without;
    training::save_dataset(Made(task, &words), metadata);
    const auto back = training::saved_dataset(metadata);
    REQUIRE(back);
    CHECK(back->target_vocabulary() == back->vocabulary());
    CHECK(back->task().target_end == -1);
    CHECK_FALSE(training::saved_dataset({}));
    training::save_dataset(Made(task, &odd), without);
    CHECK_FALSE(training::saved_dataset(without));
    metadata["dataset.task"] = "another kind=3";
    CHECK_THROWS_AS(training::saved_dataset(metadata), Error);
}
