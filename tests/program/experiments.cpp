// The manifests in experiments/, and the one that the README shows, are right.
#include <cstdlib>
#include <regex>

#include "catch.h"
#include "program.h"

namespace {

/// A file that a manifest needs and that is neither beside it nor in `folder`, or "". What a glob matches is looked for
/// by its folder.
std::string missing_file(const std::filesystem::path& manifest, const std::filesystem::path& folder) {
    static const std::regex file("\"(path|images|labels)\": \"([^\"]+)\"");
    const std::string text = content_of(manifest);
    for (std::sregex_iterator match(text.begin(), text.end(), file), end; match != end; ++match) {
        std::filesystem::path path = (*match)[2].str();
        while (path.string().find_first_of("*?[") != std::string::npos) path = path.parent_path();
        if (!std::filesystem::exists(manifest.parent_path() / path) && !std::filesystem::exists(folder / path))
            return (*match)[2].str();
    }
    return "";
}

}  // namespace

TEST_CASE("every manifest in experiments/ passes the check, where its data is there") {
    // Files are looked up in the working directory, too.
    const TemporaryFolder place;
    const char* data = std::getenv("UNROLL_DATA");
    if (data && std::filesystem::is_directory(data))
        for (const auto& entry : std::filesystem::directory_iterator(data))
            std::filesystem::create_symlink(std::filesystem::absolute(entry.path()), place / entry.path().filename());
    int checked = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(UNROLL_SOURCE "/experiments")) {
        if (entry.path().extension() != ".json") continue;
        const std::string name = entry.path().filename().string();
        if (const std::string file = missing_file(entry.path(), place.path()); !file.empty()) {
            WARN(name << " is not checked: " << file << " is not in UNROLL_DATA");
            continue;
        }
        const Ended check = unroll(place, {"check", entry.path().string()});
        INFO(name << ": " << check.err);
        CHECK(check.code == 0);
        CHECK(check.prints(name + ": OK"));
        ++checked;
    }
    CHECK(checked >= 3);
}

TEST_CASE("the README's manifest passes the check, on the README") {
    const std::string readme = content_of(UNROLL_SOURCE "/README.md"), fence = "```";
    const auto begin = readme.find(fence + "jsonc\n{");
    REQUIRE(begin != std::string::npos);
    const auto first = readme.find('{', begin);
    const TemporaryFolder place;
    std::ofstream(place / "first.json") << readme.substr(first, readme.find(fence, first) - first);
    std::filesystem::copy_file(UNROLL_SOURCE "/README.md", place / "readme.txt");
    const Ended check = unroll(place, {"check", "first.json", "--set", "dataset.path=\"readme.txt\""});
    INFO(check.err);
    CHECK(check.code == 0);
    CHECK(check.prints("first.json: OK"));
}
