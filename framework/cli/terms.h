// What other tools call the commands and options of `unroll`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unroll::cli {

/// What to type instead of a word that is no command, as in "unroll run MANIFEST"; "" when nobody is known to say it.
std::string instead_of_command(std::string_view word);

/// What to do instead of giving an option that no command has ("--resume"), with the options that this one has, `known`
/// as "--NAME"; "" when nobody is known to give it.
std::string instead_of_option(std::string_view option, const std::vector<std::string>& known);

}  // namespace unroll::cli
