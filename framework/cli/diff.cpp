// unroll diff TRIAL TRIAL: changed settings and results only.
#include <fmt/core.h>

#include "analysis/differences.h"
#include "base/digits.h"
#include "cli/arguments.h"
#include "cli/message.h"
#include "cli/table.h"
#include "unroll/error.h"

namespace unroll::cli {

Command diff_command() {
    Command command;
    command.usage = "unroll diff TRIAL TRIAL [--format table|csv|json|markdown]";
    command.about =
        "Shows the settings, then the results in which two trials differ. A trial is given by its id or by the "
        "beginning of its fingerprint.";
    command.options.add_options()(
        "format", po::value<std::string>()->value_name("table|csv|json|markdown")->default_value("table"),
        "output format");
    command.positional = {"trial"};
    return command;
}

namespace {

/// A result for people with as many digits as tell it from the other trial's, as 'unroll list' writes a column.
store::Value shown(const store::Value& value, const analysis::Difference& difference, Format format) {
    const auto* real = std::get_if<double>(&value);
    if (!real || format == Format::csv || format == Format::json) return value;
    std::vector<double> both;
    for (const store::Value* side : {&difference.left, &difference.right})
        if (const auto* number = std::get_if<double>(side)) both.push_back(*number);
    return base::in_digits(*real, base::digits_by_spread(both));
}

}  // namespace

int diff(const Words& words) {
    const auto arguments = parse(diff_command(), words);
    if (!arguments) return success;
    const Format format = format_of(arguments->get<std::string>("format"));
    const auto names =
        exactly(*arguments, "trial", 2, "ids or beginnings of fingerprints", "list them with: unroll list EXPERIMENT");

    store::Store store(arguments->database, store::Store::Mode::read);
    const auto left = store::find_trial(store, names[0]), right = store::find_trial(store, names[1]);
    const analysis::Differences differences = analysis::differences(store, left, right);
    if (left.id == right.id)
        message("note: both are trial {}\n", left.id);
    else if (differences.settings.empty())
        message("note: all settings are equal; the contents of the dataset differ\n");
    store::Table table{{"what", fmt::format("trial {}", left.id), fmt::format("trial {}", right.id)}, {}};
    for (const analysis::Difference& setting : differences.settings)
        table.rows.push_back({setting.name, setting.left, setting.right});
    for (const analysis::Difference& result : differences.results)
        table.rows.push_back({result.name, shown(result.left, result, format), shown(result.right, result, format)});
    print_table(table, format, on_standard_output(), "");
    return success;
}

}  // namespace unroll::cli
