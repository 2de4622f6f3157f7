// Examples that are made by a rule, each from its index alone: how many each split has, and the seed behind them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "unroll/dataset.h"
#include "unroll/options.h"
#include "unroll/random.h"

class MadeExamples {
public:
    explicit MadeExamples(const unroll::Options& options)
        : seed_(static_cast<std::uint64_t>(options.integer("split_seed"))),
          counts_{static_cast<unroll::Size>(options.integer("train")),
                  static_cast<unroll::Size>(options.integer("validation")),
                  static_cast<unroll::Size>(options.integer("test"))} {}

    unroll::Size count(unroll::Split split) const { return counts_[static_cast<unroll::Size>(split)]; }

    /// The random numbers of one example.
    unroll::RandomStream stream(std::string_view dataset, unroll::Split split, unroll::Size index) const {
        return {seed_, dataset, {static_cast<std::uint64_t>(split), index}};
    }

private:
    std::uint64_t seed_;
    std::array<unroll::Size, 3> counts_;
};

/// A dataset's own options and, behind them, those of MadeExamples; `train` is the default number of training examples.
template <std::size_t n>
constexpr std::array<unroll::Option, n + 4> with_made_examples(const unroll::Option (&own)[n], const char* train) {
    using unroll::Option;
    std::array<Option, n + 4> all{};
    std::copy(own, own + n, all.begin());
    all[n] = Option::integer("train", train, 1, 1e9, "number of training examples");
    all[n + 1] = Option::integer("validation", "1000", 0, 1e9, "number of validation examples");
    all[n + 2] = Option::integer("test", "1000", 0, 1e9, "number of test examples");
    all[n + 3] = Option::integer("split_seed", "1", 0, unroll::largest_seed,
                                 "seed of the generated examples; independent of the trial's seed");
    return all;
}
