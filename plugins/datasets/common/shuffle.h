// A random order.
#pragma once

#include <utility>
#include <vector>

#include "unroll/random.h"

/// Fisher and Yates: every order is equally likely.
template <class T>
void shuffle(std::vector<T>& items, unroll::RandomStream& stream) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[stream.below(i)]);
}
