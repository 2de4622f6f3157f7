// The text of an error.
#include "unroll/error.h"

namespace unroll {

std::string to_string(const Problem& problem) {
    std::string text = problem.where;
    if (!text.empty() && !problem.found.empty()) text += ": ";
    text += problem.found;
    if (!problem.expected.empty()) text += "\n  expected: " + problem.expected;
    if (!problem.help.empty()) text += "\n  help: " + problem.help;
    return text;
}

Error::Error(Problem problem) : std::runtime_error(to_string(problem)), problem_(std::move(problem)) {}

}  // namespace unroll
