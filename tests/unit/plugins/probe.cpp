// Loading for trial: whatever the child does, the parent goes on and knows which file it was.
#include "plugins/probe.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "catch.h"

namespace unroll::plugins {
namespace {

using namespace std::chrono_literals;

TEST_CASE("Each file's harm is told, and the others are tried") {
    const std::vector<std::filesystem::path> files{"sound", "abort", "throws", "exits", "hangs", "sound too"};
    const auto load = [](const std::filesystem::path& file) {
        if (file == "abort") std::abort();
        if (file == "throws") throw 1;
        if (file == "exits") ::_exit(3);
        if (file == "hangs") ::pause();
        std::puts("what a library prints goes nowhere");
        std::fflush(stdout);
    };
    CHECK(probe(files, load, 200ms) == std::vector<std::string>{"", "loading it was ended by signal 6 (Aborted)", "",
                                                                "loading it ended the process with exit code 3",
                                                                "loading it takes longer than 0.2 s", ""});
    CHECK(probe({}, load, 200ms).empty());
}

}  // namespace
}  // namespace unroll::plugins
