// Where files are looked for.
#include "manifest/data_files/lookup.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "catch.h"

namespace unroll::manifest {
namespace {

namespace fs = std::filesystem;

/// A fresh folder with files in it, removed at the end.
class Folder {
public:
    explicit Folder(std::initializer_list<const char*> files) {
        std::string name = (fs::temp_directory_path() / "unroll-lookup-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        path = fs::canonical(name);
        for (const char* file : files) {
            fs::create_directories((path / file).parent_path());
            std::ofstream(path / file) << file;
        }
    }
    ~Folder() { fs::remove_all(path); }

    fs::path path;
};

TEST_CASE("The first folder that has it wins") {
    const Folder one({"both.txt"}), two({"both.txt", "second.txt", "deep/down/x.cpp"});
    const Lookup lookup{{one.path, two.path}};
    CHECK(lookup.find("both.txt") == one.path / "both.txt");
    CHECK(lookup.find("./second.txt") == two.path / "second.txt");
    CHECK(lookup.find("deep") == two.path / "deep");
    CHECK(lookup.find((two.path / "both.txt").string()) == two.path / "both.txt");
    CHECK_FALSE(lookup.find("third.txt"));
    CHECK_FALSE(lookup.find((two.path / "third.txt").string()));
}

TEST_CASE("A glob is found where something matches its first wildcard") {
    const Folder one({"a.md"}), two({"b.txt", "deep/down/x.cpp"});
    const Lookup lookup{{one.path, two.path}};
    CHECK(lookup.find("*.txt") == two.path / "*.txt");
    CHECK(lookup.find("deep/**/*.cpp") == two.path / "deep/**/*.cpp");
    CHECK(lookup.find("?.md") == one.path / "?.md");
    CHECK_FALSE(lookup.find("*.html"));
    CHECK_FALSE(lookup.find("nowhere/*.txt"));
}

TEST_CASE("The usual places: beside the manifest, the working directory, UNROLL_DATA") {
    const Folder beside({}), one({}), two({});
    const char* before = std::getenv("UNROLL_DATA");
    const std::string kept = before ? before : "";
    setenv("UNROLL_DATA", (one.path.string() + "::" + two.path.string() + ":" + one.path.string()).c_str(), 1);
    const Lookup lookup = Lookup::standard(beside.path / "x.json");
    before ? setenv("UNROLL_DATA", kept.c_str(), 1) : unsetenv("UNROLL_DATA");
    CHECK(lookup.folders ==
          std::vector<fs::path>{beside.path / "", fs::current_path() / "", one.path / "", two.path / ""});
}

}  // namespace
}  // namespace unroll::manifest
