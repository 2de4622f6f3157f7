// Brackets: nesting depth. The input is a well-nested string, the target at each position the depth behind the bracket
// that stands there:
//
//     input   ( [ ] ( ( ) ) )
//     target  1 2 1 2 3 2 1 0
//
// A string is a walk from depth 0 back to it: wherever both are possible, a bracket opens or closes with equal chance;
// a closing one is of the kind that it closes. The depth at a position follows from what stands before it, so a longer
// string contains all shorter questions: accuracy by position in a test of longer strings is accuracy by length.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/made_examples.h"
#include "unroll/error.h"
#include "unroll/plugin.h"

namespace {

using unroll::Size;
using unroll::Split;
using unroll::Token;

constexpr std::string_view brackets = "()[]{}<>";
constexpr std::string_view depths = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

Size even(const unroll::Options& options, const char* name) {
    const auto length = static_cast<Size>(options.integer(name));
    if (length % 2 != 0) {
        throw unroll::Error({name, std::to_string(length), "an even number, since every opening bracket is closed",
                             "change it by one"});
    }
    return length;
}

class Brackets final : public unroll::Dataset {
public:
    explicit Brackets(const unroll::Options& options)
        : length_(even(options, "length")),
          test_length_(even(options, "test_length")),
          max_depth_(static_cast<Size>(options.integer("max_depth"))),
          kinds_(static_cast<Size>(options.integer("kinds"))),
          examples_(options),
          brackets_(std::string(brackets.substr(0, 2 * kinds_))),
          depths_(std::string(depths.substr(0, max_depth_ + 1))) {
        if (test_length_ == 0) test_length_ = length_;
    }

    unroll::Task task() const override {
        return {.kind = unroll::Task::Kind::sequence,
                .input_tokens = brackets_.size(),
                .target_tokens = depths_.size(),
                .sequence_length = std::max(length_, test_length_)};
    }

    const unroll::Vocabulary* vocabulary() const override { return &brackets_; }
    const unroll::Vocabulary* target_vocabulary() const override { return &depths_; }

    Size examples(Split split) const override { return examples_.count(split); }

    /// Made from its index each time: nothing is stored.
    void example(Split split, Size index, unroll::Example& out) const override {
        unroll::RandomStream stream = examples_.stream("brackets", split, index);
        out.length = split == Split::test ? test_length_ : length_;
        std::vector<Size> open;  // the kinds of the brackets that are open
        for (Size t = 0; t < out.length; ++t) {
            const bool may_open = open.size() < std::min(max_depth_, out.length - t - 1);
            const bool opens = open.empty() || (may_open && stream.below(2) == 0);
            if (opens) open.push_back(stream.below(kinds_));
            out.tokens[t] = static_cast<Token>(2 * open.back() + (opens ? 0 : 1));
            if (!opens) open.pop_back();
            out.target_tokens[t] = static_cast<Token>(open.size());
            out.weights[t] = 1;
        }
    }

private:
    Size length_, test_length_, max_depth_, kinds_;
    MadeExamples examples_;
    unroll::CharacterVocabulary brackets_, depths_;
};

constexpr unroll::Option own_options[] = {
    unroll::Option::integer("length", "40", 2, 1e6, "length of the training and validation strings"),
    unroll::Option::integer("test_length", "0", 0, 1e6, "length of the test strings; 0: the same"),
    unroll::Option::integer("max_depth", "8", 1, 61, "maximum nesting depth"),
    unroll::Option::integer("kinds", "2", 1, 4, "kinds of brackets: the first N of () [] {} <>"),
};
constexpr auto options = with_made_examples(own_options, "10000");

}  // namespace

constinit const unroll::Plugin unroll_plugin =
    unroll::dataset_plugin<Brackets>("brackets", 1, "nesting depth at each position of a bracket string", options);
