// Multi-query associative recall (Arora et al. 2023): pairs of a key and a value are shown, and later keys ask for
// their values. With P pairs, a distance of N and Q queries, T = 2 P + N + Q:
//
//     input   k1 v1 … kP vP  0 … 0  q1 … qQ     N blanks
//     target                        a1 … aQ     the value that was shown behind the key; no other position counts
//
// The keys of an example are all different, values need not be. Queries ask for all pairs, in a random order, before
// one is asked for again. A model that knows only the set of values shown has a loss of at most ln P.
#include <algorithm>
#include <string>
#include <vector>

#include "common/made_examples.h"
#include "common/names.h"
#include "common/shuffle.h"
#include "unroll/error.h"
#include "unroll/plugin.h"

namespace {

using unroll::Size;
using unroll::Split;
using unroll::Token;

/// "k0", "k1", …
void add_names(std::vector<std::string>& names, char sort, Size count) {
    for (Size i = 0; i < count; ++i) names.push_back(sort + std::to_string(i));
}

/// `count` different numbers below `bound`, in a random order.
std::vector<Size> draw_different(unroll::RandomStream& stream, Size count, Size bound) {
    std::vector<Size> drawn;
    // Floyd's way: each subset is equally likely, and as many draws as numbers are enough.
    for (Size top = bound - count; top < bound; ++top) {
        const Size one = stream.below(top + 1);
        const bool taken = std::find(drawn.begin(), drawn.end(), one) != drawn.end();
        drawn.push_back(taken ? top : one);
    }
    shuffle(drawn, stream);
    return drawn;
}

class AssociativeRecall final : public unroll::Dataset {
public:
    explicit AssociativeRecall(const unroll::Options& options)
        : pairs_(static_cast<Size>(options.integer("pairs"))),
          queries_(static_cast<Size>(options.integer("queries"))),
          distance_(static_cast<Size>(options.integer("distance"))),
          keys_(static_cast<Size>(options.integer("keys"))),
          values_(static_cast<Size>(options.integer("values"))),
          examples_(options) {
        if (keys_ < pairs_) {
            throw unroll::Error({"keys", std::to_string(keys_) + " for " + std::to_string(pairs_) + " pairs",
                                 "at least as many keys as pairs, since the keys of an example are distinct",
                                 "raise keys or lower pairs"});
        }
        std::vector<std::string> inputs{"_"}, targets;
        add_names(inputs, 'k', keys_);
        add_names(inputs, 'v', values_);
        add_names(targets, 'v', values_);
        inputs_ = {std::move(inputs), ' '};
        targets_ = {std::move(targets), ' '};
    }

    unroll::Task task() const override {
        return {.kind = unroll::Task::Kind::sequence,
                .input_tokens = inputs_.size(),
                .target_tokens = targets_.size(),
                .sequence_length = 2 * pairs_ + distance_ + queries_};
    }

    const unroll::Vocabulary* vocabulary() const override { return &inputs_; }
    const unroll::Vocabulary* target_vocabulary() const override { return &targets_; }

    Size examples(Split split) const override { return examples_.count(split); }

    /// Made from its index each time: nothing is stored.
    void example(Split split, Size index, unroll::Example& out) const override {
        unroll::RandomStream stream = examples_.stream("associative-recall", split, index);
        const std::vector<Size> keys = draw_different(stream, pairs_, keys_);
        std::vector<Size> values(pairs_), order;
        for (Size i = 0; i < pairs_; ++i) {
            values[i] = stream.below(values_);
            out.tokens[2 * i] = static_cast<Token>(1 + keys[i]);
            out.tokens[2 * i + 1] = static_cast<Token>(1 + keys_ + values[i]);
        }
        for (Size i = 0; i < queries_; ++i) {
            if (i % pairs_ == 0) order = draw_different(stream, pairs_, pairs_);
            const Size asked = order[i % pairs_], t = 2 * pairs_ + distance_ + i;
            out.tokens[t] = static_cast<Token>(1 + keys[asked]);
            out.target_tokens[t] = static_cast<Token>(values[asked]);
            out.weights[t] = 1;
        }
        out.length = task().sequence_length;
    }

private:
    Size pairs_, queries_, distance_, keys_, values_;
    MadeExamples examples_;
    Names inputs_, targets_;
};

constexpr unroll::Option own_options[] = {
    unroll::Option::integer("pairs", "8", 1, 1e4, "key-value pairs per example"),
    unroll::Option::integer("queries", "8", 1, 1e4, "queries per example, each a key whose value is the target"),
    unroll::Option::integer("distance", "0", 0, 1e6, "blanks between the last pair and the first query"),
    unroll::Option::integer("keys", "64", 1, 1e5, "number of distinct keys"),
    unroll::Option::integer("values", "64", 2, 1e5, "number of distinct values"),
};
constexpr auto options = with_made_examples(own_options, "20000");

}  // namespace

constinit const unroll::Plugin unroll_plugin = unroll::dataset_plugin<AssociativeRecall>(
    "associative-recall", 1, "multi-query associative recall: the values of keys shown earlier", options);
