// What a checkpoint keeps of the dataset.
#include "training/saved_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "training/symbol_table.h"
#include "unroll/error.h"

namespace unroll::training {

namespace {

constexpr const char *task_key = "dataset.task", *digest_key = "dataset.digest", *vocabulary_key = "dataset.vocabulary",
                     *target_key = "dataset.target_vocabulary", *sizes_key = "dataset.sizes";

/// Names stand in files and never change.
constexpr std::array<std::pair<std::string_view, Size Task::*>, 8> task_sizes{{
    {"input_tokens", &Task::input_tokens},
    {"input_reals", &Task::input_reals},
    {"target_tokens", &Task::target_tokens},
    {"target_reals", &Task::target_reals},
    {"sequence_length", &Task::sequence_length},
    {"target_length", &Task::target_length},
    {"image_rows", &Task::image_rows},
    {"image_columns", &Task::image_columns},
}};
constexpr std::array<std::string_view, 6> kinds{"next_token", "label", "sequence", "target_sequence", "reals", "image"};

/// "next_token input_tokens=65 … target_end=-1"
std::string text_of(const Task& task) {
    std::string text{kinds.at(static_cast<std::size_t>(task.kind))};
    for (const auto& [name, member] : task_sizes) text += fmt::format(" {}={}", name, task.*member);
    return text + fmt::format(" target_end={}", task.target_end);
}

[[noreturn]] void refuse(const std::string& found) {
    throw Error({task_key, fmt::format("'{}'", found), "the task of a dataset, as a checkpoint keeps it",
                 "use another checkpoint, or put the data where it was"});
}

Task task_of(const std::string& text) {
    std::istringstream words(text);
    std::string word;
    words >> word;
    Task task;
    std::size_t kind = 0;
    while (kind < kinds.size() && kinds[kind] != word) ++kind;
    if (kind == kinds.size()) refuse(text);
    task.kind = static_cast<Task::Kind>(kind);
    while (words >> word) {
        const std::size_t equals = word.find('=');
        std::int64_t value = 0;
        const char* const end = word.data() + word.size();
        if (equals == word.npos || std::from_chars(word.data() + equals + 1, end, value).ptr != end) refuse(text);
        const std::string_view name = std::string_view(word).substr(0, equals);
        if (name == "target_end") task.target_end = static_cast<Token>(value);
        for (const auto& [known, member] : task_sizes)
            if (name == known) task.*member = static_cast<Size>(value);
    }
    return task;
}

/// As large as any check of a setting asks for.
constexpr Size most_tokens = Size{1} << 22;

struct SplitSizes {
    std::array<Size, 3> tokens{}, examples{};
};

std::string text_of(const SplitSizes& sizes) {
    return fmt::format("{} {}", fmt::join(sizes.tokens, " "), fmt::join(sizes.examples, " "));
}

SplitSizes sizes_of(const std::string& text) {
    SplitSizes sizes;
    std::istringstream words(text);
    for (auto* of_kind : {&sizes.tokens, &sizes.examples})
        for (Size& size : *of_kind)
            if (!(words >> size)) refuse(text);
    return sizes;
}

class SavedDataset final : public Dataset {
public:
    SavedDataset(Task task, std::string digest, const SplitSizes& sizes, std::optional<SymbolTable> vocabulary,
                 std::optional<SymbolTable> target, std::unique_ptr<Dataset> of_symbols)
        : task_(task),
          digest_(std::move(digest)),
          sizes_(sizes),
          zeros_(std::min(most_tokens, *std::max_element(sizes.tokens.begin(), sizes.tokens.end())), Token{0}),
          vocabulary_(std::move(vocabulary)),
          target_(std::move(target)),
          of_symbols_(std::move(of_symbols)) {}

    Task task() const override { return task_; }
    const Vocabulary* vocabulary() const override {
        if (of_symbols_) return of_symbols_->vocabulary();
        return vocabulary_ ? &*vocabulary_ : nullptr;
    }
    const Vocabulary* target_vocabulary() const override { return target_ ? &*target_ : vocabulary(); }
    std::string digest() const override { return digest_; }
    std::span<const Token> tokens(Split split) const override {
        return std::span(zeros_).first(std::min(zeros_.size(), sizes_.tokens[Size(split)]));
    }
    Size examples(Split split) const override { return sizes_.examples[Size(split)]; }

private:
    Task task_;
    std::string digest_;
    SplitSizes sizes_;
    std::vector<Token> zeros_;
    std::optional<SymbolTable> vocabulary_, target_;
    std::unique_ptr<Dataset> of_symbols_;  ///< has the vocabulary, if any
};

/// A dataset whose vocabulary is the one that the table is of; null: none.
std::unique_ptr<Dataset> with_symbols(const SymbolTable& table, const DatasetOfText& dataset_of) {
    auto dataset = dataset_of ? dataset_of(table.text_of_all()) : nullptr;
    const Vocabulary* vocabulary = dataset ? dataset->vocabulary() : nullptr;
    return vocabulary && table.has_symbols_of(*vocabulary) ? std::move(dataset) : nullptr;
}

}  // namespace

void save_dataset(const Dataset& dataset, Metadata& metadata) {
    const Vocabulary *vocabulary = dataset.vocabulary(), *target = dataset.target_vocabulary();
    SplitSizes sizes;
    for (const Split split : {Split::train, Split::validation, Split::test}) {
        sizes.tokens[Size(split)] = dataset.tokens(split).size();
        sizes.examples[Size(split)] = dataset.examples(split);
    }
    metadata[task_key] = text_of(dataset.task());
    metadata[digest_key] = dataset.digest();
    metadata[sizes_key] = text_of(sizes);
    if (vocabulary) metadata[vocabulary_key] = SymbolTable::of(*vocabulary, dataset.tokens(Split::train)).save();
    if (target && target != vocabulary) metadata[target_key] = SymbolTable::of(*target, {}).save();
}

std::unique_ptr<Dataset> saved_dataset(const Metadata& metadata, const DatasetOfText& dataset_of) {
    const auto value = [&](const char* key) -> std::optional<std::string> {
        const auto found = metadata.find(key);
        return found == metadata.end() ? std::nullopt : std::optional(found->second);
    };
    const auto task = value(task_key), digest = value(digest_key), sizes = value(sizes_key);
    if (!task || !digest || !sizes) return nullptr;
    const auto table = [&](const char* key) -> std::optional<SymbolTable> {
        const auto saved = value(key);
        if (!saved) return std::nullopt;
        try {
            return SymbolTable::load(*saved);
        } catch (const std::invalid_argument&) {
            refuse(*saved);
        }
    };
    const Task known = task_of(*task);
    auto vocabulary = table(vocabulary_key), target = table(target_key);
    std::unique_ptr<Dataset> of_symbols;
    if (known.kind == Task::Kind::next_token && vocabulary) of_symbols = with_symbols(*vocabulary, dataset_of);
    const auto drop_inexact = [](std::optional<SymbolTable>& kept) {
        if (kept && !kept->is_exact()) kept.reset();
    };
    const bool was_shared = !target;
    drop_inexact(vocabulary);
    drop_inexact(target);
    if (known.kind == Task::Kind::next_token && !vocabulary && !of_symbols) return nullptr;
    if (known.kind == Task::Kind::target_sequence &&
        (was_shared ? !vocabulary : !target || (known.input_tokens > 0 && !vocabulary)))
        return nullptr;
    return std::make_unique<SavedDataset>(known, *digest, sizes_of(*sizes), std::move(vocabulary), std::move(target),
                                          std::move(of_symbols));
}

}  // namespace unroll::training
