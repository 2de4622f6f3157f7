// Queries on command lines.
#include "cli/query_text.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "unroll/error.h"

namespace unroll::cli {

std::string query_in(const std::string& argument) {
    if (!argument.starts_with('@')) return argument;
    const std::string file = argument.substr(1);
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.good() && !stream.eof()) text.clear();
    if (!stream.is_open() || text.empty())
        throw Error({file, stream.is_open() ? "an empty file" : "no such file", "a file with one SELECT",
                     "check the path behind @"});
    return text;
}

std::chrono::milliseconds timeout_in(const Arguments& arguments) {
    const double seconds = arguments.get<double>("timeout");
    if (!(seconds > 0 && seconds <= 1e6))
        throw Error({"--timeout", fmt::format("{}", seconds), "seconds, above 0", "leave it out for 60 seconds"});
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

}  // namespace unroll::cli
