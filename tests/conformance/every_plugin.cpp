// Every plugin of this tree keeps every promise.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catch.h"
#include "conformance/conformance.h"
#include "plugins/loader.h"

using namespace unroll;

TEST_CASE("every plugin conforms") {
    const plugins::Catalog catalog = plugins::load({{UNROLL_PLUGINS, "the build tree", true}});
    REQUIRE_FALSE(catalog.found().empty());
    for (const plugins::Refused& refused : catalog.refused()) FAIL(to_string(refused.problem));

    // A text for datasets that must be given one, each line with a label and a tab before it.
    const std::filesystem::path text =
        std::filesystem::temp_directory_path() / ("unroll-conformance-" + std::to_string(getpid()) + ".txt");
    std::ofstream file(text);
    for (int i = 0; i < 200; ++i) file << (i % 3 ? "odd" : "even") << "\tLine " << i << ": naïve 漢字 are words, too. And so on;\n";
    file.close();

    for (const plugins::Found& found : catalog.found()) {
        Options given;
        for (const Option& option : found.plugin->options)
            if (option.type == Option::Type::path && option.default_json[0] == '\0')
                given.set(option.name, text.string());
        const conformance::Report report = conformance::check(*found.plugin, given);
        INFO(to_string(report));
        CHECK(report.passed());
    }
    std::filesystem::remove(text);
}
