// The symbol that stands for those that a vocabulary does not have.
#pragma once

#include <string_view>

/// How the unknown symbol is written: U+2047, as SentencePiece does. It is one symbol in every unit, and stands for the
/// unknown in a prompt and in the corpus, too.
inline constexpr std::string_view unknown_symbol = "\u2047";
