// Every plugin of this tree keeps every promise.
#include <map>
#include <string>

#include "catch.h"
#include "conformance/conformance.h"
#include "plugins/loader.h"
#include "temporary_folder.h"

using namespace unroll;

namespace {

/// Files for datasets that must be given some, by the option's name.
std::map<std::string, std::string> files_for_options(const TemporaryFolder& folder) {
    // Each line with a label and a tab before it.
    std::string text;
    for (int i = 0; i < 200; ++i) {
        text += i % 3 ? "odd\tLine " : "even\tLine ";
        text += std::to_string(i) + ": naïve 漢字 are words, too. And so on;\n";
    }
    // IDX files of 200 pictures of 2 x 2 points.
    std::string images("\0\0\x08\x03\0\0\0\xC8\0\0\0\x02\0\0\0\x02", 16), labels("\0\0\x08\x01\0\0\0\xC8", 8);
    for (int i = 0; i < 200; ++i) {
        labels += static_cast<char>(i % 10);
        for (int point = 0; point < 4; ++point) images += static_cast<char>(i * point);
    }
    return {{"path", folder.write("text.txt", text)},
            {"images", folder.write("images", images)},
            {"labels", folder.write("labels", labels)}};
}

}  // namespace

TEST_CASE("every plugin conforms") {
    const plugins::Catalog catalog = plugins::load({{UNROLL_PLUGINS, "the build tree", true}});
    REQUIRE_FALSE(catalog.found().empty());
    for (const plugins::Refused& refused : catalog.refused()) FAIL(to_string(refused.problem));

    const TemporaryFolder folder;
    const std::map<std::string, std::string> files = files_for_options(folder);
    for (const plugins::Found& found : catalog.found()) {
        Options given;
        for (const Option& option : found.plugin->options)
            if (const auto file = files.find(option.name); option.type == Option::Type::path && file != files.end())
                given.set(option.name, file->second);
        const conformance::Report report = conformance::check(*found.plugin, given);
        INFO(to_string(report));
        CHECK(report.passed());
    }
}
