// Rendering and collecting a manifest's problems.
#include "base/diagnostics.h"

#include <utility>

namespace unroll::base {
namespace {

std::string render(const std::vector<Problem>& problems) {
    std::string text;
    if (problems.size() > 1) text = std::to_string(problems.size()) + " problems\n";
    for (const Problem& problem : problems) {
        if (!text.empty() && text.back() != '\n') text += '\n';
        text += to_string(problem);
    }
    return text;
}

}  // namespace

Problems::Problems(std::vector<Problem> problems)
    : std::runtime_error(render(problems)), problems_(std::move(problems)) {}

void Diagnostics::add(Problem problem) {
    if (seen_.insert(to_string(problem)).second) problems_.push_back(std::move(problem));
}

void Diagnostics::add(const Diagnostics& other) {
    for (const Problem& problem : other.problems_) add(problem);
}

void Diagnostics::raise() {
    if (!problems_.empty()) throw Problems(std::exchange(problems_, {}));
}

}  // namespace unroll::base
