// unroll merge DB...: the experiments of other stores, brought into this one.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/byte_size.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/print.h"
#include "store/merging.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

namespace fs = std::filesystem;

std::string counted(std::int64_t number, const char* noun) {
    return base::count_of(std::uint64_t(number), noun);
}

void tell(const fs::path& source, const store::MergeReport& report) {
    std::string parts;
    const auto part = [&](std::int64_t trials, const char* what) {
        if (trials) parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", trials, what);
    };
    part(report.added, "new");
    part(report.replaced, "further there");
    part(report.kept, "further here");
    part(report.equal, "equal");
    print("{}: {}{}; copied {} and {} ({})\n", source.string(), counted(report.trials, "trial"),
          parts.empty() ? "" : " (" + parts + ")", counted(report.samples, "sample"),
          counted(report.checkpoints, "checkpoint"), byte_size(double(report.bytes)));
    deliver();  // before what goes to standard error
    if (report.different)
        message(
            "note: {} had other values in the two stores, as different builds give; the results of one of them "
            "were taken as a whole\n",
            counted(report.different, "trial"));
    if (!report.changed_experiments.empty())
        message(
            "note: the two stores have different manifests of {}; the newer one says which trials are "
            "current\n",
            fmt::join(report.changed_experiments, ", "));
    if (report.missing_checkpoints)
        message("note: {} of {} not copied: the files are missing or damaged\n",
                counted(report.missing_checkpoints, "checkpoint"), source.string());
}

}  // namespace

Command merge_command() {
    Command command;
    command.usage = "unroll merge DB... [--db FILE]";
    command.about =
        "Merges other result stores into the one that --db names, with their checkpoints. Trials are known by their "
        "fingerprints: none comes twice, of two the more complete one stays, and what was measured on the same "
        "trajectory is united. Any order gives the same result, and merging again changes nothing. The other stores "
        "are only read; one of an earlier version is brought up to date first.";
    command.positional = {"db-file"};
    return command;
}

int merge(const Words& words) {
    const auto arguments = parse(merge_command(), words);
    if (!arguments) return success;
    const Words sources = arguments->list("db-file");
    if (sources.empty())
        throw Error({"command line", "no result store", "one or more result stores to merge",
                     "for example: unroll merge other/results/unroll.db"});
    std::error_code ignored;
    for (const std::string& source : sources)
        if (!fs::is_regular_file(source, ignored))
            throw Error({source, "no such file", "a result store to merge", "correct the path"});
    const bool is_new = !fs::exists(arguments->database, ignored);
    const store::RunnerLock lock(arguments->database);
    try {
        store::Store store(arguments->database, store::Store::Mode::write);
        for (const std::string& source : sources) tell(source, store::merge(store, source));
        store.close();
    } catch (...) {
        if (is_new && sources.size() == 1) fs::remove(arguments->database, ignored);
        throw;
    }
    return success;
}

}  // namespace unroll::cli
