// `unroll plugins` and `unroll check`, as a user meets them: what they print and their exit codes.
#include <sys/wait.h>

#include <cstdio>

#include "catch.h"

namespace {

const std::string fixtures = UNROLL_BUILT_FIXTURES;

struct Outcome {
    int code = -1;
    std::string text;  ///< standard output and standard error
};

Outcome unroll(const std::string& words) {
    Outcome outcome;
    FILE* pipe = popen((UNROLL_PROGRAM " " + words + " 2>&1").c_str(), "r");
    REQUIRE(pipe);
    char part[4096];
    while (const std::size_t size = fread(part, 1, sizeof part, pipe)) outcome.text.append(part, size);
    outcome.code = WEXITSTATUS(pclose(pipe));
    return outcome;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("check puts a plugin through its promises") {
    const Outcome outcome = unroll("check " + fixtures + "/good/cells/fixture-cell.so 'keep=0.25'");
    INFO(outcome.text);
    CHECK(outcome.code == 0);
    CHECK(contains(outcome.text, "fixture-cell"));
    CHECK(unroll("check " + fixtures + "/good/datasets/fixture-dataset.so").code == 0);
    CHECK(unroll("check " + fixtures + "/good/samplers/fixture-sampler.so").code == 0);
}

TEST_CASE("check says 1 of a plugin that breaks a promise") {
    const Outcome outcome = unroll("check " + fixtures + "/throws-other/throws-other.so");
    CHECK(outcome.code == 1);
    CHECK(contains(outcome.text, "the maker fell over"));
}

TEST_CASE("check says 2 of what it cannot check, and why") {
    const auto refused = [](const std::string& words, const std::string& part) {
        const Outcome outcome = unroll("check " + words);
        INFO(outcome.text);
        CHECK(outcome.code == 2);
        CHECK(contains(outcome.text, part));
    };
    refused("", "no file");
    refused("nowhere.so", "nowhere.so: no such file");
    refused("nowhere.json", "nowhere.json: no such file");
    refused(fixtures + "/another-build/another-build.so", "build 0123456789abcdef");
    refused(fixtures + "/throws-error/throws-error.so level=4", "level: 4");
    refused(fixtures + "/good/cells/fixture-cell.so keep=2", "a number, 0 to 1");
    refused(fixtures + "/good/cells/fixture-cell.so --set keep=2", "--set with a plugin");
    refused("some.json keep=1", "'keep=1' after a manifest");
}

TEST_CASE("plugins lists what a path adds and what is refused") {
    const Outcome all = unroll("plugins --plugin-path " + fixtures + "/good --plugin-path " + fixtures + "/twice");
    CHECK(all.code == 0);
    CHECK(contains(all.text, "leaky average of a linear map"));
    CHECK(contains(all.text, "one plugin for each kind and name"));
    CHECK(contains(unroll("plugins fixture-cell --plugin-path " + fixtures).text, "no plugin is named 'fixture-cell'"));
    CHECK(contains(unroll("plugins fixture-cell --plugin-path " + fixtures + "/good").text, "a number, 0 to 1"));
    CHECK(unroll("plugins nothing-like-it").code == 2);
    CHECK(unroll("plugins --format csv").code == 2);
    CHECK(contains(unroll("plugins --format json").text, "\"folders\":["));
}
