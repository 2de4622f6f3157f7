// What the terminal behind a stream can show.
#include "cli/terminal.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>

#include "base/text.h"

namespace unroll::cli {

namespace {

constexpr Size narrowest = 20;  // less is no width that somebody reads at

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::optional<Size> columns_of_environment() {
    const std::string_view text = environment("COLUMNS");
    Size columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error != std::errc() || end != text.data() + text.size() || columns < narrowest) return std::nullopt;
    return columns;
}

Terminal size_of(int stream) {
    Terminal standard;
    winsize size{};
    if (ioctl(stream, TIOCGWINSZ, &size) != 0) return standard;
    return {size.ws_col >= narrowest ? size.ws_col : standard.columns, size.ws_row > 3 ? size.ws_row : standard.rows};
}

}  // namespace

Terminal terminal() {
    return size_of(STDERR_FILENO);
}

std::optional<Size> output_columns() {
    if (!isatty(STDOUT_FILENO)) return std::nullopt;
    if (const auto columns = columns_of_environment()) return columns;
    return size_of(STDOUT_FILENO).columns;
}

Size drawing_columns() {
    if (const auto columns = output_columns()) return *columns;
    return columns_of_environment().value_or(Terminal().columns);
}

bool takes_color(int stream) {
    if (!environment("NO_COLOR").empty()) return false;
    if (const auto force = environment("CLICOLOR_FORCE"); !force.empty() && force != "0") return true;
    return isatty(stream) && !environment("TERM").empty() && environment("TERM") != "dumb";
}

bool has_utf8() {
    for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const std::string locale = base::lower(environment(variable));
        if (!locale.empty()) return locale.find("utf-8") != locale.npos || locale.find("utf8") != locale.npos;
    }
    return false;
}

std::string colored(std::string_view text, Color color, bool enabled) {
    constexpr std::array codes{1, 2, 31, 32, 33, 34, 35, 36};
    if (!enabled) return std::string(text);
    return fmt::format("\033[{}m{}\033[0m", codes[std::size_t(color)], text);
}

}  // namespace unroll::cli
