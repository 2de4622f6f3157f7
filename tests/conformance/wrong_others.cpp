// Conformance finds what is wrong with datasets, samplers and option declarations: one fault at a time.
#include <algorithm>
#include <atomic>
#include <cmath>

#include "catch.h"
#include "conformance/conformance.h"
#include "unroll/error.h"

using namespace unroll;

namespace {

const conformance::Check& find(const conformance::Report& report, const std::string& name) {
    for (const conformance::Check& check : report.checks)
        if (check.name == name) return check;
    FAIL("there is no check '" << name << "' in\n" << to_string(report));
    throw std::logic_error("unreachable");
}

/// The named check fails with this text and no other check fails.
void require_only(const conformance::Report& report, const std::string& name, const std::string& failure) {
    INFO(to_string(report));
    for (const conformance::Check& check : report.checks)
        if (check.name != name) {
            INFO(check.name);
            CHECK(check.passed);
        }
    const conformance::Check& check = find(report, name);
    CHECK_FALSE(check.passed);
    CHECK(check.failure.find(failure) != std::string::npos);
}

// ---- Datasets

/// 'a' to 'd'.
class Letters final : public Vocabulary {
public:
    explicit Letters(bool upper, bool mute = false) : upper_(upper), mute_(mute) {}
    Size size() const override { return 4; }
    bool can_generate(Token) const override { return !mute_; }
    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override {
        std::vector<Token> tokens;
        for (const char letter : text) {
            if (letter < 'a' || letter > 'd') {
                unknown = letter;
                return std::nullopt;
            }
            tokens.push_back(letter - 'a');
        }
        return tokens;
    }
    std::string decode(std::span<const Token> tokens) const override {
        std::string text;
        for (const Token token : tokens) text += static_cast<char>((upper_ ? 'A' : 'a') + token);
        return text;
    }

private:
    bool upper_, mute_;
};

enum class DatasetFault {
    none,
    no_vocabulary,
    empty,
    token_out_of_range,
    target_out_of_range,
    length_zero,
    weight_past_length,
    label_not_last,
    no_weights,
    writes_beside,
    depends_on_order,
    depends_on_instance,
    writes_what_it_cannot_read,
    generates_nothing,
};

constexpr Size steps = 6;

/// As examples, a label at the end of random letters; as a corpus, random letters.
template <DatasetFault fault, bool corpus>
class Random final : public Dataset {
public:
    explicit Random(const Options&)
        : letters_(fault == DatasetFault::writes_what_it_cannot_read, fault == DatasetFault::generates_nothing) {
        static std::atomic<std::uint64_t> instances = 0;
        if (fault == DatasetFault::depends_on_instance) seed_ = ++instances;
        RandomStream stream(seed_, "test corpus");
        for (int i = 0; i < 100; ++i) corpus_.push_back(static_cast<Token>(stream.below(4)));
        if (fault == DatasetFault::token_out_of_range) corpus_[50] = 4;
    }
    Task task() const override {
        if (corpus) return {.kind = Task::Kind::next_token, .input_tokens = 4, .target_tokens = 4};
        return {.kind = Task::Kind::label, .input_tokens = 4, .target_tokens = 4, .sequence_length = steps};
    }
    const Vocabulary* vocabulary() const override { return fault == DatasetFault::no_vocabulary ? nullptr : &letters_; }
    std::span<const Token> tokens(Split split) const override {
        if (!corpus || split != Split::train || fault == DatasetFault::empty) return {};
        return corpus_;
    }
    Size examples(Split split) const override {
        return corpus || split == Split::test || fault == DatasetFault::empty ? 0 : 40;
    }
    void example(Split, Size index, Example& out) const override {
        RandomStream stream(seed_, "test examples", {index});
        if (fault == DatasetFault::depends_on_order) index = calls_++;
        out.length = fault == DatasetFault::length_zero && index == 0 ? 0 : 2 + index % (steps - 1);
        for (Size t = 0; t < out.length; ++t) out.tokens[t] = static_cast<Token>(stream.below(4));
        const Size last = out.length - (fault == DatasetFault::label_not_last ? 2 : 1) +
                          (fault == DatasetFault::weight_past_length && out.length < steps ? 1 : 0);
        if (last >= steps) return;
        if (fault != DatasetFault::no_weights) out.weights[last] = 1;
        out.target_tokens[last] = fault == DatasetFault::target_out_of_range ? 4 : 1;
        if (fault == DatasetFault::token_out_of_range) out.tokens[0] = -1;
        if (fault == DatasetFault::writes_beside) out.tokens[steps] = 0;
    }

private:
    Letters letters_;
    std::vector<Token> corpus_;
    std::uint64_t seed_ = 0;
    mutable std::atomic<Size> calls_ = 0;
};

enum class TargetFault { none, gap, no_end, end_within, short_without_end, end_outside };

/// A letter and, as its target, as many letters as it says, ended by the last of the alphabet.
template <TargetFault fault>
class Counting final : public Dataset {
public:
    explicit Counting(const Options&) : letters_(false) {}
    Task task() const override {
        const Token end = fault == TargetFault::short_without_end ? -1 : fault == TargetFault::end_outside ? 4 : 3;
        return {.kind = Task::Kind::target_sequence,
                .input_tokens = 4,
                .target_tokens = 4,
                .sequence_length = 1,
                .target_length = 5,
                .target_end = end};
    }
    const Vocabulary* vocabulary() const override { return &letters_; }
    Size examples(Split) const override { return 40; }
    void example(Split, Size index, Example& out) const override {
        const Size count = 2 + index % 3;
        out.length = 1;
        out.tokens[0] = static_cast<Token>(count - 1);
        for (Size t = 0; t <= count; ++t) out.weights[t] = fault == TargetFault::gap && t == 1 ? 0 : 1;
        if (fault == TargetFault::end_within) out.target_tokens[0] = 3;
        out.target_tokens[count] = fault == TargetFault::no_end ? 1 : 3;
    }

private:
    Letters letters_;
};

template <TargetFault fault>
conformance::Report report_on() {
    return conformance::check(dataset_plugin<Counting<fault>>("counting", 1, "a dataset for tests"));
}

template <DatasetFault fault, bool corpus>
conformance::Report report_on() {
    return conformance::check(dataset_plugin<Random<fault, corpus>>("random", 1, "a dataset for tests"));
}

// ---- Samplers

enum class SamplerFault { none, picks_excluded, out_of_range, stateful, ignores_temperature, hidden_temperature };

template <SamplerFault fault>
class Drawer final : public Sampler {
public:
    explicit Drawer(const Options&) {}
    bool uses_temperature() const override { return fault != SamplerFault::hidden_temperature; }
    Token pick(const Choice& choice) const override {
        if (fault == SamplerFault::out_of_range) return static_cast<Token>(choice.logits.size());
        if (fault == SamplerFault::picks_excluded) return static_cast<Token>(choice.stream.below(choice.logits.size()));
        const double temperature = fault == SamplerFault::ignores_temperature ? 1 : choice.temperature;
        softmax(choice.logits, temperature, choice.scratch);
        if (fault == SamplerFault::stateful && ++picks_ % 301 == 0) choice.stream();
        return draw(choice.scratch, choice.stream);
    }

private:
    mutable std::atomic<int> picks_ = 0;
};

template <SamplerFault fault>
conformance::Report report_on() {
    return conformance::check(sampler_plugin<Drawer<fault>>("drawer", 1, "a sampler for tests"));
}

/// Writes down how it was made.
struct Picky final : Sampler {
    explicit Picky(const Options& options) {
        seen.push_back(options.text("mode") + (options.boolean("flag") ? "+" : "-"));
    }
    Token pick(const Choice&) const override { return 0; }
    static inline std::vector<std::string> seen;
};

}  // namespace

TEST_CASE("datasets without a fault conform") {
    for (const conformance::Report& report : {report_on<DatasetFault::none, false>(),
                                              report_on<DatasetFault::none, true>(), report_on<TargetFault::none>()}) {
        INFO(to_string(report));
        CHECK(report.passed());
    }
}

TEST_CASE("conformance finds what is wrong with a dataset") {
    const std::string task = "declares a consistent task", range = "examples are in range";
    using F = DatasetFault;
    require_only(report_on<F::no_vocabulary, false>(), task, "the vocabulary's size is not input_tokens");
    require_only(report_on<F::empty, false>(), task, "nothing to train on");
    require_only(report_on<F::empty, true>(), task, "nothing to train on");
    require_only(report_on<F::token_out_of_range, false>(), range, "input token -1 of 4, example 0 of train");
    require_only(report_on<F::token_out_of_range, true>(), "tokens are in range", "token 4 of 4, in train");
    require_only(report_on<F::target_out_of_range, false>(), range, "target token 4 of 4");
    require_only(report_on<F::length_zero, false>(), range, "length 0, not 1 to 6");
    require_only(report_on<F::weight_past_length, false>(), range, "a weight at position 2 of a sequence of 2");
    require_only(report_on<F::label_not_last, false>(), range, "a label's weight at position 0, not at the last");
    require_only(report_on<F::no_weights, false>(), range, "no position with a weight");
    require_only(report_on<F::writes_beside, false>(), range, "written beside an array");
    require_only(report_on<F::depends_on_instance, false>(), "a second instance holds the same", "another example");
    require_only(report_on<F::depends_on_instance, true>(), "a second instance holds the same", "other tokens");
    require_only(report_on<F::generates_nothing, true>(), "some token can be generated", "can be generated");
    require_only(report_on<F::writes_what_it_cannot_read, true>(), "the vocabulary encodes what it decodes",
                 "which it cannot encode, in train");
    CHECK_FALSE(find(report_on<F::depends_on_order, false>(),
                     "examples depend on split and index alone, in any order and thread")
                    .passed);
}

TEST_CASE("conformance finds what is wrong with target sequences") {
    const std::string task = "declares a consistent task", range = "examples are in range";
    using F = TargetFault;
    require_only(report_on<F::gap>(), range, "a target with a gap before position 2");
    require_only(report_on<F::no_end>(), range, "a target that does not end with the end-of-sequence token");
    require_only(report_on<F::end_within>(), range, "an end-of-sequence token within a target");
    require_only(report_on<F::short_without_end>(), range,
                 "a target of 3 tokens instead of 5, without an end-of-sequence token");
    require_only(report_on<F::end_outside>(), task, "the end-of-sequence token is not in the target vocabulary");
}

TEST_CASE("a sampler without a fault conforms") {
    const conformance::Report report = report_on<SamplerFault::none>();
    INFO(to_string(report));
    CHECK(report.passed());
}

TEST_CASE("conformance finds what is wrong with a sampler") {
    const std::string allowed = "picks an allowed token and writes to its scratch only";
    const auto fails = [](const conformance::Report& report, const std::string& name, const std::string& failure) {
        INFO(to_string(report));
        CHECK_FALSE(find(report, name).passed);
        CHECK(find(report, name).failure.find(failure) != std::string::npos);
    };
    fails(report_on<SamplerFault::out_of_range>(), allowed, "token 1 of 1, from one token");
    fails(report_on<SamplerFault::picks_excluded>(), allowed, "whose logit is -infinity, from one token allowed");
    fails(report_on<SamplerFault::stateful>(), "picks the same from equal streams", "picks differ");
    fails(report_on<SamplerFault::ignores_temperature>(), "a low temperature prefers the most probable token",
          "at temperature 0.05");
    fails(report_on<SamplerFault::hidden_temperature>(), "temperature changes nothing, as declared", "picks differ");
}

TEST_CASE("options: each choice and boolean is tested, a missing one is asked for, a bad one found") {
    static constexpr Option options[] = {Option::choice("mode", "\"a\"", "a|b|c", "how"),
                                         Option::boolean("flag", "false", "whether"),
                                         Option::text("label", "", "must be given")};
    constexpr Plugin plugin = sampler_plugin<Picky>("picky", 1, "a sampler for tests", options);
    CHECK_THROWS_WITH(conformance::check(plugin), Catch::Contains("label"));

    conformance::check(plugin, conformance::given_options(plugin, {"label=\"x\""}));
    CHECK(Picky::seen == std::vector<std::string>{"a-", "b-", "c-", "a+"});
    Picky::seen.clear();
    conformance::check(plugin, conformance::given_options(plugin, {"label=\"x\"", "mode=\"b\""}));
    CHECK(Picky::seen == std::vector<std::string>{"b-", "b+"});

    CHECK_THROWS_WITH(conformance::given_options(plugin, {"mode"}), Catch::Contains("NAME=JSON"));
    CHECK_THROWS_WITH(conformance::given_options(plugin, {"mode=b"}), Catch::Contains("'b', which is not JSON"));
    CHECK_THROWS_WITH(conformance::given_options(plugin, {"mode=\"d\""}), Catch::Contains("\"a\", \"b\" or \"c\""));
    CHECK_THROWS_WITH(conformance::given_options(plugin, {"mood=\"a\""}), Catch::Contains("mode"));

    static constexpr Option wrong[] = {Option::integer("count", "9", 1, 5, "more than allowed")};
    constexpr Plugin badly = sampler_plugin<Picky>("badly", 1, "a sampler for tests", wrong);
    CHECK_FALSE(find(conformance::check(badly), "options are declared correctly").passed);
}
