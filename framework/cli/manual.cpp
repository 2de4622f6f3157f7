// unroll manual: the manual page unroll(1), made of the commands' own tables.
#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "base/utf8.h"
#include "cli/command_table.h"
#include "cli/print.h"

namespace unroll::cli {

Command manual_command() {
    Command command;
    command.usage = "unroll manual";
    command.about =
        "Prints the manual page unroll(1) in roff: 'unroll manual | man -l -' shows it. 'cmake --install' puts it "
        "where "
        "man finds it.";
    return command;
}

namespace {

/// Text in roff: no character of it is taken for a request, and every one is ASCII.
std::string roff(std::string_view text) {
    std::string result;
    bool at_line = true;
    base::for_each_character(text, [&](CodePoint code, std::string_view bytes) {
        if (at_line && (code == '.' || code == '\'')) result += "\\&";
        at_line = code == '\n';
        if (code == '\\')
            result += "\\e";
        else if (code == '-')
            result += "\\-";
        else if (code == '\'')
            result += "\\(aq";
        else if (code == '`')
            result += "\\(ga";
        else if (code > 0x7E)
            result += fmt::format("\\[u{:04X}]", code);
        else
            result += bytes;
    });
    return result;
}

/// Paragraphs of help: a line of it is one.
std::string paragraphs(const std::string& text) {
    std::string result;
    for (const std::string& line : base::split(text, '\n')) result += ".PP\n" + roff(line) + '\n';
    return result;
}

std::string options(const po::options_description& description) {
    std::string text;
    for (const auto& option : description.options()) {
        const std::string letter = option->canonical_display_name(po::command_line_style::allow_dash_for_short);
        std::string head = "--" + option->long_name();
        if (letter.size() == 2 && letter[0] == '-') head.insert(0, letter + ", ");
        const std::string value = value_name(*option);
        const std::string shown = option->semantic()->max_tokens() ? option->format_parameter() : "";
        const auto begin = shown.find(" (=");
        const std::string standard =
            begin == shown.npos ? "" : " (default: " + shown.substr(begin + 3, shown.size() - begin - 4) + ")";
        text +=
            fmt::format(".TP\n\\fB{}\\fR{}\n{}{}\n", roff(head), value.empty() ? "" : " \\fI" + roff(value) + "\\fR",
                        roff(option->description()), roff(standard));
    }
    return text;
}

struct Item {
    std::string_view name, text;
};

std::string items(std::span<const Item> list) {
    std::string text;
    for (const Item& item : list) text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(item.name), roff(item.text));
    return text;
}

constexpr std::array exit_codes{
    Item{"0", "Success."},
    Item{"1", "A trial failed, an expectation does not hold, or compared values differ."},
    Item{"2", "The request is invalid; nothing was done."},
    Item{"130", "Interrupted; the same command resumes."},
};

constexpr std::array variables{
    Item{"UNROLL_DATA", "Folders, separated by colons, in which data files of manifests are looked up."},
    Item{"UNROLL_DATA_LIMIT", "The most bytes of a dataset's files and of a download, as in 8G (1 GiB)."},
    Item{"UNROLL_TRUST_PLUGINS", "1: load plugins even where other users may write to them, as --trust-plugins."},
    Item{"UNROLL_PLUGIN_PATH", "Further folders to search for plugins, separated by colons."},
    Item{"UNROLL_CACHE", "Where downloads are kept (default: unroll in XDG_CACHE_HOME or ~/.cache)."},
    Item{"UNROLL_SIMD", "The kernel set to use, as AVX2 or SCALAR (default: the best that the processor has)."},
    Item{"COLUMNS", "Width of tables and plots (default: the terminal's)."},
    Item{"NO_COLOR, CLICOLOR_FORCE", "Never, or always, write in colour (default: on a terminal)."},
    Item{"LC_ALL, LC_CTYPE, LANG", "Plots are drawn in ASCII when the locale has no UTF-8."},
};

constexpr std::array files{
    Item{"results/unroll.db", "The result store, an SQLite file, unless --db names another one."},
    Item{"results/unroll.db.d/", "Checkpoints, a folder for each trial, as safetensors."},
};

}  // namespace

int manual(const Words& words) {
    const auto arguments = parse(manual_command(), words);
    if (!arguments) return success;
    print(
        ".TH UNROLL 1 \"\" \"unroll {}\" \"User Commands\"\n.nh\n.ad l\n"
        ".SH NAME\nunroll \\- train and compare sequence models\n"
        ".SH SYNOPSIS\n.B unroll\n.I COMMAND\n.RI [ ARGUMENTS ]\n.br\n.B unroll \\-\\-version\n.br\n"
        ".B unroll help\n.RI [ COMMAND ]\n.SH DESCRIPTION\n{}.SH COMMANDS\n",
        UNROLL_VERSION,
        Ready{paragraphs(
            "Unroll compares sequence-model cells: one JSON manifest in, every combination trained and sampled in "
            "parallel, one SQLite file out. 'unroll schema' describes manifests.")});
    for (const CommandEntry& entry : all_commands()) {
        const Command command = entry.describe();
        print(".SS {}\n.B {}\n{}{}", roff(entry.name), roff(command.usage), Ready{paragraphs(command.about)},
              Ready{options(command.options)});
    }
    print(".SH OPTIONS OF EVERY COMMAND\n{}.SH EXIT STATUS\n{}.SH ENVIRONMENT\n{}.SH FILES\n{}",
          Ready{options(shared_options())}, Ready{items(exit_codes)}, Ready{items(variables)}, Ready{items(files)});
    return success;
}

}  // namespace unroll::cli
