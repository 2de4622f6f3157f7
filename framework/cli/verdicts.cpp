// Whether the results of a run are what its manifests expect, in print.
#include "cli/verdicts.h"

#include <fmt/format.h>
#include <unistd.h>

#include "analysis/verdicts.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace unroll::cli {

namespace {

/// "small 1.52338, large 1.98442; 1 of 6 trials diverged"
std::string details(const analysis::Verdict& verdict) {
    std::string text;
    for (std::size_t i = 0; i < verdict.figures.columns.size(); ++i)
        text += fmt::format("{}{} {}", i ? ", " : "", verdict.figures.columns[i], in_words(verdict.figures.rows[0][i]));
    if (!text.empty() && !verdict.remark.empty()) text += "; ";
    return text + verdict.remark;
}

}  // namespace

bool print_verdicts(const std::filesystem::path& database, const std::vector<manifest::Plan>& plans,
                    const std::atomic<bool>& stop) {
    bool all_hold = true;
    for (const manifest::Plan& plan : plans)
        for (const analysis::Verdict& verdict :
             analysis::verdicts(database, plan.name, plan.expectations, {.stop = &stop}, plan.alias)) {
            const std::string more = details(verdict);
            const bool color = takes_color(STDOUT_FILENO);
            const std::string sign =
                verdict.holds ? colored("✓", Color::green, color) : colored("✗", Color::red, color);
            print_if_possible([&] {
                print("{} {}: {}{}\n", Ready{sign}, plan.name, verdict.expectation,
                      more.empty() ? "" : fmt::format(" ({})", more));
            });
            all_hold = all_hold && verdict.holds;
        }
    return all_hold;
}

}  // namespace unroll::cli
