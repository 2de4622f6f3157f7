// Completion of command lines in bash, zsh and fish, made of the commands' own tables.
#pragma once

#include <string>

namespace unroll::cli {

/// Scripts to be sourced, or installed where the shell looks for them. Commands, options and the words that an option
/// takes stand in them; experiments and plugins they ask `unroll completion experiments|plugins` for.
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace unroll::cli
