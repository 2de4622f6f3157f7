// Lines on a terminal that are drawn over again and again.
#include "cli/live_lines.h"

#include <unistd.h>

#include <utility>

#include "cli/message.h"
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
    std::string text = erasure();
    const Size columns = terminal().columns - 1;
    for (const std::string& line : lines) text += fitting(line, columns) + "\n";
    message(std::string_view(text));
    drawn_lines_ = lines.size();
    drawn_at_ = Clock::now();
}

std::string LiveLines::erasure() {
    const Size lines = std::exchange(drawn_lines_, 0);
    return lines ? fmt::format("\033[{}A\033[J", lines) : "";
}

void LiveLines::erase() {
    message(std::string_view(erasure()));
}

void LiveLines::print(const std::string& line) {
    message(std::string_view(erasure() + line + "\n"));
}

}  // namespace unroll::cli
