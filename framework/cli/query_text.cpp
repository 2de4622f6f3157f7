// Queries on command lines.
#include "cli/query_text.h"

#include <fmt/format.h>

#include "base/special_files.h"
#include "unroll/error.h"

namespace unroll::cli {

std::string query_in(const std::string& argument) {
    if (!argument.starts_with('@')) return argument;
    const std::string file = argument.substr(1);
    constexpr std::uint64_t most = 1'000'000;  // as SQLite takes
    std::string text = base::read_file(file, "a file with one SELECT", most);
    if (text.empty()) throw Error({file, "an empty file", "a file with one SELECT", "check the path behind @"});
    return text;
}

std::chrono::milliseconds timeout_in(const Arguments& arguments) {
    const double seconds = arguments.get<double>("timeout");
    if (!(seconds > 0 && seconds <= 1e6))
        throw Error({"--timeout", fmt::format("{}", seconds), "seconds, above 0", "leave it out for 60 seconds"});
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace unroll::cli
