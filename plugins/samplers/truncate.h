// Drawing from the most probable tokens alone: what top-k and top-p have in common.
#pragma once

#include <algorithm>
#include <span>

#include "unroll/sampler.h"

/// Sets all but the `count` largest weights to zero. `least` is the smallest of those that stay; of several that equal
/// it, the lowest tokens stay.
inline void keep_largest(std::span<double> weights, unroll::Size count, double least) {
    const auto above = std::count_if(weights.begin(), weights.end(), [least](double weight) { return weight > least; });
    unroll::Size ties = count - static_cast<unroll::Size>(above);
    for (double& weight : weights) {
        if (weight > least) continue;
        if (weight == least && ties > 0) {
            --ties;
        } else {
            weight = 0;
        }
    }
}
