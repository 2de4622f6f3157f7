// A report: collected check by check, and as text.
#include <fmt/core.h>

#include "base/visible.h"
#include "conformance/recorder.h"

namespace unroll::conformance {

Check& Recorder::at(std::string_view name) {
    for (Check& check : report_.checks)
        if (check.name == name) return check;
    Check& added = report_.checks.emplace_back();
    added.name = name;
    return added;
}

void Recorder::measure(std::string_view name, double deviation, double tolerance, const std::string& where) {
    Check& check = at(name);
    ++check.times;
    check.tolerance = tolerance;
    if (!(deviation <= check.measured)) check.measured = deviation;
    if (deviation <= tolerance) return;
    check.passed = false;
    ++failures_;
    if (check.failure.empty()) check.failure = fmt::format("off by {:.3g}, {}", deviation, where);
}

void Recorder::require(std::string_view name, bool held, const std::string& what, const std::string& where) {
    Check& check = at(name);
    ++check.times;
    if (held) return;
    check.passed = false;
    ++failures_;
    if (check.failure.empty()) check.failure = where.empty() ? what : fmt::format("{}, {}", what, where);
}

bool Report::passed() const {
    return std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.passed; });
}

std::string to_string(const Report& report) {
    Size width = 0, failed = 0;
    for (const Check& check : report.checks) {
        width = std::max(width, check.name.size());
        failed += check.passed ? 0 : 1;
    }
    std::string text = fmt::format("{}: {} checks, {}\n", report.plugin, report.checks.size(),
                                   failed == 0 ? "all passed" : fmt::format("{} failed", failed));
    for (const Check& check : report.checks) {
        text += fmt::format("  {} {:<{}}", check.passed ? "✓" : "✗", check.name, width);
        if (check.tolerance > 0) text += fmt::format("  {:.1e}, at most {:.0e}", check.measured, check.tolerance);
        text += '\n';
        if (!check.passed) text += fmt::format("      {}\n", base::visible_line(check.failure));
    }
    return text;
}

}  // namespace unroll::conformance
