// A dataset behind its guard: sizes and tokens are checked once, or as they come.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "plugins/guard.h"
#include "plugins/make.h"

namespace unroll::plugins {

namespace {

constexpr std::array<std::pair<Split, const char*>, 3> splits{
    {{Split::train, "train"}, {Split::validation, "validation"}, {Split::test, "test"}}};

/// One less than there are, since a decoder is fed the token after the last as a start.
constexpr Size most_tokens = std::numeric_limits<Token>::max() - 1;
constexpr Size most_examples = std::numeric_limits<std::uint32_t>::max();  ///< as orders of examples are kept
constexpr Size most_values = Size{1} << 32;                                ///< of one example

bool is_within(Token token, Size size) {
    return token >= 0 && static_cast<Size>(token) < size;
}

/// Where the first token stands that is not below `size`; the length when all are.
Size first_outside(std::span<const Token> tokens, Size size) {
    // Whole blocks without a branch in them; negative tokens are large unsigned ones.
    constexpr Size block = 4096;
    for (Size begin = 0; begin < tokens.size(); begin += block) {
        const std::span<const Token> part = tokens.subspan(begin, std::min(block, tokens.size() - begin));
        std::uint32_t largest = 0;
        for (const Token token : part) largest = std::max(largest, static_cast<std::uint32_t>(token));
        if (largest < size) continue;
        for (Size i = 0; i < part.size(); ++i)
            if (!is_within(part[i], size)) return begin + i;
    }
    return tokens.size();
}

class GuardedVocabulary final : public Vocabulary {
public:
    GuardedVocabulary(const Vocabulary& inner, std::string who, Size size)
        : inner_(inner), who_(std::move(who)), size_(size) {
        const Size own = guarded(who_, [&] { return inner_.size(); });
        if (own != size)
            broken_promise(who_, fmt::format("a vocabulary of {} symbols for {} tokens", own, size),
                           "a symbol for each token");
    }

    Size size() const override { return size_; }

    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override {
        auto tokens = guarded(who_, [&] { return inner_.encode(text, unknown); });
        if (tokens)
            if (const Size at = first_outside(*tokens, size_); at < tokens->size())
                broken_promise(who_, fmt::format("token {} for a text, of a vocabulary of {}", (*tokens)[at], size_),
                               "tokens of the vocabulary");
        return tokens;
    }

    std::string decode(std::span<const Token> tokens) const override {
        return guarded(who_, [&] { return inner_.decode(tokens); });
    }

    bool can_generate(Token token) const override {
        return guarded(who_, [&] { return inner_.can_generate(token); });
    }

private:
    const Vocabulary& inner_;
    std::string who_;
    Size size_;
};

class GuardedDataset final : public Dataset {
public:
    GuardedDataset(std::unique_ptr<Dataset> inner, std::string who)
        : inner_(std::move(inner)), who_(std::move(who)), task_(guarded(who_, [&] { return inner_->task(); })) {
        check_task();
        guarded(who_, [&] { take_vocabularies(); });
        digest_ = guarded(who_, [&] { return inner_->digest(); });
        for (const auto& [split, name] : splits) take_split(split, name);
    }

    Task task() const override { return task_; }
    const Vocabulary* vocabulary() const override { return vocabulary_ ? &*vocabulary_ : nullptr; }
    const Vocabulary* target_vocabulary() const override {
        if (target_is_vocabulary_) return vocabulary();
        return target_ ? &*target_ : nullptr;
    }
    std::string digest() const override { return digest_; }
    std::span<const Token> tokens(Split split) const override { return tokens_[static_cast<Size>(split)]; }
    Size examples(Split split) const override { return examples_[static_cast<Size>(split)]; }

    void example(Split split, Size index, Example& out) const override {
        guarded(who_, [&] { inner_->example(split, index, out); });
        if (out.length < 1 || out.length > task_.sequence_length)
            wrong_example(split, index, fmt::format("{} valid positions", out.length),
                          fmt::format("1 to {}", task_.sequence_length));
        check_tokens(split, index, "input", out.tokens, task_.sequence_length, task_.input_tokens);
        check_tokens(split, index, "target", out.target_tokens, task_.target_positions(), task_.target_tokens);
    }

private:
    [[noreturn]] void wrong(const std::string& found, const std::string& promised) const {
        broken_promise(who_, found, promised);
    }

    [[noreturn]] void wrong_example(Split split, Size index, const std::string& found,
                                    const std::string& promised) const {
        wrong(fmt::format("{} in example {} of the {} split", found, index, splits[static_cast<Size>(split)].second),
              promised);
    }

    void check_tokens(Split split, Size index, const char* what, const Token* tokens, Size count, Size size) const {
        if (!tokens || size == 0) return;
        if (const Size at = first_outside({tokens, count}, size); at < count)
            wrong_example(split, index, fmt::format("{} token {}, of a vocabulary of {},", what, tokens[at], size),
                          "tokens of the vocabulary");
    }

    void check_task() const {
        if (task_.kind > Task::Kind::image)
            wrong(fmt::format("a task of kind {}", static_cast<int>(task_.kind)), "a kind of unroll/dataset.h");
        check_sizes();
        const bool corpus = task_.kind == Task::Kind::next_token, image = task_.kind == Task::Kind::image;
        if ((task_.input_tokens > 0) == (task_.input_reals > 0))
            wrong(fmt::format("{} input tokens and {} input reals", task_.input_tokens, task_.input_reals),
                  "inputs that are either tokens or reals");
        if (!image && (task_.target_tokens > 0) == (task_.target_reals > 0))
            wrong(fmt::format("{} target tokens and {} target reals", task_.target_tokens, task_.target_reals),
                  "targets that are either tokens or reals");
        if (image && task_.target_tokens + task_.target_reals > 0) wrong("targets for images", "none");
        if (corpus && task_.input_tokens != task_.target_tokens)
            wrong(fmt::format("{} input tokens and {} target tokens", task_.input_tokens, task_.target_tokens),
                  "one vocabulary for inputs and targets of a corpus");
        if (!corpus && task_.sequence_length == 0) wrong("examples of length 0", "at least one position");
        if (task_.kind == Task::Kind::target_sequence && task_.target_length == 0)
            wrong("target sequences of length 0", "at least one position");
        if (task_.target_end >= 0 && !is_within(task_.target_end, task_.target_tokens))
            wrong(fmt::format("the end-of-sequence token {} of {}", task_.target_end, task_.target_tokens),
                  "a token of the target vocabulary");
        if (image && task_.image_rows * task_.image_columns != task_.sequence_length * task_.input_reals)
            wrong(fmt::format("images of {} x {} pixels in {} values", task_.image_rows, task_.image_columns,
                              task_.sequence_length * task_.input_reals),
                  "a value for each pixel");
    }

    /// That no product of them wraps round.
    void check_sizes() const {
        const auto at_most = [&](const char* what, Size size, Size most) {
            if (size > most) wrong(fmt::format("{} {}", size, what), fmt::format("at most {}", most));
        };
        at_most("input tokens", task_.input_tokens, most_tokens);
        at_most("target tokens", task_.target_tokens, most_tokens);
        at_most("numbers of an input", task_.input_reals, most_values);
        at_most("numbers of a target", task_.target_reals, most_values);
        at_most("positions of an example", task_.sequence_length, most_values);
        at_most("positions of a target", task_.target_length, most_values);
        at_most("rows of an image", task_.image_rows, most_tokens);
        at_most("columns of an image", task_.image_columns, most_tokens);
        const auto values = [](Size positions, Size width) {
            return positions ? (most_values / positions) >= width : true;
        };
        if (!values(task_.sequence_length, task_.input_reals) || !values(task_.target_positions(), task_.target_reals))
            wrong("more numbers in an example than memory can have", fmt::format("at most {}", most_values));
    }

    void take_vocabularies() {
        const Vocabulary *inputs = inner_->vocabulary(), *targets = inner_->target_vocabulary();
        target_is_vocabulary_ = inputs == targets;
        if (inputs) vocabulary_.emplace(*inputs, who_, task_.input_tokens ? task_.input_tokens : inputs->size());
        if (targets && !target_is_vocabulary_)
            target_.emplace(*targets, who_, task_.target_tokens ? task_.target_tokens : targets->size());
        if (target_is_vocabulary_ && targets && task_.target_tokens && task_.target_tokens != vocabulary_->size())
            wrong(fmt::format("a vocabulary of {} symbols for {} target tokens", vocabulary_->size(),
                              task_.target_tokens),
                  "a target vocabulary of its own");
    }

    void take_split(Split split, const char* name) {
        const auto place = static_cast<Size>(split);
        tokens_[place] = guarded(who_, [&] { return inner_->tokens(split); });
        examples_[place] = guarded(who_, [&] { return inner_->examples(split); });
        if (examples_[place] > most_examples)
            wrong(fmt::format("{} examples in the {} split", examples_[place], name),
                  fmt::format("at most {}", most_examples));
        if (tokens_[place].size() > most_elements)
            wrong(fmt::format("{} tokens in the {} split", tokens_[place].size(), name), "tokens that are in memory");
        if (const Size at = first_outside(tokens_[place], task_.input_tokens); at < tokens_[place].size())
            wrong(fmt::format("token {}, of a vocabulary of {}, at position {} of the {} split", tokens_[place][at],
                              task_.input_tokens, at, name),
                  "tokens of the vocabulary");
    }

    std::unique_ptr<Dataset> inner_;
    std::string who_;
    Task task_;
    std::string digest_;
    std::optional<GuardedVocabulary> vocabulary_, target_;
    bool target_is_vocabulary_ = true;
    std::array<std::span<const Token>, 3> tokens_;
    std::array<Size, 3> examples_{};
};

}  // namespace

std::unique_ptr<Dataset> guard(std::unique_ptr<Dataset> dataset, std::string who) {
    return std::make_unique<GuardedDataset>(std::move(dataset), std::move(who));
}

}  // namespace unroll::plugins
