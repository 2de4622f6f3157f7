// unroll report EXPERIMENT...: the results of experiments as one HTML page.
#include "cli/arguments.h"
#include "cli/byte_size.h"
#include "cli/output_file.h"
#include "cli/print.h"
#include "cli/version.h"
#include "report/gather.h"
#include "report/html.h"
#include "unroll/error.h"

#include <fmt/core.h>

namespace unroll::cli {

Command report_command() {
    Command command;
    command.usage =
        "unroll report EXPERIMENT... [-o FILE] [--by AXIS]... [--metric SPLIT/NAME] [--where AXIS=VALUE]...";
    command.about =
        "Writes the results of one or several experiments as an HTML page, one file that opens in any browser without "
        "a network: the comparison first, then learning curves, the metric by axis, texts side by side, what was "
        "measured within sequences, state and cost, what failed, and how to repeat it. Behind every chart stands a "
        "table of its values. Trials that are running are shown as far as they are; write the page again to bring it "
        "up to date, or view it live with 'unroll serve'.\n"
        "Groups and metric are those of 'unroll compare'.";
    command.options.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                                  "the file to write (default: EXPERIMENT.html, of several report.html)")(
        "by", po::value<std::vector<std::string>>()->composing()->value_name("AXIS"),
        "group by an axis, a column of the view result, or a path in the config; repeatable")(
        "metric", po::value<std::string>()->value_name("SPLIT/NAME")->default_value("", "the manifest's"),
        "as in validation/loss")("where", po::value<std::vector<std::string>>()->composing()->value_name("AXIS=VALUE"),
                                 "include only trials with this value, as in cell.plugin=gru; repeatable");
    command.positional = {"experiment"};
    return command;
}

int report(const Words& words) {
    const auto arguments = parse(report_command(), words);
    if (!arguments) return success;
    report::PageRequest request;
    request.experiments = arguments->list("experiment");
    if (request.experiments.empty())
        throw Error({"command line", "no experiment", "the names of one or several experiments",
                     "list them with: unroll list"});
    request.by = arguments->list("by");
    request.metric = arguments->get<std::string>("metric");
    for (const std::string& text : arguments->list("where")) request.where.push_back(analysis::condition_in(text));
    const std::string version = version_text();
    request.generator = version.substr(0, version.find('\n'));

    store::Store store(arguments->database, store::Store::Mode::read);
    const std::string html = report::to_html(report::gather(store, request));
    const std::string file = arguments->has("output")          ? arguments->get<std::string>("output")
                             : request.experiments.size() == 1 ? file_name_for(request.experiments[0], ".html")
                                                               : "report.html";
    write_output(file, html);
    cli::print("wrote {} ({})\n", file, byte_size(double(html.size())));
    return success;
}

}  // namespace unroll::cli
