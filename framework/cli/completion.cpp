// unroll completion SHELL: what lets a shell complete commands, options and names.
#include <fmt/core.h>

#include "cli/arguments.h"
#include "cli/completion_scripts.h"
#include "cli/print.h"
#include "plugins/loader.h"
#include "store/experiments.h"
#include "store/store.h"
#include "unroll/error.h"

namespace unroll::cli {

Command completion_command() {
    Command command;
    command.usage = "unroll completion bash|zsh|fish|experiments|plugins";
    command.about =
        "Prints a script that completes commands, options and names in a shell. 'cmake --install' puts the scripts "
        "where the shells look for them; without an installation, a line in the shell's own file does:\n"
        "bash: source <(unroll completion bash)\n"
        "zsh: source <(unroll completion zsh)\n"
        "fish: unroll completion fish | source\n"
        "'experiments' and 'plugins' print the names that the scripts offer, one a line.";
    command.positional = {"what"};
    command.choices = {"bash", "zsh", "fish", "experiments", "plugins"};
    return command;
}

namespace {

/// Nothing at all while there is no store: somebody is typing.
void print_experiments(const std::filesystem::path& database) {
    std::error_code ignored;
    if (!std::filesystem::exists(database, ignored)) return;
    store::Store store(database, store::Store::Mode::read);
    for (const std::string& name : store::experiment_names(store)) print("{}\n", name);
}

}  // namespace

int completion(const Words& words) {
    const auto arguments = parse(completion_command(), words);
    if (!arguments) return success;
    const std::string what = exactly(*arguments, "what", 1, "bash, zsh, fish, experiments or plugins",
                                     "for example: unroll completion bash")[0];
    if (what == "bash") print("{}", Ready{bash_completion()});
    if (what == "zsh") print("{}", Ready{zsh_completion()});
    if (what == "fish") print("{}", Ready{fish_completion()});
    if (what == "experiments") print_experiments(arguments->database);
    if (what == "plugins") {
        const auto catalog = unroll::plugins::load(unroll::plugins::folders(arguments->plugin_paths));
        for (const auto& found : catalog.found()) print("{}\n", found.plugin->name);
    }
    return success;
}

}  // namespace unroll::cli
