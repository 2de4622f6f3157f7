// Every command of `unroll`.
#include "cli/command_table.h"

#include <fmt/format.h>

#include <array>

#include "base/nearest.h"
#include "cli/terms.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

constexpr std::array entries{
    CommandEntry{"run", "train and sample every trial of a manifest that the store does not have", run, run_command},
    CommandEntry{"status", "show how far a run on a cluster is, task by task", status, status_command},
    CommandEntry{"cancel", "end the tasks of a run on a cluster", cancel, cancel_command},
    CommandEntry{"worker", "do one task of a run on a cluster, as the scheduler starts it", run_task, worker_command},
    CommandEntry{"plan", "list the trials of a manifest with their size, cost and status", plan, plan_command},
    CommandEntry{"check", "validate a manifest, a plugin or a result store", check, check_command},
    CommandEntry{"plugins", "list cells, datasets and samplers and their options", plugins, plugins_command},
    CommandEntry{"sample", "generate text or images from a trained trial", sample, sample_command},
    CommandEntry{"compare", "show mean, standard deviation and 95% interval of a metric by group", compare,
                 compare_command},
    CommandEntry{"curve", "draw learning curves of an experiment or of trials", curve, curve_command},
    CommandEntry{"report", "write the results of experiments as one HTML page that opens offline", report,
                 report_command},
    CommandEntry{"serve", "show results in a browser, live and read-only", serve, serve_command},
    CommandEntry{"plot", "draw a chart of an experiment or of a query for a paper, as SVG or PNG", plot, plot_command},
    CommandEntry{"diff", "show how the settings and results of two trials differ", diff, diff_command},
    CommandEntry{"schema", "print a JSON Schema of manifests for editors, or a reference of all settings", schema,
                 schema_command},
    CommandEntry{"sql", "query the results with SQL, read-only", sql, sql_command},
    CommandEntry{"export", "write results as CSV, JSON lines or TensorBoard event files", export_results,
                 export_command},
    CommandEntry{"import", "bring trained weights of PyTorch into the result store as a trial", import_weights,
                 import_command},
    CommandEntry{"list", "list the experiments of the result store, or the trials of one", list, list_command},
    CommandEntry{"rename", "rename an experiment", rename, rename_command},
    CommandEntry{"remove", "remove experiments with the results that are theirs alone", remove, remove_command},
    CommandEntry{"prune", "remove checkpoints by age, rank and experiment", prune, prune_command},
    CommandEntry{"merge", "bring the experiments of other result stores into this one", merge, merge_command},
    CommandEntry{"show", "show a dataset's examples as the model sees them", show, show_command},
    CommandEntry{"verify", "train a trial again and compare the losses bit for bit", verify, verify_command},
    CommandEntry{"completion", "print a script that completes command lines in a shell", completion,
                 completion_command},
    CommandEntry{"manual", "print the manual page unroll(1)", manual, manual_command},
    CommandEntry{"help", "list all commands, or explain one", help, help_command},
};

}  // namespace

std::span<const CommandEntry> all_commands() {
    return entries;
}

const CommandEntry& command_named(const std::string& name) {
    std::vector<std::string> names;
    for (const CommandEntry& entry : entries) {
        if (entry.name == name) return entry;
        names.emplace_back(entry.name);
    }
    const std::string term = instead_of_command(name), near = base::nearest(name, names);
    throw Error({"command line", fmt::format("unknown command '{}'", name),
                 fmt::format("one of: {}", fmt::join(names, ", ")),
                 !term.empty()   ? term
                 : !near.empty() ? base::did_you_mean(near)
                                 : "run 'unroll --help' for all commands"});
}

}  // namespace unroll::cli
