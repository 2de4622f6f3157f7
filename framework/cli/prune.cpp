// unroll prune: remove checkpoints by age, rank and experiment.
#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/byte_size.h"
#include "cli/confirm.h"
#include "cli/message.h"
#include "cli/print.h"
#include "cli/table.h"
#include "report/trial_label.h"
#include "store/pruning.h"
#include "store/upkeep.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

/// "30d", "12h", "2w", "90m".
std::chrono::seconds age_of(const std::string& text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
    const std::string unit(rest, end);
    const std::int64_t seconds = unit == "m"   ? minute
                                 : unit == "h" ? hour
                                 : unit == "d" ? day
                                 : unit == "w" ? 7 * day
                                               : 0;
    if (error != std::errc() || number < 0 || number > 1'000'000 || seconds == 0)
        throw Error({"--older-than", fmt::format("'{}'", text), "a whole number with m, h, d or w",
                     "for 30 days, write --older-than 30d"});
    return std::chrono::seconds(number * seconds);
}

store::PruneRequest request_of(const Arguments& arguments) {
    store::PruneRequest request;
    request.experiments = arguments.list("experiment");
    if (arguments.has("older-than")) request.older_than = age_of(arguments.get<std::string>("older-than"));
    if (arguments.has("keep-best"))
        request.keep_best = whole_number(arguments, "keep-best", 0, 1'000'000, "as in --keep-best 3");
    if (request.experiments.empty() && !request.older_than && !request.keep_best)
        throw Error({"command line", "nothing that says which checkpoints go",
                     "names of experiments, --older-than or --keep-best",
                     "for example: unroll prune --older-than 30d --keep-best 3"});
    return request;
}

void list(const store::Pruning& pruning, Format format) {
    const bool people = format == Format::table || format == Format::markdown;
    store::Table table{
        {"trial", "experiment", "axes", "checkpoints", people ? "size" : "bytes", people ? "written" : "written_at"},
        {}};
    for (const store::PrunedTrial& trial : pruning.trials) {
        const std::string written = people && trial.newest.size() >= 16
                                        ? trial.newest.substr(0, 10) + ' ' + trial.newest.substr(11, 5)
                                        : trial.newest;
        table.rows.push_back(
            {trial.id, trial.experiments, report::trial_label(trial.axes), std::int64_t(trial.steps.size()),
             people ? store::Value(byte_size(double(trial.bytes))) : std::int64_t(trial.bytes), written});
    }
    const auto counted = [](std::int64_t number, const char* noun) {
        return base::count_of(std::uint64_t(number), noun);
    };
    std::vector<std::string> notes{fmt::format("{} of {}, {}", counted(pruning.checkpoints, "checkpoint"),
                                               base::count_of(pruning.trials.size(), "trial"),
                                               byte_size(double(pruning.bytes)))};
    if (pruning.unfinished)
        notes.push_back(fmt::format("kept: those of {} not finished, which are needed to resume",
                                    counted(pruning.unfinished, "trial")));
    if (pruning.shared)
        notes.push_back(
            fmt::format("kept: those of {} that other experiments have as well", counted(pruning.shared, "trial")));
    Look look = on_standard_output();
    look.hide_first = {"written", "experiment"};
    if (people && table.rows.empty()) {
        print("no checkpoint to remove\n");
        for (std::size_t i = 1; i < notes.size(); ++i) print("{}\n", notes[i]);
        return;
    }
    print_table(table, format, look, "checkpoints to remove", notes);
}

}  // namespace

Command prune_command() {
    Command command;
    command.usage =
        "unroll prune [EXPERIMENT]... [--older-than AGE] [--keep-best N] [--yes] [--format table|csv|json|markdown]";
    command.about =
        "Removes checkpoints from the result store: of the trials of these experiments (all by default), those that "
        "were written longer ago, and those of trials that are not among the best. Lists them with their sizes first, "
        "and asks; where nobody can be asked, nothing is removed without --yes. Losses and samples stay, but a trial "
        "without a checkpoint can be neither sampled from nor continued. Trials that are not finished keep theirs.";
    command.options.add_options()("older-than", po::value<std::string>()->value_name("AGE"),
                                  "only checkpoints written longer ago, as in 30d, 12h or 2w")(
        "keep-best", po::value<std::int64_t>()->value_name("N"),
        "keep those of the N best trials of each experiment, by the metric that it compares")(
        "yes", po::bool_switch(), "remove them without asking")(
        "format", po::value<std::string>()->value_name("table|csv|json|markdown")->default_value("table"),
        "output format");
    command.positional = {"experiment"};
    return command;
}

int prune(const Words& words) {
    const auto arguments = parse(prune_command(), words);
    if (!arguments) return success;
    const Format format = format_of(arguments->get<std::string>("format"));
    const store::PruneRequest request = request_of(*arguments);
    store::Upkeep upkeep(arguments->database);
    const store::Pruning pruning = store::pruning_of(upkeep.store(), request);
    list(pruning, format);
    if (pruning.trials.empty()) return success;
    if (!arguments->get<bool>("yes") && !can_ask()) {
        message("note: nothing was removed; repeat the command with --yes to remove them\n");
        return success;
    }
    if (!confirmed(*arguments, "remove these checkpoints?")) {
        message("nothing was removed\n");
        return success;
    }
    store::prune(upkeep.store(), pruning);
    message("removed\n");
    return success;
}

}  // namespace unroll::cli
