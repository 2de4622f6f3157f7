// Rendering and collecting a manifest's problems.
#include "base/diagnostics.h"

#include <fmt/core.h>

#include <utility>

#include "unroll/utf8.h"

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

constexpr std::size_t most_problems = 100, longest_part = 4000;

void shorten(std::string& text) {
    if (text.size() <= longest_part) return;
    text.resize(code_point_begin(text, longest_part));
    text += "…";
}

}  // namespace

Problems::Problems(std::vector<Problem> problems)
    : std::runtime_error(render(problems)), problems_(std::move(problems)) {}

void Diagnostics::add(Problem problem) {
    for (std::string* part : {&problem.where, &problem.found, &problem.expected, &problem.help}) shorten(*part);
    if (seen_.insert(to_string(problem)).second) problems_.push_back(std::move(problem));
    if (problems_.size() < most_problems) return;
    problems_.push_back(
        {"", fmt::format("{} problems so far; the rest was not checked", most_problems), "", "correct these first"});
    raise();
}

void Diagnostics::add(const Diagnostics& other) {
    for (const Problem& problem : other.problems_) add(problem);
}

void Diagnostics::raise() {
    if (!problems_.empty()) throw Problems(std::exchange(problems_, {}));
}

}  // namespace unroll::base
