// How good texts are: each figure on texts made by hand.
#include "sampling/quality.h"

#include <algorithm>
#include <thread>

#include "catch.h"
#include "sampling/longest_copy.h"
#include "sampling/words.h"
#include "small_plugins.h"
#include "unroll/random.h"

using namespace unroll;
using namespace unroll::sampling;

namespace {

using Strings = std::vector<std::string>;
using Tokens = std::vector<Token>;

Strings words(std::string_view text) {
    Strings all;
    visit_words(text, [&](const std::string& word) { all.push_back(word); });
    return all;
}

std::string repeated(const std::string& text, Size times) {
    std::string all;
    for (Size i = 0; i < times; ++i) all += text;
    return all;
}

/// Text without a passage that comes twice.
std::string prose(Size length) {
    RandomStream stream(1, "prose");
    std::string text;
    while (text.size() < length) text += char('a' + stream.below(26));
    return text;
}

/// The longest common substring, from its definition.
Size longest_common(const Tokens& text, const Tokens& source) {
    Size longest = 0;
    for (Size i = 0; i < text.size(); ++i)
        for (Size j = 0; j < source.size(); ++j) {
            Size length = 0;
            while (i + length < text.size() && j + length < source.size() && text[i + length] == source[j + length])
                ++length;
            longest = std::max(longest, length);
        }
    return longest;
}

/// A text whose training split is the sentence that it is made from, by characters.
class Sentence final : public Dataset {
public:
    explicit Sentence(std::string text)
        : symbols_([&] {
              std::string symbols = text;
              std::sort(symbols.begin(), symbols.end());
              symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
              return symbols;
          }()) {
        std::string unknown;
        tokens_ = symbols_.encode(text, unknown).value();
    }
    Task task() const override { return {.input_tokens = symbols_.size(), .target_tokens = symbols_.size()}; }
    const Vocabulary* vocabulary() const override { return &symbols_; }
    std::span<const Token> tokens(Split split) const override {
        return split == Split::train ? std::span<const Token>(tokens_) : std::span<const Token>();
    }

private:
    CharacterVocabulary symbols_;
    Tokens tokens_;
};

}  // namespace

TEST_CASE("words are letters with what belongs to them, small") {
    CHECK(words("To be, or NOT to be: 'tis 42 x2 e_x __") ==
          Strings{"to", "be", "or", "not", "to", "be", "tis", "x2", "e_x"});
    CHECK(words("don't don’t the kings' well-known") == Strings{"don't", "don't", "the", "kings", "well", "known"});
    CHECK(words("ÉTÉ Straße жизнь e\u0301t") == Strings{"été", "straße", "жизнь", "e\u0301t"});
    CHECK(words("a\xFF"
                "b \xE9t\xC3") == Strings{"a", "b", "t"});
    CHECK(words("").empty());
}

TEST_CASE("what is written without blanks has no words") {
    CHECK(words("海上。春逐鸟声开，ひカタ ภาษาไทย").empty());
    CHECK(words("海LSTM上") == Strings{"lstm"});
}

TEST_CASE("words that touch an end may be cut off") {
    CHECK(without_cut_words("ing of the ki") == " of the ");
    CHECK(without_cut_words("'ll go now, don'") == " go now, ");
    CHECK(without_cut_words(": all of it.") == ": all of it.");
    CHECK(without_cut_words("alone").empty());
    CHECK(without_cut_words("").empty());
    CHECK(without_cut_words("上ab上") == "上ab上");
}

TEST_CASE("the rate of known words") {
    const std::unordered_set<std::string> known{"the", "king", "goes"};
    CHECK(known_word_rate("xx the King goes hame and th", known) == 3.0 / 5.0);
    CHECK(known_word_rate(". The king.", known) == 1.0);
    CHECK(known_word_rate(". sble wirk.", known) == 0.0);
    CHECK_FALSE(known_word_rate("king", known));
    CHECK_FALSE(known_word_rate("king 42 goes", known));
    CHECK_FALSE(known_word_rate("春逐鸟声开，", known));
    CHECK_FALSE(known_word_rate("", known));
}

TEST_CASE("distinct trigrams") {
    CHECK(distinct_3(Tokens{1, 2, 3}) == 1.0);
    CHECK(distinct_3(Tokens{1, 2, 3, 4, 5, 6}) == 1.0);
    CHECK(distinct_3(Tokens{7, 7, 7, 7, 7, 7}) == 0.25);
    CHECK(distinct_3(Tokens{1, 2, 3, 1, 2, 3, 1, 2}) == 0.5);
    CHECK_FALSE(distinct_3(Tokens{1, 2}));
    CHECK_FALSE(distinct_3(Tokens{}));
}

TEST_CASE("a loop is a repetition, prose is none") {
    CHECK(repetition(prose(1000)) == 0.0);
    for (const Size period : {1, 7, 40, 100}) {
        CAPTURE(period);
        CHECK(repetition(repeated(prose(period), 1 + 400 / period)) == 1.0);
    }
    CHECK(repetition(prose(99) + "-" + repeated(prose(150).substr(100), 18)) == 0.9);
    CHECK(repetition(repeated("春逐鸟声开，", 20)) == 1.0);
}

TEST_CASE("a repetition is a passage of 24 characters, anywhere in the text") {
    const std::string text = prose(100);
    const auto with = [&](Size length) { return text + "-" + text.substr(10, length) + "+"; };
    CHECK(repetition(with(23)) == 0.0);
    CHECK(repetition(with(24)) == 48.0 / 126.0);
    CHECK(repetition(with(30)) == 60.0 / 132.0);
    CHECK(repetition(repeated("a", 25)) == 1.0);
    CHECK_FALSE(repetition(repeated("a", 24)));
    CHECK_FALSE(repetition(""));
}

TEST_CASE("the longest copy is the longest common substring") {
    RandomStream stream(2, "copies");
    for (int round = 0; round < 60; ++round) {
        const Size symbols = 1 + stream.below(4);
        const auto random = [&](Size length) {
            Tokens tokens(length);
            for (Token& token : tokens) token = Token(stream.below(symbols));
            return tokens;
        };
        const Tokens source = random(stream.below(200));
        std::vector<Tokens> texts;
        for (int i = 0; i < 8; ++i) texts.push_back(random(stream.below(60)));
        texts.push_back({Token(symbols), Token(symbols) + 1});  // all new
        const auto longest = longest_copies(texts, source);
        REQUIRE(longest.size() == texts.size());
        for (Size i = 0; i < texts.size(); ++i) REQUIRE(longest[i] == longest_common(texts[i], source));
    }
    CHECK(longest_copies({}, Tokens{1}).empty());
}

TEST_CASE("copies are found in many long texts, too") {
    RandomStream stream(3, "long copies");
    Tokens source(5000);
    for (Token& token : source) token = Token(stream.below(1000));
    std::vector<Tokens> texts;
    for (Size i = 0; i < 8; ++i) {
        texts.emplace_back(20000, Token(1000 + i));
        std::copy_n(source.begin() + 100, 30 + i, texts.back().begin() + 77);
    }
    const auto longest = longest_copies(texts, source);
    for (Size i = 0; i < texts.size(); ++i) CHECK(longest[i] == 30 + i);
}

TEST_CASE("texts are measured by the training split") {
    const TrainingText training(std::make_shared<Sentence>("The cat sat on the mat. A dog sat on the cat.\n"));
    const Strings texts{"e cat sat on A mat. ", "o gtd asat on the ca", "\n", repeated("the cat sat ", 5)};
    const auto all = training.measure(texts);
    REQUIRE(all.size() == 4);
    CHECK(all[0] == Quality{1.0, 17.0 / 18.0, {}, 13});  // "e cat sat on "; "at " comes twice
    CHECK(all[1] == Quality{2.0 / 4.0, 1.0, {}, 13});    // "sat on the ca"
    CHECK(all[2] == Quality{{}, {}, {}, 1});
    CHECK(all[3].known_word_rate == 1.0);
    CHECK(all[3].distinct_3 == 11.0 / 58.0);
    CHECK(all[3].repetition == 1.0);
    CHECK(all[3].longest_copy == 11);  // "he cat sat "
    for (Size i = 0; i < texts.size(); ++i) CHECK(training.measure({&texts[i], 1}).at(0) == all[i]);
    CHECK(training.measure({}).empty());
}

TEST_CASE("many threads measure by one training split") {
    const TrainingText training(std::make_shared<small::Corpus>(5, 20000, 0, 0));
    const Strings texts{repeated("abcde", 20)};
    std::vector<Quality> found(4);
    {
        std::vector<std::jthread> threads;
        for (Quality& quality : found) threads.emplace_back([&] { quality = training.measure(texts).at(0); });
    }
    for (const Quality& quality : found) CHECK(quality == found[0]);
    CHECK(found[0].repetition == 1.0);
}
