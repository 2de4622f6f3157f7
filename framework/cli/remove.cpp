// unroll remove EXPERIMENT...: experiments, with the results that are theirs alone.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/byte_size.h"
#include "cli/confirm.h"
#include "cli/print.h"
#include "store/removal.h"
#include "store/upkeep.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

std::uint64_t count(std::int64_t rows) {
    return std::uint64_t(rows);
}

void tell(const store::Removal& removal) {
    const std::size_t trials = removal.trials.size();
    cli::print("goes: {} ({}); {} ({} finished), {}, {} ({})\n",
               base::count_of(removal.experiments.size(), "experiment"), fmt::join(removal.experiments, ", "),
               base::count_of(trials, "trial"), removal.finished, base::count_of(count(removal.samples), "sample"),
               base::count_of(count(removal.checkpoints), "checkpoint"), byte_size(double(removal.bytes)));
    if (removal.judgements)
        cli::print("goes: {} of images of trials that stay\n", base::count_of(count(removal.judgements), "judgement"));
    if (removal.shared)
        cli::print("stays: {}, which {} {} as well\n", base::count_of(count(removal.shared), "trial"),
                   fmt::join(removal.others, ", "), removal.others.size() == 1 ? "has" : "have");
}

}  // namespace

Command remove_command() {
    Command command;
    command.usage = "unroll remove EXPERIMENT... [--yes]";
    command.about =
        "Removes experiments from the result store, with the trials that belong to no other experiment: their losses, "
        "texts and checkpoints. Says first what goes and what stays, and asks. Manifests are not touched.";
    command.options.add_options()("yes", po::bool_switch(), "do not ask");
    command.positional = {"experiment"};
    return command;
}

int remove(const Words& words) {
    const auto arguments = parse(remove_command(), words);
    if (!arguments) return success;
    if (!arguments->has("experiment"))
        throw Error(
            {"command line", "no experiment", "one or more names of experiments", "list them with: unroll list"});
    store::Upkeep upkeep(arguments->database);
    const store::Removal removal = store::removal_of(upkeep.store(), arguments->list("experiment"));
    tell(removal);
    if (!confirmed(*arguments, "remove this?")) {
        cli::print("nothing was removed\n");
        return success;
    }
    store::remove(upkeep.store(), removal);
    cli::print("removed\n");
    return success;
}

}  // namespace unroll::cli
