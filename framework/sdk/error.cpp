// The text of an error.
#include "unroll/error.h"

namespace unroll {

std::string to_string(const Problem& problem) {
    std::string text = problem.where;
    if (!text.empty() && !problem.found.empty()) text += ": ";
    text += problem.found;
    if (!problem.wanted.empty()) text += "\n  wanted: " + problem.wanted;
    if (!problem.next.empty()) text += "\n  next: " + problem.next;
    return text;
}

Error::Error(Problem problem) : std::runtime_error(to_string(problem)), problem_(std::move(problem)) {}

}  // namespace unroll
