// What can stand where on a command line, for the scripts that complete it.
#include "cli/completion_words.h"

#include <map>

#include "cli/command_table.h"

namespace unroll::cli {

namespace {

/// By the name of a positional argument (Command::positional) or of an option's value; any other is anything.
WordKind kind_of(const std::string& name) {
    static const std::map<std::string, WordKind> kinds{
        {"manifest", WordKind::manifest},     {"source", WordKind::manifest},   {"file", WordKind::file},
        {"db-file", WordKind::file},          {"FILE", WordKind::file},         {"FOLDER", WordKind::folder},
        {"experiment", WordKind::experiment}, {"curve", WordKind::experiment},  {"name", WordKind::experiment},
        {"EXPERIMENT", WordKind::experiment}, {"run", WordKind::experiment},    {"plugin", WordKind::plugin},
        {"command", WordKind::command},       {"MANIFEST", WordKind::manifest}, {"PATH", WordKind::file},
        {"weights", WordKind::file},
    };
    const auto found = kinds.find(name);
    return found == kinds.end() ? WordKind::anything : found->second;
}

OptionWords words_of(const po::option_description& option) {
    OptionWords words;
    words.name = option.long_name();
    const std::string with_letter = option.canonical_display_name(po::command_line_style::allow_dash_for_short);
    if (with_letter.size() == 2 && with_letter[0] == '-') words.letter = with_letter[1];
    words.value = value_name(option);
    words.choices = choices_of(option);
    words.kind = words.choices.empty() ? kind_of(words.value) : WordKind::choice;
    words.help = option.description();
    words.is_repeatable = option.semantic()->is_composing();
    return words;
}

}  // namespace

std::vector<CommandWords> all_words() {
    const po::options_description shared = shared_options();
    std::vector<CommandWords> list;
    for (const CommandEntry& entry : all_commands()) {
        const Command command = entry.describe();
        CommandWords words{entry.name, entry.summary, {}, WordKind::anything, {}};
        for (const po::options_description* options : {&command.options, &shared})
            for (const auto& option : options->options()) words.options.push_back(words_of(*option));
        if (!command.positional.empty()) words.argument = kind_of(command.positional.front());
        if (!command.choices.empty()) {
            words.argument = WordKind::choice;
            words.choices = command.choices;
        }
        list.push_back(std::move(words));
    }
    return list;
}

}  // namespace unroll::cli
