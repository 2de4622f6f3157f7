// Labelled text: sentences, each of one class. The class is predicted at the end of the sentence.
#include <fmt/format.h>

#include <array>
#include <numeric>

#include "../common/names.h"
#include "../common/shuffle.h"
#include "../common/split.h"
#include "lexicon.h"
#include "lines.h"
#include "unroll/error.h"
#include "unroll/plugin.h"
#include "unroll/random.h"
#include "unroll/sha256.h"

namespace {

using unroll::Size;
using unroll::Split;
using unroll::Token;

Unit unit_of(const std::string& name) {
    return name == "character" ? Unit::character : name == "byte" ? Unit::byte : Unit::word;
}

class LabelledText final : public unroll::Dataset {
public:
    explicit LabelledText(const unroll::Options& options) {
        split_ranges(options.numbers("split"), 0);  // a mistake there is told before files are read
        const Bytes bytes = read_files(find_files(options.text("path")));
        Lines lines = read_lines(bytes, options.text("unit") != "byte");
        digest_ = digest_of(lines);
        const auto sentences = cut_lines(lines, options);
        draw_split(lines, options);

        std::unordered_map<std::string, Size> counts;
        for (const Size example : split_[0])
            for (const std::string& symbol : sentences[example]) ++counts[symbol];
        lexicon_ = {
            counts, VocabularyLimit(options), unit_of(options.text("unit")), {.lower = options.boolean("lower")}};
        ends_.push_back(0);
        for (const std::vector<std::string>& sentence : sentences) {
            for (const std::string& symbol : sentence) tokens_.push_back(lexicon_.token(symbol));
            ends_.push_back(tokens_.size());
            longest_ = std::max(longest_, sentence.size());
        }
        for (const Line& line : lines.lines) labels_.push_back(static_cast<Token>(line.label));
        classes_ = {std::move(lines.classes), '\n'};
    }

    unroll::Task task() const override {
        return {.kind = unroll::Task::Kind::label,
                .input_tokens = lexicon_.size(),
                .target_tokens = classes_.size(),
                .sequence_length = longest_};
    }

    const unroll::Vocabulary* vocabulary() const override { return &lexicon_; }
    const unroll::Vocabulary* target_vocabulary() const override { return &classes_; }
    std::string digest() const override { return digest_; }

    Size examples(Split split) const override { return split_[static_cast<Size>(split)].size(); }

    void example(Split split, Size index, unroll::Example& out) const override {
        const Size example = split_[static_cast<Size>(split)][index];
        const Size begin = ends_[example];
        out.length = ends_[example + 1] - begin;
        std::copy_n(tokens_.begin() + static_cast<std::ptrdiff_t>(begin), out.length, out.tokens);
        out.target_tokens[out.length - 1] = labels_[example];
        out.weights[out.length - 1] = 1;
    }

private:
    /// Of what the files say, wherever they are: classes, and the texts of each in order.
    static std::string digest_of(const Lines& lines) {
        std::string all;
        for (const Line& line : lines.lines) {
            all.append(lines.classes[line.label]).append("\t").append(line.text).append("\n");
        }
        return unroll::sha256(all);
    }

    /// Each line's symbols, no more than `longest`. A line without symbols is refused: blank ones were left out before.
    static std::vector<std::vector<std::string>> cut_lines(const Lines& lines, const unroll::Options& options) {
        const auto longest = static_cast<Size>(options.integer("longest"));
        const std::string& unit = options.text("unit");
        std::vector<std::vector<std::string>> sentences;
        for (const Line& line : lines.lines) {
            auto& sentence = sentences.emplace_back(cut(line.text, unit_of(unit), {.lower = options.boolean("lower")}));
            if (sentence.empty()) {
                throw unroll::Error({"path", fmt::format("{}, contains no {}s", place_of(line), unit),
                                     "a text on every line", "remove the line"});
            }
            if (longest == 0 || sentence.size() <= longest) continue;
            if (options.text("longer") == "refuse") {
                throw unroll::Error({"longest", fmt::format("{}, has {} {}s", place_of(line), sentence.size(), unit),
                                     fmt::format("at most {}", longest),
                                     R"(raise it, shorten the line or set "longer": "cut")"});
            }
            sentence.resize(longest);
        }
        return sentences;
    }

    /// Each class by itself, in a random order: so all parts have the classes in the same proportion.
    void draw_split(const Lines& lines, const unroll::Options& options) {
        const auto seed = static_cast<std::uint64_t>(options.integer("split_seed"));
        std::vector<std::vector<Size>> of_class(lines.classes.size());
        for (Size i = 0; i < lines.lines.size(); ++i) of_class[lines.lines[i].label].push_back(i);
        for (Size label = 0; label < of_class.size(); ++label) {
            std::vector<Size>& examples = of_class[label];
            unroll::RandomStream stream(seed, "labelled-text", {unroll::content_hash(lines.classes[label])});
            shuffle(examples, stream);
            const auto ends = split_ranges(options.numbers("split"), examples.size()).ends;
            if (ends[0] == 0) {
                throw unroll::Error(
                    {"split",
                     fmt::format("class \"{}\" has {}, none in the training split", lines.classes[label],
                                 examples.size() == 1 ? "1 example" : fmt::format("{} examples", examples.size())),
                     "at least one training example of every class", "enlarge the training fraction or add examples"});
            }
            for (Size i = 0, part = 0; i < examples.size(); ++i) {
                while (i == ends[part]) ++part;
                split_[part].push_back(examples[i]);
            }
        }
    }

    std::string digest_;
    Lexicon lexicon_;
    Names classes_;
    std::vector<Token> tokens_, labels_;
    std::vector<Size> ends_;  ///< where the tokens of each example begin; one more at the end
    std::array<std::vector<Size>, 3> split_;
    Size longest_ = 0;
};

constexpr unroll::Option options[] = {
    unroll::Option::path("path", "",
                         "one file with LABEL<TAB>TEXT on each line; or a folder or glob of files, one per class, "
                         "with a text on each line"),
    unroll::Option::choice("unit", "\"word\"", "character|byte|word", "what a token is"),
    unroll::Option::boolean("lower", "false", "convert to lower case"),
    vocabulary_option,
    minimum_count_option,
    unroll::Option::integer("longest", "0", 0, 1e6, "maximum number of tokens in a text; 0: no limit"),
    unroll::Option::choice("longer", "\"cut\"", "cut|refuse", "longer texts: truncate them, or refuse the data"),
    unroll::Option::numbers("split", "[0.8, 0.1, 0.1]", 0, 1,
                            "fractions of each class for training, validation and test"),
    split_seed_option(),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::dataset_plugin<LabelledText>(
    "labelled-text", 1, "text classification: the class of a text is predicted at its end", options);
