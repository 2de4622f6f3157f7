// Lines on a terminal that are drawn over again and again.
#include "cli/live_lines.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

#include "cli/table.h"
#include "cli/terminal.h"

namespace unroll::cli {

LiveLines::LiveLines(bool enabled, std::chrono::milliseconds interval)
    : live_(enabled && isatty(STDERR_FILENO)), interval_(interval), drawn_at_(Clock::now() - interval) {}

bool LiveLines::due() const {
    return live_ && Clock::now() - drawn_at_ >= interval_;
}

void LiveLines::draw(const std::vector<std::string>& lines) {
    if (!live_) return;
    erase();
    const Size columns = terminal().columns - 1;
    for (const std::string& line : lines) fmt::print(stderr, "{}\n", fitting(line, columns));
    std::fflush(stderr);
    drawn_lines_ = lines.size();
    drawn_at_ = Clock::now();
}

void LiveLines::erase() {
    if (drawn_lines_) fmt::print(stderr, "\033[{}A\033[J", drawn_lines_);
    drawn_lines_ = 0;
}

void LiveLines::print(const std::string& line) {
    erase();
    fmt::print(stderr, "{}\n", line);
}

}  // namespace unroll::cli
