// The lines in which a sweep's progress is told.
#include "cli/progress_text.h"

#include <fmt/core.h>

#include <cmath>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "trial/status.h"

namespace unroll::cli {

namespace {

using base::display_width;

std::string rate(double tokens_per_second) {
    return tokens_per_second >= 1e6 ? fmt::format("{:.2f}M tokens/s", tokens_per_second / 1e6)
                                    : fmt::format("{:.1f}k tokens/s", tokens_per_second / 1e3);
}

/// Parts with two spaces between them; an empty part is none.
std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts)
        if (!part.empty()) text += (text.empty() ? "" : "  ") + part;
    return text;
}

/// A label from the longest to the shortest way to write it: as it is, its values only, fewer and fewer of these.
std::vector<std::string> shorter_labels(const std::string& label) {
    std::vector<std::string> labels{label}, values;
    for (const std::string& part : base::split(label, ' ')) values.push_back(part.substr(part.find('=') + 1));
    for (Size kept = values.size(); kept > 0; --kept) {
        std::string text;
        for (Size i = 0; i < kept; ++i) text += (i ? " " : "") + values[i];
        labels.push_back(std::move(text));
    }
    return labels;
}

}  // namespace

std::string duration(double seconds) {
    const long whole = std::lround(seconds);
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string losses_text(const RecordedLosses& losses) {
    return joined({losses.train ? fmt::format("train {:#.4g}", *losses.train) : "",
                   losses.validation ? fmt::format("validation {:#.4g}", *losses.validation) : ""});
}

std::string running_line(const std::string& label, const training::StepProgress& now, Size columns) {
    const std::string step = fmt::format("step {}/{}", now.step, now.steps),
                      loss = fmt::format("loss {:.4f}", now.loss), speed = rate(now.tokens_per_second);
    const std::vector<std::string> labels = shorter_labels(label);
    std::vector<std::string> lines;
    for (const std::string& shorter : labels) lines.push_back(joined({shorter, step, loss, speed}));
    lines.push_back(joined({labels.back(), step, loss}));
    lines.push_back(joined({step, loss}));
    for (const std::string& line : lines)
        if (display_width(line) <= columns) return line;
    return fitting(loss, columns);
}

std::string ended_line(const std::string& label, const training::Outcome& outcome, const RecordedLosses& losses,
                       const std::optional<double>& last) {
    std::string line = fmt::format("{} {}", label, trial::to_string(outcome.status));
    if (outcome.step) line += fmt::format(" at step {}", outcome.step);
    std::string loss = losses_text(losses);
    if (loss.empty() && last) loss = fmt::format("loss {:#.4g}", *last);
    if (!loss.empty()) line += ": " + loss;
    if (outcome.seconds > 0)
        line += fmt::format(", {}, {}", rate(double(outcome.tokens) / outcome.seconds), duration(outcome.seconds));
    return line;
}

}  // namespace unroll::cli
