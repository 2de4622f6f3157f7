// Files that are to be read as text.
#pragma once

#include <string_view>

#include "files.h"

/// What else a user may do about a file that is no text, where the dataset has that option.
inline constexpr std::string_view or_by_bytes = R"(or give "unit": "byte", which reads any file)";

/// A file's text: without a byte order mark. Throws Error for a file that is binary.
std::string_view text_of(const Bytes::File& file, std::string_view or_else = or_by_bytes);

/// Throws the Error that `file` is not UTF-8 at `offset` of its text.
[[noreturn]] void fail_not_utf8(const Bytes::File& file, std::string_view text, std::size_t offset,
                                std::string_view or_else = or_by_bytes);
