// Small operations on texts that many places need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace unroll::base {

/// ASCII letters in lower case; every other byte as it is.
std::string lower(std::string_view text);

/// What stands between the separators: one more part than there are separators, each possibly empty.
std::vector<std::string> split(std::string_view text, char separator);

/// "1 trial", "3 trials", "2 queries": a number and a noun with a regular plural.
std::string count_of(std::uint64_t number, std::string_view noun);

/// The text with its lines broken at spaces, so that none is wider than `columns` of a terminal unless one word is.
/// Line breaks stay where they are.
std::string wrap(std::string_view text, std::size_t columns);

}  // namespace unroll::base
