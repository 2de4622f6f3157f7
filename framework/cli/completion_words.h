// What can stand where on a command line, for the scripts that complete it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unroll::cli {

/// What a word is: one of given words, or something that is found when it is asked for.
enum class WordKind { anything, choice, file, manifest, folder, experiment, plugin, command };

struct OptionWords {
    std::string name;    ///< without dashes
    std::string letter;  ///< "h", or empty
    std::string value;   ///< what help calls its value; empty: it takes none
    WordKind kind = WordKind::anything;
    std::vector<std::string> choices;
    std::string help;  ///< one line
    bool is_repeatable = false;
};

struct CommandWords {
    std::string_view name, summary;
    std::vector<OptionWords> options;        ///< its own, then those of every command
    WordKind argument = WordKind::anything;  ///< what its positional arguments are; choice: `choices`
    std::vector<std::string> choices;
};

/// Every command, in the order of the table.
std::vector<CommandWords> all_words();

}  // namespace unroll::cli
