// The loader against real shared libraries: sound ones, and one for each way of being wrong.
#include "plugins/loader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "catch.h"
#include "plugins/options_check.h"
#include "unroll/random.h"

using namespace unroll;
using namespace unroll::plugins;
namespace fs = std::filesystem;

namespace {

const fs::path fixtures = UNROLL_BUILT_FIXTURES;

fs::path file(const std::string& way) {
    return fixtures / way / (way + ".so");
}

Catalog load_folders(const std::vector<fs::path>& paths) {
    std::vector<Folder> result;
    for (const fs::path& path : paths) result.push_back({path, "--plugin-path", true});
    return load(result);
}

/// The reason why the one plugin of this folder is refused.
Problem refusal(const std::string& way) {
    const Catalog catalog = load_folders({fixtures / way});
    INFO(way);
    CHECK(catalog.found().empty());
    REQUIRE(catalog.refused().size() == 1);
    CHECK(catalog.refused()[0].file == file(way));
    return catalog.refused()[0].problem;
}

/// A folder that is removed at the end.
struct Temporary {
    fs::path path = fs::temp_directory_path() / ("unroll-loader-" + std::to_string(getpid()));
    Temporary() { fs::create_directories(path); }
    ~Temporary() { fs::remove_all(path); }
};

/// An environment variable for the length of a test.
struct Environment {
    Environment(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
    ~Environment() { unsetenv(name_); }
    const char* name_;
};

}  // namespace

TEST_CASE("sound plugins of all kinds are found, in order") {
    const Catalog catalog = load_folders({fixtures / "good"});
    CHECK(catalog.refused().empty());
    REQUIRE(catalog.found().size() == 3);
    CHECK(catalog.found()[0].plugin->name == std::string("fixture-cell"));
    CHECK(catalog.found()[0].file == fixtures / "good/cells/fixture-cell.so");
    CHECK(catalog.found()[1].plugin->name == std::string("fixture-dataset"));
    CHECK(catalog.found()[2].plugin->name == std::string("fixture-sampler"));

    const Plugin* cell = catalog.find(Plugin::Kind::cell, "fixture-cell");
    REQUIRE(cell);
    Options options;
    set_defaults(options, *cell);
    CHECK(to_json(options) == R"({"keep":0.5})");
    const auto made = cell->make_cell_float({.input = 3, .hidden = 2}, options);
    CHECK(made->layout().weight_count() == 8);
    CHECK(made->layout().output == 2);
}

TEST_CASE("a plugin outlives the catalog, and loading it again gives the same one") {
    const Plugin* first = load_folders({fixtures / "good"}).find(Plugin::Kind::sampler, "fixture-sampler");
    const Plugin* second =
        load_file(fixtures / "good/samplers/fixture-sampler.so").find(Plugin::Kind::sampler, "fixture-sampler");
    REQUIRE(first);
    CHECK(first == second);
    CHECK(first->summary == std::string("draws from the softmax"));
}

TEST_CASE("a folder that is reached twice, also through a link, is loaded once") {
    const Temporary temporary;
    fs::create_directory_symlink(fixtures / "good", temporary.path / "link");
    const Catalog catalog = load_folders({fixtures / "good", fixtures / "good/cells", temporary.path / "link"});
    CHECK(catalog.found().size() == 3);
    CHECK(catalog.refused().empty());
}

TEST_CASE("a refused file says what was found, what was wanted and what to do; the others still load") {
    const Catalog catalog = load_folders({fixtures / "another-sdk", fixtures / "no-symbol", fixtures / "good"});
    CHECK(catalog.found().size() == 3);
    REQUIRE(catalog.refused().size() == 2);
    CHECK(to_string(catalog.refused()[0].problem) ==
          file("another-sdk").string() +
              ": SDK version 10\n"
              "  expected: SDK version 4\n"
              "  help: build the plugin again against this program: its headers, its compiler, its sanitizers");
}

TEST_CASE("each way of being wrong has its reason") {
    CHECK(refusal("not-a-library").found == "invalid ELF header");
    CHECK(refusal("not-a-library").expected == "a shared library that this machine can load");
    CHECK(refusal("empty").found == "an empty file");
    CHECK(refusal("crashes-on-load").found == "loading it was ended by signal 11 (Segmentation fault)");
    CHECK(refusal("exits-on-load").found == "loading it ended the process with exit code 0");
    CHECK(refusal("no-symbol").found == "no symbol 'unroll_plugin'");
    CHECK(refusal("no-symbol").expected == "a plugin: a library that exports it");
    CHECK(refusal("unresolved").found == "undefined symbol: defined_nowhere");
    CHECK(refusal("unresolved").help ==
          "link the library that has the symbol, or build the plugin again if it was made for another Unroll");
    CHECK(refusal("another-build").found == "build 0123456789abcdef");
    CHECK(refusal("another-build").expected == "build " UNROLL_BUILD_HASH);
    CHECK(refusal("other-name").found == "a sampler named 'some-name'");
    CHECK(refusal("other-name").expected == "the name 'other-name', as the file's");
    CHECK(refusal("no-maker").found == "a sampler without its maker");
    CHECK(refusal("no-name").found == "no name or no summary");
    CHECK(refusal("odd-kind").found == "kind 3");
    CHECK(refusal("odd-kind").expected == "cell, dataset or sampler");
    CHECK(refusal("odd-revision").found == "revision 0");
    CHECK(refusal("bad-default").where == file("bad-default").string() + ", option 'many'");
    CHECK(refusal("bad-default").found == "default 9");
    CHECK(refusal("bad-default").expected == "a whole number, 1 to 8");
    CHECK(refusal("option-twice").found == "declared twice");
}

TEST_CASE("what is no library is refused at once, and the others still load") {
    const Temporary temporary;
    const fs::path good = fixtures / "good/samplers/fixture-sampler.so", folder = temporary.path;
    fs::create_directory_symlink(fixtures / "good/samplers", folder / "sound");
    fs::copy_file(good, folder / "truncated.so");
    fs::resize_file(folder / "truncated.so", 4096);
    fs::copy_file(good, folder / "cut.so");
    fs::resize_file(folder / "cut.so", fs::file_size(good) - 1);
    fs::create_directory(folder / "folder.so");
    fs::create_symlink(folder / "nowhere", folder / "dangling.so");
    REQUIRE(::mkfifo((folder / "fifo.so").c_str(), 0600) == 0);
    fs::create_symlink("/dev/zero", folder / "device.so");
    const Catalog catalog = load_folders({folder});
    CHECK(catalog.find(Plugin::Kind::sampler, "fixture-sampler"));
    std::map<std::string, std::string> found;
    for (const Refused& refused : catalog.refused()) found[refused.file.stem()] = refused.problem.found;
    CHECK(found.size() == 6);
    CHECK(found["truncated"].starts_with("a truncated library: 4096 bytes of at least "));
    CHECK(found["cut"].starts_with("a truncated library: "));
    CHECK(found["folder"] == "a folder, not a file");
    CHECK(found["dangling"] == "a link to a file that is not there");
    CHECK(found["fifo"] == "a named pipe (FIFO), not a file");
    CHECK(found["device"] == "a device, not a file");
}

TEST_CASE("a library damaged at any place is refused or loaded, and nothing dies") {
    const Temporary temporary;
    const fs::path good = fixtures / "good/samplers/fixture-sampler.so", damaged = temporary.path / "damaged.so";
    std::string bytes;
    {
        std::ifstream stream(good, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(stream), {});
    }
    for (int i = 0; i < 30; ++i) {
        std::string wrong = bytes;
        RandomStream stream(static_cast<std::uint64_t>(i), "damage");
        for (int k = 0; k < 20; ++k) wrong[stream.below(4000)] = static_cast<char>(stream.below(256));
        fs::remove(damaged);  // a library that is loaded must not change
        std::ofstream(damaged, std::ios::binary) << wrong;
        const Catalog catalog = load_folders({temporary.path});
        CHECK(catalog.found().size() + catalog.refused().size() == 1);
    }
}

TEST_CASE("what others may write to is refused, unless the user trusts them") {
    const Temporary temporary;
    const fs::path place = temporary.path / "place", folder = place / "plugins", file = folder / "fixture-sampler.so";
    fs::create_directories(folder);
    fs::copy_file(fixtures / "good/samplers/fixture-sampler.so", file);
    for (const fs::path& each : {place, folder, file}) fs::permissions(each, fs::perms(0755));
    const auto found = [&] {
        const Catalog catalog = load_folders({folder});
        return catalog.refused().empty() ? "" : to_string(catalog.refused()[0].problem);
    };
    CHECK(found() == "");
    SECTION("the library") {
        fs::permissions(file, fs::perms(0757));
        CHECK(found().starts_with(file.string() + ": may be written to by everybody (mode 0757)"));
        CHECK(found().find("help: take the others' rights away, as with: chmod -R go-w '" + file.string() + "'; or") !=
              std::string::npos);
        const Environment environment("UNROLL_TRUST_PLUGINS", "1");
        CHECK(found() == "");
    }
    SECTION("its folder, where a sticky bit keeps nobody from adding one") {
        for (const unsigned mode : {0777u, 01777u}) {
            fs::permissions(folder, fs::perms(mode));
            const Catalog catalog = load_folders({folder});
            CHECK(catalog.found().empty());
            REQUIRE(catalog.refused().size() == 1);
            CHECK(catalog.refused()[0].file == folder);
            CHECK(catalog.missing(Plugin::Kind::sampler, "fixture-sampler").help.find("were refused: may be written") !=
                  std::string::npos);
        }
    }
    SECTION("a folder on the way, but for a sticky one") {
        fs::permissions(place, fs::perms(0777));
        CHECK(found().find("lies in " + place.string() + ", which may be written to by everybody (mode 0777)") !=
              std::string::npos);
        fs::permissions(place, fs::perms(01777));
        CHECK(found() == "");
    }
    SECTION("the library behind a link") {
        const fs::path other = temporary.path / "other";
        fs::create_directory(other);
        fs::rename(file, other / "fixture-sampler.so");
        fs::create_symlink(other / "fixture-sampler.so", file);
        CHECK(found() == "");
        fs::permissions(other, fs::perms(0777));
        CHECK(found().find("lies in " + other.string()) != std::string::npos);
    }
    SECTION("a group of others") {
        if (::geteuid() != 0) return;  // nobody else can give files away
        constexpr gid_t nobody_s_group = 12345;
        REQUIRE(::chown(file.c_str(), 0, nobody_s_group) == 0);
        fs::permissions(file, fs::perms(0775));
        CHECK(found() == "");  // a group without members
        REQUIRE(::chown(file.c_str(), 12345, 0) == 0);
        fs::permissions(file, fs::perms(0755));
        CHECK(found().starts_with(file.string() + ": belongs to user 12345"));
    }
}

TEST_CASE("two plugins of one name: neither, and each names the other") {
    const Catalog catalog = load_folders({fixtures / "twice"});
    CHECK(catalog.found().empty());
    REQUIRE(catalog.refused().size() == 2);
    CHECK(catalog.refused()[0].file == fixtures / "twice/one/twice.so");
    CHECK(catalog.refused()[0].problem.found ==
          "a sampler named 'twice', as in " + (fixtures / "twice/two/twice.so").string());
    CHECK(catalog.refused()[1].file == fixtures / "twice/two/twice.so");
}

TEST_CASE("makers are not called while loading") {
    CHECK(load_file(file("throws-error")).find(Plugin::Kind::dataset, "throws-error"));
    CHECK(load_file(file("throws-other")).find(Plugin::Kind::cell, "throws-other"));
}

TEST_CASE("a folder that was asked for and is not there is reported") {
    const Catalog catalog = load_folders({fixtures / "nowhere", fixtures / "good"});
    CHECK(catalog.found().size() == 3);
    REQUIRE(catalog.refused().size() == 1);
    CHECK(catalog.refused()[0].problem.found == "no such folder");
    CHECK(catalog.refused()[0].problem.expected == "a folder, as --plugin-path says");
    CHECK(load({{fixtures / "nowhere", "installed", false}}).refused().empty());
    const Catalog missing = load_file(fixtures / "nowhere.so");
    REQUIRE(missing.refused().size() == 1);
    CHECK(missing.refused()[0].problem.found == "no such file");
}

TEST_CASE("folders: given ones, then the environment's, then the program's own") {
    const Environment environment("UNROLL_PLUGIN_PATH", "/a::/b:");
    const std::vector<Folder> places = folders({"/x", "y"});
    REQUIRE(places.size() == 6);
    CHECK(places[0].path == "/x");
    CHECK(places[0].expected);
    CHECK(places[1].path == "y");
    CHECK(places[2].path == "/a");
    CHECK(places[2].why == "UNROLL_PLUGIN_PATH");
    CHECK(places[3].path == "/b");
    CHECK(places[4].path.filename() == "plugins");
    CHECK(places[4].why == "beside the program");
    CHECK_FALSE(places[4].expected);
    CHECK(places[5].path.string().find("/lib/unroll/plugins") != std::string::npos);
}
