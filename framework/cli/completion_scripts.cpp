// Completion of command lines in bash, zsh and fish, made of the commands' own tables.
#include "cli/completion_scripts.h"

#include <fmt/format.h>

#include "cli/completion_words.h"

namespace unroll::cli {

namespace {

/// The first sentence or clause of a help text: a menu has a line for each option.
std::string brief(const std::string& help) {
    const std::string first = help.substr(0, help.find_first_of(";("));
    return first.substr(0, first.find_last_not_of(' ') + 1);
}

/// With every one of these characters behind a backslash.
std::string escaped(const std::string& text, std::string_view characters) {
    std::string result;
    for (const char c : text) {
        if (characters.find(c) != characters.npos) result += '\\';
        result += c;
    }
    return result;
}

/// Within single quotes of a POSIX shell.
std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

std::string names_of(const std::vector<CommandWords>& commands) {
    std::string names;
    for (const CommandWords& command : commands) names += (names.empty() ? "" : " ") + std::string(command.name);
    return names;
}

/// The statement that completes a word of this kind in bash.
std::string in_bash(WordKind kind, const std::vector<std::string>& choices) {
    switch (kind) {
        case WordKind::choice:
            return fmt::format("_unroll_words '{}'", fmt::join(choices, " "));
        case WordKind::file:
            return "_unroll_files";
        case WordKind::manifest:
            return "_unroll_manifests";
        case WordKind::folder:
            return "_unroll_folders";
        case WordKind::experiment:
            return "_unroll_ask experiments";
        case WordKind::plugin:
            return "_unroll_ask plugins";
        case WordKind::command:
            return "_unroll_words \"$commands\"";
        case WordKind::anything:
            break;
    }
    return ":";
}

constexpr std::string_view bash_helpers = R"SHELL(
_unroll_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }

_unroll_names() {
    compopt -o filenames 2>/dev/null
    local IFS=$'\n'
    COMPREPLY=($(compgen "$@" -- "$cur"))
}
_unroll_files() { _unroll_names -f; }
_unroll_folders() { _unroll_names -d; }
_unroll_manifests() {
    _unroll_names -f -X '!*.json'
    local files=("${COMPREPLY[@]}")
    _unroll_names -d
    COMPREPLY+=("${files[@]}")
}

# Words that the program knows: experiments of the store that the command line names, or plugins.
_unroll_ask() {
    local given=() word i
    for ((i = 2; i < COMP_CWORD; ++i)); do
        word=${COMP_WORDS[i]}
        [[ $word == --db || $word == --plugin-path ]] || continue
        [[ ${COMP_WORDS[i + 1]} == = ]] && ((++i))
        given+=("$word" "${COMP_WORDS[i + 1]}")
    done
    while IFS= read -r word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$(printf %q "$word")")
    done < <("${COMP_WORDS[0]}" completion "$1" "${given[@]}" 2>/dev/null)
}
)SHELL";

/// Specification of an option for zsh's _arguments.
std::string zsh_action(WordKind kind, const std::vector<std::string>& choices) {
    switch (kind) {
        case WordKind::choice:
            return fmt::format("({})", fmt::join(choices, " "));
        case WordKind::file:
            return "_files";
        case WordKind::manifest:
            return "_files -g \"*.json\"";
        case WordKind::folder:
            return "_files -/";
        case WordKind::experiment:
            return "{_unroll_ask experiments}";
        case WordKind::plugin:
            return "{_unroll_ask plugins}";
        case WordKind::command:
            return "{_unroll_commands}";
        case WordKind::anything:
            break;
    }
    return " ";
}

std::string zsh_option(const OptionWords& option) {
    const std::string help = "[" + escaped(brief(option.help), "[]:\\") + "]";
    const std::string value =
        option.value.empty() ? ""
                             : ":" + escaped(option.value, ":[]\\") + ":" + zsh_action(option.kind, option.choices);
    const std::string name = "--" + option.name + (option.value.empty() ? "" : "=");
    if (!option.letter.empty())
        return fmt::format("'(-{0} --{1})'{{-{0},--{1}}}{2}", option.letter, option.name, quoted(help + value));
    return quoted((option.is_repeatable ? "*" : "") + name + help + value);
}

std::string fish_source(WordKind kind, const std::vector<std::string>& choices) {
    switch (kind) {
        case WordKind::choice:
            return fmt::format(" -x -a '{}'", fmt::join(choices, " "));
        case WordKind::file:
            return " -r -F";
        case WordKind::manifest:
            return " -x -a '(__fish_complete_suffix .json)'";
        case WordKind::folder:
            return " -x -a '(__fish_complete_directories)'";
        case WordKind::experiment:
            return " -x -a '(__unroll_ask experiments)'";
        case WordKind::plugin:
            return " -x -a '(__unroll_ask plugins)'";
        case WordKind::command:
            return " -x -a '(__unroll_commands)'";
        case WordKind::anything:
            break;
    }
    return " -x";
}

/// Within single quotes of fish.
std::string fish_quoted(const std::string& text) {
    return "'" + escaped(text, "\\'") + "'";
}

}  // namespace

std::string bash_completion() {
    const auto commands = all_words();
    std::string options, values, arguments;
    for (const CommandWords& command : commands) {
        std::string names;
        for (const OptionWords& option : command.options) {
            names += (names.empty() ? "--" : " --") + option.name;
            if (option.value.empty()) continue;
            values += fmt::format("        {}/--{}) {}; return ;;\n", command.name, option.name,
                                  in_bash(option.kind, option.choices));
        }
        options += fmt::format("            {}) _unroll_words '{}' ;;\n", command.name, names);
        arguments += fmt::format("        {}) {} ;;\n", command.name, in_bash(command.argument, command.choices));
    }
    return "# bash completion for unroll, made by `unroll completion bash`.\n" + std::string(bash_helpers) +
           fmt::format(R"SHELL(
_unroll() {{
    local commands='{}'
    local cur=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    COMPREPLY=()
    # bash takes --option=value apart at the sign.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $previous == = ]]; then
        previous=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    if ((COMP_CWORD == 1)); then
        _unroll_words "$commands --help --version"
        return
    fi
    case ${{COMP_WORDS[1]}}/$previous in
{}    esac
    if [[ $cur == -* ]]; then
        case ${{COMP_WORDS[1]}} in
{}        esac
        return
    fi
    case ${{COMP_WORDS[1]}} in
{}    esac
}}

complete -F _unroll unroll
)SHELL",
                       names_of(commands), values, options, arguments);
}

std::string zsh_completion() {
    std::string list, cases;
    for (const CommandWords& command : all_words()) {
        list += fmt::format("        {}\n",
                            quoted(std::string(command.name) + ":" + escaped(std::string(command.summary), ":\\")));
        cases += fmt::format("        {})\n            _arguments -S", command.name);
        for (const OptionWords& option : command.options) cases += " \\\n                " + zsh_option(option);
        cases += fmt::format(" \\\n                {} ;;\n",
                             quoted("*:argument:" + zsh_action(command.argument, command.choices)));
    }
    return fmt::format(R"SHELL(#compdef unroll
# zsh completion for unroll, made by `unroll completion zsh`.

_unroll_commands() {{
    local -a commands=(
{}    )
    _describe -t commands 'command' commands
}}

# Words that the program knows: experiments of the store that the command line names, or plugins.
_unroll_ask() {{
    local -a given known
    local i
    for ((i = 2; i < CURRENT; ++i)); do
        case $words[i] in
            --db | --plugin-path) given+=($words[i] $words[i+1]) ;;
            --db=* | --plugin-path=*) given+=($words[i]) ;;
        esac
    done
    known=(${{(f)"$(_call_program $1 $unroll_program completion $1 $given 2>/dev/null)"}})
    compadd -a known
}}

_unroll() {{
    local unroll_program=$words[1]
    if ((CURRENT == 2)); then
        _arguments '(- *)'{{-h,--help}}'[list all commands]' '(- *)--version[print the versions]' \
            ':command:_unroll_commands'
        return
    fi
    shift words
    ((CURRENT -= 1))
    case $words[1] in
{}    esac
}}

if [[ $funcstack[1] == _unroll ]]; then
    _unroll "$@"
else
    compdef _unroll unroll
fi
)SHELL",
                       list, cases);
}

std::string fish_completion() {
    const auto commands = all_words();
    std::string list, lines;
    for (const CommandWords& command : commands) {
        list += fmt::format(" {}", fish_quoted(fmt::format("{}\\t{}", command.name, command.summary)));
        const std::string here = fmt::format("complete -c unroll -n '__unroll_in {}'", command.name);
        if (command.argument == WordKind::file || command.argument == WordKind::manifest)
            lines += fmt::format("{} -k -a '({})'\n", here,
                                 command.argument == WordKind::file ? "__fish_complete_path (commandline -ct)"
                                                                    : "__fish_complete_suffix .json");
        else if (command.argument != WordKind::anything)
            lines += fmt::format("{} -f{}\n", here, fish_source(command.argument, command.choices).substr(3));
        for (const OptionWords& option : command.options)
            lines += fmt::format(
                "{} -l {}{}{} -d {}\n", here, option.name, option.letter.empty() ? "" : " -s " + option.letter,
                option.value.empty() ? "" : fish_source(option.kind, option.choices), fish_quoted(brief(option.help)));
    }
    return fmt::format(R"SHELL(# fish completion for unroll, made by `unroll completion fish`.

function __unroll_commands
    printf '%b\n'{}
end

# Whether the command line is one of this command.
function __unroll_in
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end

# Words that the program knows: experiments of the store that the command line names, or plugins.
function __unroll_ask
    set -l words (commandline -opc)
    set -l given
    for i in (seq 2 (count $words))
        if contains -- $words[$i] --db --plugin-path
            set -a given $words[$i] $words[(math $i + 1)]
        else if string match -qr -- '^--(db|plugin-path)=' $words[$i]
            set -a given $words[$i]
        end
    end
    $words[1] completion $argv[1] $given 2>/dev/null
end

complete -c unroll -f
complete -c unroll -n 'test (count (commandline -opc)) -eq 1' -a '(__unroll_commands)'
complete -c unroll -n 'test (count (commandline -opc)) -eq 1' -l version -d 'print the versions'
complete -c unroll -n 'test (count (commandline -opc)) -eq 1' -l help -s h -d 'list all commands'
{})SHELL",
                       list, lines);
}

}  // namespace unroll::cli
