// The plugins of fixtures.h.
#include "fixtures.h"

#include <fstream>
#include <sstream>

#include "json/parse.h"
#include "json/value.h"
#include "json/write.h"
#include "model/model.h"
#include "store/expectations.h"
#include "unroll/sha256.h"

namespace unroll::manifest::test {
namespace {

int made = 0;

class Letters : public Vocabulary {
public:
    Size size() const override { return symbols.size(); }
    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override {
        std::vector<Token> tokens;
        for (const char c : text) {
            const auto place = symbols.find(c);
            if (place == symbols.npos) {
                unknown = std::string(1, c);
                return std::nullopt;
            }
            tokens.push_back(static_cast<Token>(place));
        }
        return tokens;
    }
    std::string decode(std::span<const Token> tokens) const override {
        std::string text;
        for (const Token token : tokens) text += symbols[static_cast<Size>(token)];
        return text;
    }

private:
    std::string_view symbols = "abcdefgh \n";
};

class Corpus : public Dataset {
public:
    explicit Corpus(const Options& options) {
        ++made;
        if (options.boolean("fail")) throw Error({"fail", "true", "false", "do not ask it to fail"});
        if (options.boolean("crash")) throw std::runtime_error("it fell over");
        train_.resize(static_cast<Size>(options.integer("train")));
        validation_.resize(static_cast<Size>(options.integer("validation")));
    }
    Task task() const override { return {.input_tokens = 10, .target_tokens = 10}; }
    const Vocabulary* vocabulary() const override { return &letters_; }
    std::span<const Token> tokens(Split split) const override {
        if (split == Split::train) return train_;
        if (split == Split::validation) return validation_;
        return {};
    }

private:
    Letters letters_;
    std::vector<Token> train_, validation_;
};

class File : public Dataset {
public:
    explicit File(const Options& options) {
        std::ifstream in(options.text("path"));
        std::stringstream all;
        all << in.rdbuf();
        digest_ = sha256(all.str());
        std::string unknown;
        const auto tokens = letters_.encode(all.str(), unknown);
        if (!tokens) throw Error({"path", "a text with '" + unknown + "'", "a text of letters", "choose another file"});
        train_ = *tokens;
        if (train_.empty())
            throw Error({"path", "an empty text", "a text with at least one letter", "choose another file"});
    }
    Task task() const override { return {.input_tokens = 10, .target_tokens = 10}; }
    const Vocabulary* vocabulary() const override { return &letters_; }
    std::string digest() const override { return digest_; }
    std::span<const Token> tokens(Split split) const override {
        return split == Split::train ? std::span<const Token>(train_) : std::span<const Token>();
    }

private:
    Letters letters_;
    std::string digest_;
    std::vector<Token> train_;
};

class Pairs : public Dataset {
public:
    explicit Pairs(const Options& options) : length_(static_cast<Size>(options.integer("length"))) {}
    Task task() const override {
        return {.kind = Task::Kind::reals, .input_reals = 2, .target_reals = 1, .sequence_length = length_};
    }
    Size examples(Split) const override { return 100; }

private:
    Size length_;
};

class Riddles : public Dataset {
public:
    explicit Riddles(const Options& options) : reals_(static_cast<Size>(options.integer("reals"))) {}
    Task task() const override {
        return {.kind = Task::Kind::target_sequence,
                .input_tokens = reals_ ? 0u : 10u,
                .input_reals = reals_,
                .target_tokens = 10,
                .sequence_length = 6,
                .target_length = 4,
                .target_end = 9};
    }
    const Vocabulary* vocabulary() const override { return &letters_; }
    Size examples(Split) const override { return 100; }

private:
    Size reals_;
    Letters letters_;
};

class Dots : public Dataset {
public:
    explicit Dots(const Options&) {}
    Task task() const override {
        return {
            .kind = Task::Kind::image, .input_reals = 12, .sequence_length = 1, .image_rows = 3, .image_columns = 4};
    }
    Size examples(Split) const override { return 100; }
};

template <class Real>
class Echo : public Cell<Real> {
public:
    Echo(const CellSpec& spec, const Options& options) {
        this->layout_.add({"weight", {spec.hidden, spec.input}, Weight::Role::input, spec.input});
        this->layout_.output = spec.hidden;
        if (options.values().count("heads")) {
            const Size heads = static_cast<Size>(options.integer("heads"));
            if (spec.hidden % heads)
                throw Error({"hidden",
                             std::to_string(spec.hidden) + " hidden units for " + std::to_string(heads) + " heads",
                             "a multiple of heads", "change one of the two"});
            this->layout_.context = spec.context;
        }
    }
    Size saved_size(Size, Size) const override { return 0; }
    Size workspace_size(Size, Size) const override { return 0; }
    void forward(const Forward<Real>&) const override {}
    void backward(const Forward<Real>&, const Backward<Real>&) const override {}
};

template <class Real>
class Looker : public Echo<Real> {
public:
    using Echo<Real>::Echo;
    static Size hidden_multiple(const Options& options) { return static_cast<Size>(options.integer("heads")); }
};

template <class Real>
class Seer : public Echo<Real> {
public:
    Seer(const CellSpec& spec, const Options& options) : Echo<Real>(spec, options) { this->layout_.causal = false; }
};

/// Its weights for tokens are not those for values.
template <class Real>
class Reader : public Echo<Real> {
public:
    Reader(const CellSpec& spec, const Options& options) : Echo<Real>(spec, options) {
        if (spec.tokens) this->layout_.add({"more", {spec.hidden}, Weight::Role::bias});
    }
};

template <class Real>
class Keeper : public Echo<Real> {
public:
    Keeper(const CellSpec& spec, const Options& options) : Echo<Real>(spec, options) {
        this->layout_.add_state("kept", spec.hidden);
        this->layout_.cross_attends = spec.source > 0;
    }
};

class Pick : public Sampler {
public:
    explicit Pick(const Options& options) : uses_(options.values().count("keep") > 0) {}
    bool uses_temperature() const override { return uses_; }
    Token pick(const Choice&) const override { return 0; }

private:
    bool uses_;
};

constexpr Option corpus_options[] = {Option::integer("train", "1000", 0, 1e9, "tokens to train on"),
                                     Option::integer("validation", "500", 0, 1e9, "tokens to validate with"),
                                     Option::boolean("fail", "false", "whether the maker throws"),
                                     Option::boolean("crash", "false", "whether the maker throws what it should not")};
constexpr Option file_options[] = {Option::path("path", "", "a text"),
                                   Option::choice("unit", "\"character\"", "character|byte", "of what")};
constexpr Option pairs_options[] = {Option::integer("length", "20", 1, 1000, "pairs in a sequence")};
constexpr Option riddles_options[] = {Option::integer("reals", "0", 0, 1000, "width of the questions; 0: letters")};
constexpr Option echo_options[] = {Option::number("gain", "1", 0, 10, "how loud"),
                                   Option::boolean("bias", "true", "whether it has one"),
                                   Option::choice("activation", "\"tanh\"", "tanh|relu", "its curve"),
                                   Option::integer("echoes", "1", 1, 9, "how many come back").implied_default()};
constexpr Option other_options[] = {Option::number("gain", "2", 0, 10, "how loud")};
constexpr Option looker_options[] = {Option::integer("heads", "4", 1, 64, "how many"),
                                     Option::numbers("slopes", "[0.5, 1]", 0, 1, "how steep")};
constexpr Option pick_options[] = {Option::integer("keep", "5", 1, 100, "how many are kept")};

constinit const Plugin all[] = {
    dataset_plugin<Corpus>("letters", 3, "random letters", corpus_options),
    dataset_plugin<File>("file", 1, "a file of letters", file_options),
    dataset_plugin<Pairs>("pairs", 1, "pairs of numbers", pairs_options),
    dataset_plugin<Riddles>("riddles", 1, "letters and other letters", riddles_options),
    dataset_plugin<Dots>("dots", 1, "pictures of dots"),
    cell_plugin<Echo>("echo", 7, "what comes in", echo_options),
    cell_plugin<Echo>("other", 1, "the same", other_options),
    cell_plugin<Looker>("looker", 1, "looks back", looker_options, Initializer::normal),
    cell_plugin<Seer>("seer", 1, "looks ahead"),
    cell_plugin<Reader>("reader", 1, "reads tokens in its own way"),
    cell_plugin<Keeper>("keeper", 2, "has a state, and reads a source", other_options),
    cell_plugin<Keeper>("limited", 1, "has a state of so many steps", looker_options),
    cell_plugin<Echo>("silent", 1, "looks back, and does not say that it takes no other H", looker_options),
    sampler_plugin<Pick>("pick", 1, "one of the best", pick_options),
    sampler_plugin<Pick>("best", 1, "the best"),
};

}  // namespace

const plugins::Catalog& catalog() {
    static const plugins::Catalog filled = [] {
        plugins::Catalog fresh;
        for (const Plugin& plugin : all) fresh.add({&plugin, {}});
        return fresh;
    }();
    return filled;
}

int datasets_made() {
    return made;
}

std::filesystem::path folder() {
    return std::filesystem::path(UNROLL_FIXTURES) / "manifests";
}

const HostQueries& host_queries() {
    static const HostQueries told{[](const trial::Trial& trial, const Task& task) {
                                      const model::Model<float> model(trial, task, catalog());
                                      return ModelSize{model.parameters().size(), model.state_size()};
                                  },
                                  store::expectation_problem};
    return told;
}

Plan expand(const std::string& text, const std::vector<Override>& overrides) {
    DatasetCache datasets(catalog());
    return manifest::expand(text, "test.json", overrides, catalog(), Lookup{{folder()}}, datasets, host_queries());
}

std::string problems(const std::string& text, const std::vector<Override>& overrides) {
    try {
        expand(text, overrides);
    } catch (const base::Problems& problems) {
        return problems.what();
    }
    return {};
}

std::string with(const std::string& members) {
    base::Diagnostics diagnostics;
    json::Value base = *json::parse(R"({"dataset": {"plugin": "letters"}, "cell": {"plugin": "echo", "hidden": 16},
                                "training": {"sequence_length": 8, "batch": 4, "steps": 100}})",
                                    "base", diagnostics);
    const auto further = json::parse("{" + members + "}", "members", diagnostics);
    diagnostics.raise();
    for (const json::Member& member : *further->object()) base.set(member.key, member.value);
    return json::dump(base);
}

}  // namespace unroll::manifest::test
