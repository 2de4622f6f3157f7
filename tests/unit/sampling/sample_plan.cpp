// Samples: what is asked for, prompts, and texts that depend on nothing else.
#include "sampling/sample_plan.h"

#include <algorithm>
#include <set>

#include "catch.h"
#include "plugin.h"
#include "small_model.h"

using namespace unroll;
using sampling::Sample;
using trial::SamplingSettings;

namespace {

const std::atomic<bool> go_on{false};

SamplingSettings settings(std::optional<double> temperature, trial::Prompt prompt, Size count = 1, Size length = 12) {
    SamplingSettings all;
    all.sampler = small::choice(temperature ? small::draw_sampler : small::first_sampler);
    all.temperature = temperature;
    all.prompt = std::move(prompt);
    all.count = count;
    all.length = length;
    return all;
}

trial::Prompt window(Split split, Size length) {
    return {"", split, length};
}

std::vector<Sample> make(const SmallModel& small, const std::vector<SamplingSettings>& list,
                         const std::atomic<bool>& stop = go_on) {
    return sampling::make_samples(small.model, small.both(), small.dataset, small.catalog, 6,
                                  sampling::plan_samples(small.trial, list, small.dataset, 40, 2.5), stop);
}

/// A dataset that differs from another in its vocabulary.
struct OtherVocabulary : Dataset, Vocabulary {
    explicit OtherVocabulary(const Dataset& of) : all(of) {}
    Task task() const override { return all.task(); }
    const Vocabulary* vocabulary() const override { return this; }
    std::span<const Token> tokens(Split split) const override { return all.tokens(split); }
    Size size() const override { return all.vocabulary()->size(); }
    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override {
        return all.vocabulary()->encode(text, unknown);
    }
    std::string decode(std::span<const Token> tokens) const override { return all.vocabulary()->decode(tokens); }
    const Dataset& all;
};

std::string text_at(const std::vector<Sample>& samples, std::optional<double> temperature, const std::string& key,
                    std::uint64_t number) {
    for (const Sample& sample : samples)
        if (sample.key.temperature == temperature && sample.key.prompt_key == key && sample.key.number == number)
            return sample.text;
    return "";
}

}  // namespace

TEST_CASE("a sample says everything that identifies it") {
    const SmallModel small(small::trial(small::gated_cell));
    const auto list = sampling::plan_samples(
        small.trial, {settings(0.5, {"abc", {}, 0}, 2), settings({}, window(Split::validation, 7))}, small.dataset, 40,
        2.5);
    REQUIRE(list.size() == 3);
    const Sample& one = list[1].sample;
    CHECK(one.key.step == 40);
    CHECK(one.epoch == 2.5);
    CHECK(one.key.sampler == "small-draw");
    CHECK(one.key.options == "{}");
    CHECK(one.key.temperature == 0.5);
    CHECK(one.prompt == "abc");
    CHECK(one.key.prompt_key == "\"abc\"");
    CHECK(one.key.seed == 1);
    CHECK(one.key.number == 1);
    CHECK(one.key.length == 12);
    CHECK(one.key.memory == "carry");
    CHECK(one.text.empty());
    CHECK(list[2].sample.key.prompt_key == R"({"from":"validation","length":7})");
    CHECK(list[2].sample.prompt.size() == 7);
    CHECK(!list[2].sample.key.temperature);
}

TEST_CASE("what two experiments ask for is wanted once") {
    const SmallModel small(small::trial(small::gated_cell));
    const auto one = settings(0.5, {"abc", {}, 0}, 2), more = settings(0.5, {"abc", {}, 0}, 3),
               longer = settings(0.5, {"abc", {}, 0}, 1, 13);
    CHECK(sampling::plan_samples(small.trial, {one, one, more, longer}, small.dataset, 1, 0).size() == 4);
}

TEST_CASE("a window of a split is the same for all temperatures, another for each number and seed") {
    SmallModel small(small::trial(small::gated_cell));
    const auto prompts = [&](double temperature) {
        std::vector<std::string> list;
        for (const auto& wanted : sampling::plan_samples(
                 small.trial, {settings(temperature, window(Split::train, 9), 6)}, small.dataset, 1, 0))
            list.push_back(wanted.sample.prompt);
        return list;
    };
    const auto cold = prompts(0.2);
    CHECK(prompts(1.0) == cold);
    CHECK(std::set<std::string>(cold.begin(), cold.end()).size() == 6);
    const std::string text = small.dataset.vocabulary()->decode(small.dataset.tokens(Split::train));
    for (const std::string& prompt : cold) CHECK(text.find(prompt) != std::string::npos);
    small.trial.seed = 2;
    CHECK(prompts(0.2) != cold);
}

TEST_CASE("adding samples changes no other text") {
    const SmallModel small(small::trial(small::gated_cell, 6, 4, 8));
    const trial::Prompt fixed{"ab", {}, 0};
    const auto before = make(small, {settings(0.5, fixed, 2), settings(1.0, fixed, 2)});
    REQUIRE(before.size() == 4);
    const auto after =
        make(small, {settings(0.3, fixed, 2), settings(1.0, window(Split::train, 5), 3), settings(1.0, fixed, 5),
                     settings({}, fixed), settings(0.5, fixed, 3, 20), settings(0.5, {"abcde", {}, 0}, 1)});
    for (const double temperature : {0.5, 1.0})
        for (const std::uint64_t number : {0, 1}) {
            const std::string text = text_at(before, temperature, "\"ab\"", number);
            CHECK(text.size() == 12);
            CHECK(text_at(after, temperature, "\"ab\"", number).substr(0, 12) == text);
        }
    CHECK(text_at(before, 0.5, "\"ab\"", 0) != text_at(before, 0.5, "\"ab\"", 1));
    CHECK(text_at(before, 0.5, "\"ab\"", 0) != text_at(before, 1.0, "\"ab\"", 0));
}

TEST_CASE("texts that were cut short are left out") {
    const SmallModel small(small::trial(small::gated_cell));
    const std::atomic<bool> stop{true};
    CHECK(make(small, {settings(0.5, {"abc", {}, 0}, 2)}, stop).empty());
}

TEST_CASE("a text goes on from its prompt") {
    struct Blanks final : OtherVocabulary {
        using OtherVocabulary::OtherVocabulary;
        std::string decode(std::span<const Token> tokens) const override {
            std::string text;
            for (const Token token : tokens) text += (text.empty() ? "" : " ") + std::string(1, char('a' + token));
            return text;
        }
    };
    struct Backwards final : OtherVocabulary {
        using OtherVocabulary::OtherVocabulary;
        std::string decode(std::span<const Token> tokens) const override {
            const std::string text = all.vocabulary()->decode(tokens);
            return {text.rbegin(), text.rend()};
        }
    };
    const SmallModel small(small::trial(small::gated_cell));
    const std::string text = make(small, {settings({}, {"be", {}, 0}, 1, 3)}).at(0).text;
    const auto text_by = [&](const Dataset& dataset) {
        return sampling::make_samples(
                   small.model, small.both(), dataset, small.catalog, 6,
                   sampling::plan_samples(small.trial, {settings({}, {"be", {}, 0}, 1, 3)}, dataset, 40, 2.5), go_on)
            .at(0)
            .text;
    };
    CHECK(text_by(Blanks(small.dataset)) == std::string{' ', text[0], ' ', text[1], ' ', text[2]});
    // Where the whole does not begin with the prompt, the text stands by itself.
    CHECK(text_by(Backwards(small.dataset)) == std::string(text.rbegin(), text.rend()));
}

TEST_CASE("what the vocabulary does not generate is in no text") {
    struct Withheld final : OtherVocabulary {
        using OtherVocabulary::OtherVocabulary;
        bool can_generate(Token token) const override { return token != 1 && token != 4; }
    };
    const SmallModel small(small::trial(small::gated_cell));
    const Withheld dataset(small.dataset);
    const std::vector<SamplingSettings> all{settings(1.0, {"be", {}, 0}, 4, 50), settings({}, {"be", {}, 0}, 1, 50)};
    const auto samples = sampling::make_samples(small.model, small.both(), dataset, small.catalog, 6,
                                                sampling::plan_samples(small.trial, all, dataset, 40, 2.5), go_on);
    REQUIRE(samples.size() == 5);
    std::string together;
    for (const Sample& sample : samples) together += sample.text;
    CHECK(together.size() == 250);
    CHECK(together.find_first_of("be") == std::string::npos);
    together.clear();
    for (const Sample& sample : make(small, all)) together += sample.text;
    CHECK(together.find('b') != std::string::npos);
    CHECK(together.find('e') != std::string::npos);
}

TEST_CASE("prompts that cannot be are errors") {
    const SmallModel small(small::trial(small::gated_cell));
    const auto error = [&](trial::Prompt prompt) {
        return error_of([&] { make(small, {settings(0.5, std::move(prompt))}); });
    };
    CHECK(error({"aXb", {}, 0}) ==
          "sampling.prompt: 'X' in the prompt 'aXb'\n  expected: symbols that occur in the dataset\n  help: choose a "
          "prompt from the text's own symbols");
    CHECK(error({"aBc", {}, 0}).find("write 'abc': the text is in lower case") != std::string::npos);
    CHECK(error({"", {}, 0}).find("an empty prompt") != std::string::npos);
    CHECK(
        error(window(Split::validation, 101)).find("a window of 101 tokens from the validation split, which has 100") !=
        std::string::npos);
    CHECK(error(window(Split::test, 1)).find("the test split, which has 0") != std::string::npos);
    CHECK(error(window(Split::validation, 100)).empty());
}

TEST_CASE("a sampler that is not there is an error") {
    const SmallModel small(small::trial(small::gated_cell));
    auto wanted = settings(0.5, {"abc", {}, 0});
    wanted.sampler.plugin = "small-drew";
    CHECK(error_of([&] { make(small, {wanted}); }).find("small-draw") != std::string::npos);
}

TEST_CASE("the key of a prompt is its text as JSON") {
    const SmallModel small(small::trial(small::gated_cell, 6, 4));
    const small::Dots images(4);  // whose samples need no prompt, so that any text can stand there
    const auto key = [&](const std::string& text) {
        return sampling::plan_samples(small.trial, {settings({}, {text, {}, 0})}, images, 1, 0)
            .at(0)
            .sample.key.prompt_key;
    };
    CHECK(key("KING:\n\t") == R"("KING:\n\t")");
    CHECK(key("\"\\ ü\b\f\x01") == R"("\"\\ ü\b\f\u0001")");
}
