// Images from IDX files, the format of the MNIST digits: to be classified, named or generated. Each pixel is a number
// from 0 to 1.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "../common/names.h"
#include "../common/shuffle.h"
#include "../common/split.h"
#include "file.h"
#include "unroll/error.h"
#include "unroll/plugin.h"
#include "unroll/random.h"
#include "unroll/sha256.h"

namespace {

using unroll::Size;
using unroll::Split;
using unroll::Task;
using unroll::Token;

constexpr std::string_view digit_names[] = {"zero", "one", "two",   "three", "four",
                                            "five", "six", "seven", "eight", "nine"};
constexpr char name_end = '.';
constexpr std::string_view name_characters = "efghinorstuvwxz.";

Size longest_name() {
    Size longest = 0;
    for (const std::string_view name : digit_names) longest = std::max(longest, name.size());
    return longest + 1;  // and its end
}

/// The splits of n images. `split` are fractions of 1, or how many.
SplitRanges ranges_of(const std::vector<double>& split, Size n) {
    const bool counts = std::any_of(split.begin(), split.end(), [](double part) { return part > 1; });
    if (!counts || split.size() != 3) return split_ranges(split, n);
    const auto wrong = [&](std::string found, std::string wanted) {
        throw unroll::Error({"split", fmt::format("[{}], {}", fmt::join(split, ", "), found), std::move(wanted),
                             "change the counts, or give fractions that sum to 1"});
    };
    if (std::any_of(split.begin(), split.end(), [](double part) { return part != std::floor(part); }))
        wrong("a mixture of counts and fractions", "three whole numbers: train, validation, test");
    const double sum = std::accumulate(split.begin(), split.end(), 0.0);
    if (sum > static_cast<double>(n))
        wrong(fmt::format("which sum to {}", sum), fmt::format("at most {}, the number of images", n));
    const auto train = static_cast<Size>(split[0]), validation = static_cast<Size>(split[1]);
    return {{train, train + validation, static_cast<Size>(sum)}};
}

class Idx final : public unroll::Dataset {
public:
    explicit Idx(const unroll::Options& options)
        : target_(options.text("target")), images_(read_idx(options.text("images"), "images", 3)) {
        const Size count = images_.sizes[0], rows = images_.sizes[1], columns = images_.sizes[2];
        if (count * rows * columns == 0) {
            throw unroll::Error(
                {"images",
                 fmt::format("\"{}\" has {} images of {} x {} pixels", options.text("images"), count, rows, columns),
                 "at least one image with at least one pixel", "check the path"});
        }
        by_row_ = options.text("step") == "row";
        if (by_row_ && target_ == "none")
            throw unroll::Error({"step", R"("row" with "target": "none", where whole images are generated)",
                                 "\"picture\"", "change it or choose another target"});
        digest_ = unroll::sha256(images_.bytes);
        if (target_ != "none") read_labels(options);
        draw_split(options, count);
    }

    Task task() const override {
        const Size rows = images_.sizes[1], columns = images_.sizes[2];
        Task task;
        task.sequence_length = by_row_ ? rows : 1;
        task.input_reals = by_row_ ? columns : rows * columns;
        if (target_ == "label") {
            task.kind = Task::Kind::label;
            task.target_tokens = classes_.size();
        } else if (target_ == "name") {
            task.kind = Task::Kind::target_sequence;
            task.target_tokens = letters_.size();
            task.target_length = longest_name();
            task.target_end = static_cast<Token>(name_characters.find(name_end));
        } else {
            task.kind = Task::Kind::image;
            task.image_rows = rows;
            task.image_columns = columns;
        }
        return task;
    }

    const unroll::Vocabulary* target_vocabulary() const override {
        if (target_ == "label") return &classes_;
        return target_ == "name" ? &letters_ : nullptr;
    }

    std::string digest() const override { return digest_; }

    Size examples(Split split) const override { return splits_.size(split); }

    void example(Split split, Size index, unroll::Example& out) const override {
        const Size image = order_[splits_.begin(split) + index];
        const Size pixels = images_.sizes[1] * images_.sizes[2];
        const unsigned char* const pixel = images_.values() + image * pixels;
        for (Size i = 0; i < pixels; ++i) out.reals[i] = static_cast<float>(pixel[i]) / 255.0f;
        out.length = by_row_ ? images_.sizes[1] : 1;
        if (target_ == "label") {
            out.target_tokens[out.length - 1] = labels_.values()[image];
            out.weights[out.length - 1] = 1;
        } else if (target_ == "name") {
            const std::string_view name = digit_names[labels_.values()[image]];
            for (Size t = 0; t <= name.size(); ++t) {
                out.target_tokens[t] = static_cast<Token>(name_characters.find(t < name.size() ? name[t] : name_end));
                out.weights[t] = 1;
            }
        }
    }

private:
    void read_labels(const unroll::Options& options) {
        const std::string& path = options.text("labels");
        const auto fail = [](std::string found, std::string wanted, std::string next) {
            throw unroll::Error({"labels", std::move(found), std::move(wanted), std::move(next)});
        };
        if (path.empty()) fail("not given", "the file with the images' labels", R"(give it or set "target": "none")");
        labels_ = read_idx(path, "labels", 1);
        if (labels_.sizes[0] != images_.sizes[0]) {
            fail(fmt::format("\"{}\" has {} labels for {} images", path, labels_.sizes[0], images_.sizes[0]),
                 "one label per image", "give the images and labels of one data set");
        }
        const Size most = *std::max_element(labels_.values(), labels_.values() + labels_.sizes[0]);
        if (most == 0) {
            fail(fmt::format("\"{}\" contains only the label 0", path), "at least two classes",
                 R"(give other files or set "target": "none")");
        }
        if (target_ == "name" && most >= std::size(digit_names)) {
            throw unroll::Error({"target", fmt::format("\"name\", but \"{}\" contains the label {}", path, most),
                                 "labels 0 to 9: only digits have names", R"(set "target": "label")"});
        }
        std::vector<std::string> names;
        for (Size label = 0; label <= most; ++label) names.push_back(std::to_string(label));
        classes_ = {std::move(names), ' '};
        digest_ = unroll::sha256(digest_ + unroll::sha256(labels_.bytes));
    }

    void draw_split(const unroll::Options& options, Size count) {
        splits_ = ranges_of(options.numbers("split"), count);
        order_.resize(count);
        std::iota(order_.begin(), order_.end(), Size{0});
        unroll::RandomStream stream(static_cast<std::uint64_t>(options.integer("split_seed")), "idx");
        shuffle(order_, stream);
    }

    std::string target_;
    IdxFile images_, labels_;
    bool by_row_ = false;
    std::string digest_;
    Names classes_;
    unroll::CharacterVocabulary letters_{std::string(name_characters)};
    std::vector<Size> order_;  ///< images: training, validation, test, and those in no split
    SplitRanges splits_;
};

constexpr unroll::Option options[] = {
    unroll::Option::path("images", "", "IDX file of images, gzip-compressed or not"),
    unroll::Option::path("labels", "\"\"", "IDX file of their labels; not needed when the target is none"),
    unroll::Option::choice(
        "target", "\"label\"", "label|name|none",
        "what to predict: the class, the digit's name letter by letter, or nothing (to generate images)"),
    unroll::Option::choice("step", "\"picture\"", "picture|row", "input of a step: the whole image or a row of pixels"),
    unroll::Option::numbers("split", "[0.8, 0.1, 0.1]", 0, 1e9,
                            "training, validation and test: fractions that sum to 1, or numbers of images"),
    split_seed_option(),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::dataset_plugin<Idx>(
    "idx", 1, "images from IDX files (the format of MNIST): to be classified, named or generated", options);
