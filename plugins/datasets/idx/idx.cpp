// Pictures from IDX files, the format of the MNIST digits: to be told what they show, by number or by name, or to be
// imitated. Each point is a number from 0 to 1.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "../common/files.h"
#include "../common/names.h"
#include "../common/split.h"
#include "file.h"
#include "unroll/error.h"
#include "unroll/plugin.h"
#include "unroll/random.h"

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

/// Where the parts of n pictures end. `split` are fractions of 1, or how many.
std::array<Size, 3> ends_of(const std::vector<double>& split, Size n) {
    const bool counts = std::any_of(split.begin(), split.end(), [](double part) { return part > 1; });
    if (!counts || split.size() != 3) return split_ends(split, n);
    const auto wrong = [&](std::string found, std::string wanted) {
        throw unroll::Error({"split", fmt::format("[{}], {}", fmt::join(split, ", "), found), std::move(wanted),
                             "change them, or give fractions that sum to 1"});
    };
    if (std::any_of(split.begin(), split.end(), [](double part) { return part != std::floor(part); }))
        wrong("of which one is above 1 and one no whole number", "three whole numbers: train, validation, test");
    const double sum = std::accumulate(split.begin(), split.end(), 0.0);
    if (sum > static_cast<double>(n))
        wrong(fmt::format("which sum to {}", sum), fmt::format("no more than the {} pictures", n));
    const auto train = static_cast<Size>(split[0]), validation = static_cast<Size>(split[1]);
    return {train, train + validation, static_cast<Size>(sum)};
}

class Idx final : public unroll::Dataset {
public:
    explicit Idx(const unroll::Options& options)
        : target_(options.text("target")), images_(read_idx(options.text("images"), "images", 3)) {
        const Size count = images_.sizes[0], rows = images_.sizes[1], columns = images_.sizes[2];
        if (count * rows * columns == 0) {
            throw unroll::Error(
                {"images",
                 fmt::format("\"{}\" has {} pictures of {} x {} points", options.text("images"), count, rows, columns),
                 "pictures", "give the path of another file"});
        }
        by_row_ = options.text("step") == "row";
        if (by_row_ && target_ == "none")
            throw unroll::Error({"step", "\"row\", but with \"target\": \"none\" whole pictures are made",
                                 "\"picture\"", "change it, or choose another target"});
        digest_ = sha256(images_.bytes);
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

    Size examples(Split split) const override {
        const auto part = static_cast<Size>(split);
        return ends_[part] - (part == 0 ? 0 : ends_[part - 1]);
    }

    void example(Split split, Size index, unroll::Example& out) const override {
        const Size picture = order_[(split == Split::train ? 0 : ends_[static_cast<Size>(split) - 1]) + index];
        const Size points = images_.sizes[1] * images_.sizes[2];
        const unsigned char* const point = images_.values() + picture * points;
        for (Size i = 0; i < points; ++i) out.reals[i] = static_cast<float>(point[i]) / 255.0f;
        out.length = by_row_ ? images_.sizes[1] : 1;
        if (target_ == "label") {
            out.target_tokens[out.length - 1] = labels_.values()[picture];
            out.weights[out.length - 1] = 1;
        } else if (target_ == "name") {
            const std::string_view name = digit_names[labels_.values()[picture]];
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
        if (path.empty()) fail("nothing", "the file with the pictures' labels", R"(give it, or "target": "none")");
        labels_ = read_idx(path, "labels", 1);
        if (labels_.sizes[0] != images_.sizes[0]) {
            fail(fmt::format("\"{}\" has {} labels for {} pictures", path, labels_.sizes[0], images_.sizes[0]),
                 "a label for each picture", "give the two files that belong together");
        }
        const Size most = *std::max_element(labels_.values(), labels_.values() + labels_.sizes[0]);
        if (most == 0) {
            fail(fmt::format("\"{}\" has the label 0 alone", path), "at least two classes",
                 R"(give other files, or "target": "none")");
        }
        if (target_ == "name" && most >= std::size(digit_names)) {
            throw unroll::Error({"target", fmt::format("\"name\", but \"{}\" has the label {}", path, most),
                                 "digits, which have names", R"(give "target": "label")"});
        }
        std::vector<std::string> names;
        for (Size label = 0; label <= most; ++label) names.push_back(std::to_string(label));
        classes_ = {std::move(names), ' '};
        digest_ = sha256(digest_ + sha256(labels_.bytes));
    }

    void draw_split(const unroll::Options& options, Size count) {
        ends_ = ends_of(options.numbers("split"), count);
        order_.resize(count);
        std::iota(order_.begin(), order_.end(), Size{0});
        unroll::RandomStream stream(static_cast<std::uint64_t>(options.integer("split_seed")), "idx");
        for (Size i = count; i > 1; --i) std::swap(order_[i - 1], order_[stream.below(i)]);
    }

    std::string target_;
    IdxFile images_, labels_;
    bool by_row_ = false;
    std::string digest_;
    Names classes_;
    unroll::CharacterVocabulary letters_{std::string(name_characters)};
    std::vector<Size> order_;  ///< pictures: those for training, for validation, for test, and what is left
    std::array<Size, 3> ends_{};
};

constexpr unroll::Option options[] = {
    unroll::Option::path("images", "", "an IDX file of pictures, packed with gzip or not"),
    unroll::Option::path("labels", "\"\"", "an IDX file of their labels; not needed when the target is none"),
    unroll::Option::choice("target", "\"label\"", "label|name|none",
                           "what is to be told: the label, a digit's name letter by letter, or nothing"),
    unroll::Option::choice("step", "\"picture\"", "picture|row", "what is read in one step"),
    unroll::Option::numbers("split", "[0.8, 0.1, 0.1]", 0, 1e9,
                            "training, validation and test: fractions that sum to 1, or how many pictures"),
    unroll::Option::integer("split_seed", "1", 0, unroll::largest_seed,
                            "decides the split; never follows the trial's seed"),
};

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::dataset_plugin<Idx>(
    "idx", 1, "pictures of an IDX file, as MNIST's: their labels, names, or more like them", options);
