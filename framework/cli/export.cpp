// unroll export EXPERIMENT: its results in files that other tools read.
#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/files.h"
#include "cli/arguments.h"
#include "cli/output_file.h"
#include "cli/print.h"
#include "cli/rows_text.h"
#include "export/tensorboard.h"
#include "store/exporting.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace fs = std::filesystem;

Command export_command() {
    Command command;
    command.usage =
        "unroll export EXPERIMENT [--table result|curve|sample] [--format csv|jsonl] [-o FILE] [--tensorboard DIR]";
    command.about =
        "Writes an experiment's results as CSV or JSON lines: a row per trial (result), per recorded value (curve) or "
        "per generated text (sample), with the axes as columns, to standard output or a file.\n"
        "With --tensorboard, writes event files that TensorBoard shows, one run per trial: every series as scalars, "
        "samples as texts and images, axes as hyperparameters. Then: tensorboard --logdir DIR.\n"
        "Trials that are running are exported as far as they are. For Parquet: Experiment.result().to_parquet() of the "
        "Python package (docs/python.md).";
    command.options.add_options()(
        "table", po::value<std::string>()->value_name("result|curve|sample")->default_value("result"), "what a row is")(
        "format", po::value<std::string>()->value_name("csv|jsonl")->default_value("", "by FILE's name; csv"),
        "output format")("output,o", po::value<std::string>()->value_name("FILE"),
                         "file to write (default: standard output)")(
        "tensorboard", po::value<std::string>()->value_name("DIR"), "write TensorBoard event files to this folder");
    command.positional = {"experiment"};
    return command;
}

namespace {

constexpr std::size_t rows_at_a_time = 1000;

RowFormat format_for(const Arguments& arguments, const std::string& file) {
    const auto& asked = arguments.get<std::string>("format");
    if (asked == "csv") return RowFormat::csv;
    if (asked == "jsonl") return RowFormat::json_lines;
    const std::string extension = fs::path(file).extension().string();
    if (extension == ".jsonl" || extension == ".ndjson") return RowFormat::json_lines;
    if (extension == ".parquet" || extension == ".arrow" || extension == ".feather")
        throw Error(
            {"-o", fmt::format("'{}'", file), "a name that ends in .csv or .jsonl",
             "for Parquet, use the Python package: unroll.open(DB).experiment(NAME).result().to_parquet(FILE)"});
    return RowFormat::csv;
}

store::ExportedTable table_named(const std::string& name) {
    if (name == "curve") return store::ExportedTable::curve;
    if (name == "sample") return store::ExportedTable::sample;
    return store::ExportedTable::result;
}

void export_rows(store::Store& store, const Arguments& arguments, const std::string& experiment) {
    const std::string file = arguments.has("output") ? arguments.get<std::string>("output") : "";
    RowText text(format_for(arguments, file), file.empty() ? on_standard_output() : Look());
    const auto table = table_named(arguments.get<std::string>("table"));
    if (file.empty()) {
        store::read_in_parts(store, experiment, table, rows_at_a_time,
                             [&](const store::Table& part) { print("{}", Ready{text.of(part)}); });
        return;
    }
    check_output(file);
    try {
        base::AtomicFile output(file);
        store::read_in_parts(store, experiment, table, rows_at_a_time,
                             [&](const store::Table& part) { output.write(text.of(part)); });
        output.commit();
    } catch (const std::system_error& error) {
        throw Error({file, fmt::format("cannot be written: {}", error.code().message()), "a file that can be written",
                     "name another file with -o"});
    }
}

void export_tensorboard(store::Store& store, const Arguments& arguments, const std::string& experiment) {
    for (const char* other : {"table", "format", "output"})
        if (arguments.has(other))
            throw Error({"command line", fmt::format("--{} with --tensorboard", other), "one of the two",
                         "run the command once for each"});
    const auto& folder = arguments.get<std::string>("tensorboard");
    const exports::TensorboardFolder written = exports::write_tensorboard(store, experiment, folder);
    if (written.runs == 0)
        throw Error({fmt::format("experiment '{}'", experiment), "no trial that has begun", "a trial with results",
                     "run its manifest first"});
    print("{} run{} in {}; to look at them: tensorboard --logdir {}\n", written.runs, written.runs == 1 ? "" : "s",
          written.folder.string(), folder);
}

}  // namespace

int export_results(const Words& words) {
    const auto arguments = parse(export_command(), words);
    if (!arguments) return success;
    const std::string experiment =
        exactly(*arguments, "experiment", 1, "the name of one experiment", "list them with: unroll list")[0];
    store::Store store(arguments->database, store::Store::Mode::read);
    if (arguments->has("tensorboard"))
        export_tensorboard(store, *arguments, experiment);
    else
        export_rows(store, *arguments, experiment);
    return success;
}

}  // namespace unroll::cli
