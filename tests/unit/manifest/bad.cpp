// Every way in which a manifest can be wrong: each file in fixtures/manifests/bad with the text that a user reads,
// beside it.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.h"
#include "fixtures.h"

namespace unroll::manifest::test {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
}

TEST_CASE("Each bad manifest is refused with the text beside it") {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder() / "bad"))
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    CHECK(files.size() > 40);
    for (const fs::path& file : files) {
        INFO(file.string());
        DatasetCache datasets(catalog());
        std::string text;
        try {
            manifest::expand(read(file), file.filename(), {}, catalog(), Lookup{{folder()}}, datasets, host_queries());
        } catch (const base::Problems& problems) {
            text = std::string(problems.what()) + "\n";
        }
        const std::string place = folder().string();
        for (std::size_t at; (at = text.find(place)) != text.npos;) text.replace(at, place.size(), "FOLDER");
        CHECK(text == read(fs::path(file).replace_extension(".txt")));
    }
}

}  // namespace
}  // namespace unroll::manifest::test
