// What is printed: values from anywhere cannot drive a terminal, and every place prints through one function.
#include "cli/print.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.h"
#include "command_output.h"

using namespace unroll;

namespace {

template <class... Values>
std::string printed(fmt::format_string<cli::Printable<Values>...> format, const Values&... values) {
    return written_to(STDOUT_FILENO, [&] { cli::print(format, values...); });
}

}  // namespace

TEST_CASE("values are made fit for a terminal, what is ready is left alone") {
    const std::string evil = "\x1b[2Jx\n\xC2\x9Bz\xE2\x80\xAE";
    CHECK(printed("{} {:>3} {:.1f}\n", evil, 7, 1.25) == "\\x1b[2Jx↵\\x9bz\\u202e   7 1.2\n");
    CHECK(printed("{}", cli::Lines{evil}) == "\\x1b[2Jx\n\\x9bz\\u202e");
    CHECK(printed("{}", cli::Ready{"\x1b[1mbold\x1b[0m\n"}) == "\x1b[1mbold\x1b[0m\n");
    const std::vector<std::string> names{"a", evil};
    CHECK(printed("{}|{}", fmt::join(names, ", "), "literal\t") == "a, \\x1b[2Jx↵\\x9bz\\u202e|literal\\t");
    CHECK(printed("nothing\n") == "nothing\n");
}

TEST_CASE("JSON for a terminal is the same JSON") {
    CHECK(cli::visible_json("{\"a\": \"\x7F\xC2\x85\xE2\x81\xA6é\"}") == "{\"a\": \"\\u007f\\u0085\\u2066é\"}");
}

TEST_CASE("standard output has one way") {
    std::string found;
    const std::filesystem::path folder = std::filesystem::path(UNROLL_SOURCE) / "framework";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const std::filesystem::path file = entry.path();
        if (file.extension() != ".cpp" && file.extension() != ".h") continue;
        if (file.filename() == "print.h") continue;
        std::ifstream stream(file, std::ios::binary);
        const std::string source{std::istreambuf_iterator<char>(stream), {}};
        for (const char* way : {"fmt::print(\"", "fmt::print(\n", "std::cout", "std::puts", "fputs(", "printf(\""})
            if (source.find(way) != source.npos) found += file.string() + ": " + way + "\n";
    }
    INFO(found);
    CHECK(found.empty());
}
