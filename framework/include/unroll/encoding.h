// Texts that are not UTF-8: what they probably are, and the command that converts them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "unroll/export.h"

namespace unroll {

/// How `iconv` calls the encoding that a text is probably in: "UTF-8", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE",
/// "WINDOWS-1252", "ISO-8859-1"; "" where none of these is likely. With a byte order mark "UTF-16" and "UTF-32", which
/// read it. UTF-8 in which some bytes are damaged, or are NUL, is "UTF-8". Looks at no more than a megabyte around what
/// is wrong. Any thread, as all functions here.
UNROLL_EXPORT std::string_view likely_encoding(std::string_view text);

/// Whether an encoding has more than one byte to each character.
constexpr bool is_wide(std::string_view encoding) {
    return encoding.starts_with("UTF-16") || encoding.starts_with("UTF-32");
}

/// A command that writes the file as UTF-8, to be told as help: "it looks like WINDOWS-1252; convert it: iconv …". Of
/// UTF-8 it drops what is damaged. The file's name is quoted for a shell.
UNROLL_EXPORT std::string as_utf8_command(std::string_view encoding, std::string_view file);

/// A command that writes the file without its NUL characters.
UNROLL_EXPORT std::string without_nul_command(std::string_view file);

/// What is wrong at `offset`, where no UTF-8 begins: "UTF-16 text" or "the byte 0x93, which is not valid UTF-8".
UNROLL_EXPORT std::string what_is_wrong(std::string_view text, std::size_t offset);

}  // namespace unroll
