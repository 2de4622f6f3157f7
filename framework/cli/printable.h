// Values within what the program says, made fit for a terminal: they may come from a model, a corpus, a plugin or a
// stranger's file.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/visible.h"

namespace unroll::cli {

/// A value that keeps its line breaks.
struct Lines {
    std::string_view text;
};

/// A value that is as it should be: a rendered table, a coloured word, JSON. What it has from elsewhere is fit already.
struct Ready {
    std::string_view text;
};

/// A value as it is printed: numbers as they are, texts on one line, with what could drive a terminal shown and not
/// obeyed (base/visible.h).
template <class Value>
auto printable(const Value& value) {
    if constexpr (std::is_arithmetic_v<Value>)
        return value;
    else if constexpr (std::is_same_v<Value, Ready>)
        return value.text;
    else if constexpr (std::is_same_v<Value, Lines>)
        return base::visible_lines(value.text);
    else if constexpr (std::is_convertible_v<const Value&, std::string_view>)
        return base::visible_line(value);
    else
        return base::visible_line(fmt::format("{}", Value(value)));
}

template <class Value>
using Printable = decltype(printable(std::declval<const Value&>()));

}  // namespace unroll::cli
