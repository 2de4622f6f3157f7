// Files that are to be read as text.
#pragma once

#include <string_view>

#include "files.h"

/// A file's text: without a byte order mark. Throws Error for a file that is binary.
std::string_view text_of(const Bytes::File& file);

/// Throws the Error that `file` is not UTF-8 at `offset` of its text.
[[noreturn]] void fail_not_utf8(const Bytes::File& file, std::string_view text, std::size_t offset);
