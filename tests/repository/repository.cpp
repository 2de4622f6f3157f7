// What the tree says of itself: the README's map of folders, the index of docs/, the changelog, lines that fit.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"

namespace {

namespace fs = std::filesystem;

const fs::path root = UNROLL_SOURCE;

std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    REQUIRE(in);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
}

/// Places on a line; a UTF-8 character takes one.
std::size_t columns(const std::string& line) {
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_source(const fs::path& file) {
    return file.extension() == ".h" || file.extension() == ".cpp";
}

std::vector<fs::path> sources() {
    std::vector<fs::path> files;
    for (const char* folder : {"framework", "plugins", "examples"})
        for (const auto& entry : fs::recursive_directory_iterator(root / folder))
            // The SQL of a migration step stays as it was: files that were made with it have its text.
            if (is_source(entry.path()) && entry.path() != root / "framework/store/schema.cpp")
                files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

TEST_CASE("the README's map has every folder of the framework, and no other") {
    const std::string readme = content(root / "README.md");
    std::set<std::string> on_map;
    const std::string prefix = "`framework/";
    for (std::size_t at = readme.find(prefix); at != readme.npos; at = readme.find(prefix, at + 1)) {
        const std::size_t begin = at + prefix.size();
        on_map.insert(readme.substr(begin, readme.find('/', begin) - begin));
    }
    std::set<std::string> there;
    for (const auto& entry : fs::directory_iterator(root / "framework"))
        if (entry.is_directory() && entry.path().filename() != "cmake") there.insert(entry.path().filename());
    CHECK(on_map == there);
}

TEST_CASE("the index of docs/ has every page") {
    const std::string index = content(root / "docs/README.md");
    for (const auto& entry : fs::directory_iterator(root / "docs")) {
        const std::string name = entry.path().filename();
        if (name == "README.md") continue;
        INFO(name);
        CHECK(index.find("(" + name + ")") != index.npos);
    }
}

TEST_CASE("links between documents lead somewhere") {
    std::vector<fs::path> pages{root / "README.md", root / "CONTRIBUTING.md", root / "CHANGELOG.md"};
    for (const char* folder : {"docs", "experiments", "results", "examples", "tests/benchmarks"})
        for (const auto& entry : fs::recursive_directory_iterator(root / folder))
            if (entry.path().extension() == ".md") pages.push_back(entry.path());
    for (const fs::path& page : pages) {
        const std::string text = content(page);
        for (std::size_t at = text.find("]("); at != text.npos; at = text.find("](", at + 1)) {
            std::string link = text.substr(at + 2, text.find(')', at) - at - 2);
            link = link.substr(0, link.find('#'));
            if (link.empty() || link.find("://") != link.npos || link.find(' ') != link.npos) continue;
            INFO(page.string() << ": " << link);
            CHECK(fs::exists(page.parent_path() / link));
        }
    }
}

TEST_CASE("lines fit into 120 columns, comments too") {
    for (const fs::path& file : sources()) {
        std::istringstream lines(content(file));
        std::size_t number = 0;
        for (std::string line; std::getline(lines, line);) {
            ++number;
            INFO(file.string() << ":" << number);
            CHECK(columns(line) <= 120);
        }
    }
}

}  // namespace
