// Trained weights go to the same symbols of another vocabulary.
#include "training/start.h"

#include "trials.h"

using namespace unroll;
using namespace unroll::training::test;

namespace {

/// A corpus of these letters, in turn.
class Letters final : public Dataset {
public:
    explicit Letters(const std::string& letters) : letters_(letters) {
        for (Size i = 0; i < 120; ++i) tokens_.push_back(Token(i * i % letters.size()));
    }
    Task task() const override {
        Task task;
        task.input_tokens = task.target_tokens = letters_.size();
        return task;
    }
    const Vocabulary* vocabulary() const override { return &letters_; }
    std::span<const Token> tokens(Split) const override { return tokens_; }

private:
    CharacterVocabulary letters_;
    std::vector<Token> tokens_;
};

struct Trained {
    Trained(const std::string& letters, const Trial& trial) : run(trial, std::make_unique<Letters>(letters)) {
        run.whole();
        path = run.log.checkpoints.back().path;
        weights.resize(run.model.parameters().size());
        training::load_weights(run.log.checkpoints.back(), run.model, weights.data());
    }
    Run run;
    std::filesystem::path path;
    std::vector<float> weights;
};

/// Weights of a model by the name and the index along the axes of an array of two axes.
float at(const model::Model<float>& model, const std::vector<float>& weights, const std::string& name, Size row,
         Size column) {
    for (const model::Parameter& parameter : model.parameters().list())
        if (parameter.name == name) {
            const auto& shape = parameter.weight.shape;
            const Size width = shape.size() > 1 ? shape[1] : 1;
            REQUIRE(row < shape[0]);
            REQUIRE(column < width);
            return weights[parameter.offset + row * width + column];
        }
    FAIL(name);
    return 0;
}

}  // namespace

TEST_CASE("weights of a symbol go to the same symbol, new symbols keep their random ones") {
    for (const Size embedding : {0, 4}) {
        INFO(embedding);
        Trial trial = small::trial(small::gated_cell, 6, 4, 5);
        trial.model.embedding = embedding;
        Trained source("abcde", trial);
        trial.seed = 9;
        const Letters other("xcaye");
        const model::Model<float> model(trial, other.task(), source.run.catalog);
        std::vector<float> random(model.parameters().size()), weights;
        model.initialize(random.data());
        weights = random;
        const training::SafetensorsFile file(source.path);
        const Letters known("abcde");
        const training::StartReport report = training::start_from(file, source.path, {known.vocabulary(), nullptr},
                                                                  trial, other, source.run.catalog, weights.data());
        CHECK(report.symbols == 5);
        CHECK(report.matched == 3);
        const std::pair<Size, Size> places[] = {{1, 2}, {2, 0}, {4, 4}};  // c, a, e
        const auto from = [&](const std::string& name, Size row, Size column) {
            return at(source.run.model, source.weights, name, row, column);
        };
        for (const auto& [to, old] : places) {
            CHECK(at(model, weights, "head.weight", to, 3) == from("head.weight", old, 3));
            CHECK(at(model, weights, "head.bias", to, 0) == from("head.bias", old, 0));
            if (embedding) CHECK(at(model, weights, "embedding.weight", to, 2) == from("embedding.weight", old, 2));
        }
        for (const Size fresh : {0, 3})
            CHECK(at(model, weights, "head.weight", fresh, 3) == at(model, random, "head.weight", fresh, 3));
    }
}

TEST_CASE("without a known vocabulary tokens are taken in order, and must be as many") {
    const Trial trial = small::trial(small::gated_cell, 6, 4, 5);
    Trained source("abcde", trial);
    const training::SafetensorsFile file(source.path);
    const Letters same("vwxyz"), more("uvwxyz");
    std::vector<float> weights(source.weights.size());
    const training::StartReport report =
        training::start_from(file, source.path, {}, trial, same, source.run.catalog, weights.data());
    CHECK(report.symbols == 0);
    CHECK(weights == source.weights);
    std::vector<float> larger(model::Model<float>(trial, more.task(), source.run.catalog).parameters().size());
    const std::string message =
        error_of([&] { training::start_from(file, source.path, {}, trial, more, source.run.catalog, larger.data()); });
    CHECK(message.find("of shape (5, 5)") != std::string::npos);
    CHECK(message.find("as this trial's model has it") != std::string::npos);
}

TEST_CASE("the digest of weights is theirs alone, whatever else is in the file") {
    const Trial trial = small::trial(small::gated_cell, 6, 4, 5);
    Trained source("abcde", trial);
    const training::SafetensorsFile file(source.path);
    std::vector<training::Tensor> tensors;
    for (const training::Tensor& tensor : file.tensors())
        if (!tensor.name.starts_with("optimizer.")) tensors.insert(tensors.begin(), tensor);
    training::write_safetensors(source.run.folder.path() / "plain", tensors, {{"config", "another"}});
    const training::SafetensorsFile plain(source.run.folder.path() / "plain");
    CHECK(training::weights_digest(plain) == training::weights_digest(file));
    // Without a config its symbols are not known, and tokens are taken in order: another start.
    training::write_safetensors(source.run.folder.path() / "in order", tensors, {});
    CHECK(training::weights_digest(training::SafetensorsFile(source.run.folder.path() / "in order")) !=
          training::weights_digest(file));
    std::vector<float> changed(source.weights.begin(), source.weights.begin() + std::ptrdiff_t(tensors[0].shape[0]));
    tensors[0] = {tensors[0].name, {changed.size()}, std::span<const float>(changed)};
    training::write_safetensors(source.run.folder.path() / "plain", tensors, {{"config", "another"}});
    CHECK(training::weights_digest(training::SafetensorsFile(source.run.folder.path() / "plain")) !=
          training::weights_digest(file));
}
