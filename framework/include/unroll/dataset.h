// A dataset: where sequences come from. It also says what is to be predicted, the task.
//
// A dataset is loaded once per process and used by any number of trials and threads at once. It is random-access: what
// it returns depends on its arguments and its options alone, so that a trial which was killed resumes without a cursor.
// It is either a corpus, one long run of tokens per split from which the runner cuts windows, or a list of examples.
//
// Threads. [load]: called on one thread, before the dataset is shared. [any]: called on any thread, by several at once;
// no call may change anything that another one reads.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/export.h"
#include "unroll/types.h"

namespace unroll {

enum class Split { train, validation, test };

/// What is predicted, and from what.
struct Task {
    enum class Kind {
        next_token,       ///< a corpus: each position predicts the token after it
        label,            ///< a class for a whole sequence, predicted at its last valid position
        sequence,         ///< a token for every position with a weight
        target_sequence,  ///< sequence to sequence: a target of another length and vocabulary than the input
        reals,            ///< `target_reals` numbers for every position with a weight, squared error
        image,            ///< nothing: images like these are generated
    };
    Kind kind = Kind::next_token;
    Size input_tokens = 0;   ///< V of the inputs; 0: inputs are reals
    Size input_reals = 0;    ///< D of the inputs when they are reals
    Size target_tokens = 0;  ///< classes to choose from; 0: targets are reals, or there are none
    Size target_reals = 0;   ///< numbers per position when targets are reals
    /// T of the inputs, when the dataset fixes it (the longest example); 0: the trial chooses.
    Size sequence_length = 0;
    /// target_sequence: tokens of the longest target, the end-of-sequence token among them.
    Size target_length = 0;
    /// target_sequence: the end-of-sequence token (EOS), which ends every target and is predicted like any other token;
    /// -1: there is none, and every target has target_length tokens.
    Token target_end = -1;
    /// image: height and width of the input_reals of one image, which lie row by row, each 0 … 1.
    Size image_rows = 0, image_columns = 0;

    /// Positions that targets and their weights have.
    Size target_positions() const { return kind == Kind::target_sequence ? target_length : sequence_length; }
};

/// Symbols and their tokens. All calls: [any].
class UNROLL_EXPORT Vocabulary {
public:
    virtual ~Vocabulary() = default;
    virtual Size size() const = 0;
    /// The text's tokens. On a symbol that is not in the vocabulary: none, and `unknown` receives that symbol.
    virtual std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const = 0;
    virtual std::string decode(std::span<const Token> tokens) const = 0;
    /// False for a token that must never be generated, such as the unknown token.
    virtual bool can_generate(Token) const { return true; }
};

/// The vocabulary of a dataset whose symbols are single ASCII characters: token i is written as characters[i].
class UNROLL_EXPORT CharacterVocabulary final : public Vocabulary {
public:
    /// Throws std::invalid_argument when a character is not ASCII or comes twice: a mistake in the plugin.
    explicit CharacterVocabulary(std::string characters);

    Size size() const override { return characters_.size(); }
    std::optional<std::vector<Token>> encode(std::string_view text, std::string& unknown) const override;
    std::string decode(std::span<const Token> tokens) const override;

private:
    std::string characters_;
};

/// Where a dataset writes one example. Inputs have T = task().sequence_length positions, targets and weights
/// task().target_positions(); all are zeroed beforehand. An image has neither targets nor weights: they are null.
struct Example {
    Token* tokens = nullptr;         ///< (T) inputs, when the task's inputs are tokens
    float* reals = nullptr;          ///< (T, input_reals) inputs otherwise
    Token* target_tokens = nullptr;  ///< (positions)
    float* target_reals = nullptr;   ///< (positions, target_reals)
    float* weights = nullptr;        ///< (positions) 1 where a prediction is counted, 0 elsewhere; a target sequence
                                     ///< begins at 0 and has a weight of 1 at each of its symbols
    Size length = 0;                 ///< to be set: valid positions of the inputs, 1 … T
};

/// Made by Plugin::make_dataset, which loads all data and throws Error for what cannot be used [load].
class UNROLL_EXPORT Dataset {
public:
    virtual ~Dataset() = default;

    /// [any] The same at every call.
    virtual Task task() const = 0;

    /// [any] Of the inputs; null when they are reals. Lives as long as the dataset.
    virtual const Vocabulary* vocabulary() const { return nullptr; }
    /// [any] Of the targets; the inputs' unless the dataset says otherwise.
    virtual const Vocabulary* target_vocabulary() const { return vocabulary(); }

    /// [any] SHA-256 (unroll/sha256.h) of everything it was loaded from; "" when its options alone decide what it
    /// contains. Trials on data with another digest are other trials.
    virtual std::string digest() const { return {}; }

    /// [any] A corpus: all tokens of a split, in order; lives as long as the dataset. Empty for a list of examples.
    virtual std::span<const Token> tokens(Split) const { return {}; }

    /// [any] A list of examples: how many a split has.
    virtual Size examples(Split) const { return 0; }
    /// [any] Writes the one at `index`, below examples(split). Called for every example of every batch while training
    /// waits: no files, no locks.
    virtual void example(Split, Size /*index*/, Example& /*out*/) const {}
};

}  // namespace unroll
