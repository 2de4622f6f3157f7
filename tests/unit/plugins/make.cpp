// What plugins return, doubted: no value of theirs becomes an index into memory.
#include "plugins/make.h"

#include <limits>
#include <stdexcept>

#include "catch.h"
#include "unroll/error.h"

namespace unroll::plugins {
namespace {

/// What is wrong with the next object that is made; the plugins' makers are plain functions.
std::string fault;

constexpr Size huge = Size{1} << 60;

class Letters final : public Vocabulary {
public:
    Size size() const override { return fault == "vocabulary" ? 3 : fault == "huge vocabulary" ? huge : 4; }
    std::optional<std::vector<Token>> encode(std::string_view text, std::string&) const override {
        if (fault == "encode throws") throw 42;
        return std::vector<Token>(text.size(), fault == "encode" ? 999 : fault == "encode negative" ? -1 : 2);
    }
    std::string decode(std::span<const Token> tokens) const override {
        if (fault == "decode throws") throw "text";
        return std::string(tokens.size(), 'a');
    }
};

class Corpus final : public Dataset {
public:
    explicit Corpus(const Options&) : tokens_(10'000, 3) {
        if (fault == "maker") throw 42;
        if (fault == "large") tokens_[9'999] = 4;
        if (fault == "negative") tokens_[5'000] = -5;
    }
    Task task() const override {
        if (fault == "task throws") throw 42;
        const Size tokens = fault == "huge vocabulary" ? huge : fault == "no tokens" ? 0 : 4;
        return {.input_tokens = tokens, .target_tokens = fault == "two vocabularies" ? 5 : tokens};
    }
    const Vocabulary* vocabulary() const override { return &letters_; }
    std::span<const Token> tokens(Split split) const override {
        return split == Split::train ? std::span(tokens_) : std::span<const Token>();
    }

private:
    Letters letters_;
    std::vector<Token> tokens_;
};

class Examples final : public Dataset {
public:
    explicit Examples(const Options&) {}
    Task task() const override {
        Task task{.kind = Task::Kind::target_sequence, .input_tokens = 4, .target_tokens = 4, .sequence_length = 3};
        task.target_length = fault == "no target" ? 0 : 2;
        task.target_end = fault == "end" ? 4 : 3;
        if (fault == "kind") task.kind = static_cast<Task::Kind>(9);
        if (fault == "long") task.sequence_length = huge;
        if (fault == "wide") task.input_tokens = 0, task.input_reals = huge;
        if (fault == "product")
            task.input_tokens = 0, task.input_reals = Size{1} << 31, task.sequence_length = Size{1} << 31;
        if (fault == "image") {
            task = {.kind = Task::Kind::image, .input_reals = 6, .sequence_length = 1};
            task.image_rows = 1'000, task.image_columns = 1'000;
        }
        return task;
    }
    Size examples(Split) const override { return fault == "many" ? 1'000'000'000'000'000'000 : 5; }
    void example(Split, Size, Example& out) const override {
        if (fault == "example throws") throw 42;
        out.length = fault == "length" ? 4 : fault == "no length" ? 0 : 3;
        out.tokens[2] = fault == "input" ? 4 : 1;
        out.target_tokens[1] = fault == "target" ? -1 : 3;
        out.weights[0] = out.weights[1] = 1;
    }
};

class Picks final : public Sampler {
public:
    explicit Picks(const Options&) {}
    Token pick(const Choice& choice) const override {
        if (fault == "pick throws") throw 42;
        if (fault == "nan") {
            for (double& each : choice.scratch) each = std::numeric_limits<double>::quiet_NaN();
            return draw(choice.scratch, choice.stream);
        }
        return fault == "pick" ? static_cast<Token>(choice.logits.size()) : fault == "pick negative" ? -1 : 0;
    }
};

template <class Real>
class Sized final : public Cell<Real> {
public:
    Sized(const CellSpec&, const Options&) {
        auto& layout = this->layout_;
        layout.add({"weight", {fault == "weights" ? Size{1} << 33 : 2, Size{1} << 31}, Weight::Role::input, 1});
        layout.add_state("h", fault == "state" ? huge : 1);
        layout.output = fault == "output" ? 0 : 1;
    }
    static Size hidden_multiple(const Options&) { return fault == "multiple" ? 0 : 2; }
    Size saved_size(Size, Size) const override { return 0; }
    Size workspace_size(Size, Size) const override { return 0; }
    Size prepared_size() const override { return fault == "prepared" ? ~Size{0} : 0; }
    void forward(const Forward<Real>&) const override {}
    void backward(const Forward<Real>&, const Backward<Real>&) const override {}
};

constinit const Plugin corpus = dataset_plugin<Corpus>("corpus", 1, "letters");
constinit const Plugin examples = dataset_plugin<Examples>("examples", 1, "pairs");
constinit const Plugin picks = sampler_plugin<Picks>("picks", 1, "picks");
constinit const Plugin sized = cell_plugin<Sized>("sized", 1, "sizes");

/// What use() is told when this is wrong: "FOUND, not EXPECTED".
template <class Use>
std::string told(const std::string& what, Use use) {
    fault = what;
    try {
        use();
    } catch (const Error& error) {
        fault.clear();
        return error.problem().where + ": " + error.problem().found;
    }
    fault.clear();
    return "";
}

TEST_CASE("A corpus is checked when it is made") {
    const auto make = [](const std::string& what) { return told(what, [] { make_dataset(corpus, {}); }); };
    CHECK(make("") == "");
    CHECK(make("large") == "dataset 'corpus': token 4, of a vocabulary of 4, at position 9999 of the train split");
    CHECK(make("negative") == "dataset 'corpus': token -5, of a vocabulary of 4, at position 5000 of the train split");
    CHECK(make("vocabulary") == "dataset 'corpus': a vocabulary of 3 symbols for 4 tokens");
    CHECK(make("huge vocabulary") == "dataset 'corpus': 1152921504606846976 input tokens");
    CHECK(make("no tokens") == "dataset 'corpus': 0 input tokens and 0 input reals");
    CHECK(make("two vocabularies") == "dataset 'corpus': 4 input tokens and 5 target tokens");
    for (const char* what : {"maker", "task throws"})
        CHECK(make(what) == "dataset 'corpus': an exception that is no std::exception");
}

TEST_CASE("A vocabulary's tokens are checked as they come") {
    const auto dataset = make_dataset(corpus, {});
    const auto encode = [&](const std::string& what) {
        return told(what, [&] {
            std::string unknown;
            dataset->vocabulary()->encode("ab", unknown);
        });
    };
    CHECK(encode("") == "");
    CHECK(encode("encode") == "dataset 'corpus': token 999 for a text, of a vocabulary of 4");
    CHECK(encode("encode negative") == "dataset 'corpus': token -1 for a text, of a vocabulary of 4");
    CHECK(encode("encode throws") == "dataset 'corpus': an exception that is no std::exception");
    CHECK(told("decode throws", [&] { dataset->vocabulary()->decode(std::vector<Token>{1}); }) ==
          "dataset 'corpus': an exception that is no std::exception");
    CHECK(dataset->vocabulary() == dataset->target_vocabulary());
}

TEST_CASE("Sizes that no memory has are refused before it is asked for") {
    const auto make = [](const std::string& what) { return told(what, [] { make_dataset(examples, {}); }); };
    CHECK(make("") == "");
    CHECK(make("many") == "dataset 'examples': 1000000000000000000 examples in the train split");
    CHECK(make("long") == "dataset 'examples': 1152921504606846976 positions of an example");
    CHECK(make("wide") == "dataset 'examples': 1152921504606846976 numbers of an input");
    CHECK(make("product") == "dataset 'examples': more numbers in an example than memory can have");
    CHECK(make("kind") == "dataset 'examples': a task of kind 9");
    CHECK(make("no target") == "dataset 'examples': target sequences of length 0");
    CHECK(make("end") == "dataset 'examples': the end-of-sequence token 4 of 4");
    CHECK(make("image") == "dataset 'examples': images of 1000 x 1000 pixels in 6 values");
    CHECK(told("", [] { elements("model", Size{1} << 40, Size{1} << 40); }) ==
          "model: 1099511627776 x 1099511627776 x 1 numbers");
}

TEST_CASE("An example is checked when it is drawn") {
    const auto dataset = make_dataset(examples, {});
    const auto draw = [&](const std::string& what) {
        return told(what, [&] {
            std::vector<Token> inputs(3), targets(2);
            std::vector<float> weights(2);
            Example out{inputs.data(), nullptr, targets.data(), nullptr, weights.data(), 0};
            dataset->example(Split::validation, 1, out);
        });
    };
    CHECK(draw("") == "");
    CHECK(draw("length") == "dataset 'examples': 4 valid positions in example 1 of the validation split");
    CHECK(draw("no length") == "dataset 'examples': 0 valid positions in example 1 of the validation split");
    CHECK(draw("input") ==
          "dataset 'examples': input token 4, of a vocabulary of 4, in example 1 of the validation split");
    CHECK(draw("target") ==
          "dataset 'examples': target token -1, of a vocabulary of 4, in example 1 of the validation split");
    CHECK(draw("example throws") == "dataset 'examples': an exception that is no std::exception");
}

TEST_CASE("A sampler's token is checked") {
    const auto sampler = make_sampler(picks, {});
    const auto pick = [&](const std::string& what, float first = 0) {
        return told(what, [&] {
            const std::vector<float> logits{first, 0, 0};
            std::vector<double> scratch(3);
            RandomStream stream(1, "test");
            sampler->pick({logits, 1, {}, stream, scratch});
        });
    };
    CHECK(pick("") == "");
    CHECK(pick("pick") == "sampler 'picks': token 3 picked, of a vocabulary of 3");
    CHECK(pick("pick negative") == "sampler 'picks': token -1 picked, of a vocabulary of 3");
    CHECK(pick("", -INFINITY) == "sampler 'picks': token 0 picked, which must not be");
    CHECK(pick("pick throws") == "sampler 'picks': an exception that is no std::exception");
    CHECK_THROWS_AS(pick("nan"), std::domain_error);
    fault.clear();
}

TEST_CASE("A cell's sizes are checked") {
    const auto make = [](const std::string& what) { return told(what, [] { make_cell<float>(sized, {}, {}); }); };
    CHECK(make("") == "");
    CHECK(make("weights") == "cell 'sized': more than 281474976710656 weights");
    CHECK(make("state") == "cell 'sized': more than 281474976710656 numbers of state");
    CHECK(make("prepared") == "cell 'sized': more than 281474976710656 prepared numbers");
    CHECK(make("output") == "cell 'sized': an output of width 0");
    CHECK(told("multiple", [] { hidden_multiple(sized, {}); }) == "cell 'sized': hidden_multiple 0");
    CHECK(hidden_multiple(sized, {}) == 2);
}

}  // namespace
}  // namespace unroll::plugins
