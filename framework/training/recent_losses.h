// The losses of the last steps: what a trial's final training loss is the mean of.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/loss.h"
#include "unroll/types.h"

namespace unroll::training {

class RecentLosses {
public:
    static constexpr Size longest = 100;

    /// How many steps the final training loss of a trial that ends after `steps` is the mean of: the last tenth, at
    /// least 1, at most `longest`.
    static Size window(std::uint64_t steps);

    /// After a step; `auxiliary` is a learner's second loss.
    void add(const model::LossSums& loss, const model::LossSums& auxiliary);

    struct Sums {
        model::LossSums loss, auxiliary;
    };

    /// Over the last `steps` steps, added up oldest first; over all there are when they are fewer.
    Sums over(Size steps) const;

    /// As text, for a checkpoint. `restore` takes back what `save` gave, to the last bit, and throws Error for anything
    /// else; "" is none, as in the checkpoints of earlier versions.
    std::string save() const;
    void restore(std::string_view text);

private:
    std::array<Sums, longest> ring_{};
    std::uint64_t added_ = 0;
};

}  // namespace unroll::training
