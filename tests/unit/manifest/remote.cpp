// Files that a manifest says where to get: what it may say, when they are fetched, and what becomes of it.
#include "manifest/data_files/remote.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include "catch.h"
#include "fixtures.h"
#include "temporary_folder.h"
#include "unroll/sha256.h"

namespace unroll::manifest::test {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Two files, as pictures and their labels are.
class Two : public Dataset {
public:
    explicit Two(const Options& options)
        : digest_(sha256(content(options.text("images")) + content(options.text("labels")))) {}
    Task task() const override {
        return {.kind = Task::Kind::reals, .input_reals = 2, .target_reals = 1, .sequence_length = 8};
    }
    std::string digest() const override { return digest_; }
    Size examples(Split) const override { return 100; }

private:
    std::string digest_;
};

/// One that always had an option by that name.
class Own : public Two {
public:
    explicit Own(const Options& options) : Two(with_labels(options)) {}

private:
    static Options with_labels(Options options) {
        options.set("images", options.text("path"));
        options.set("labels", options.text("path"));
        return options;
    }
};

constexpr Option two_options[] = {Option::path("images", "", "pictures"), Option::path("labels", "", "what they show")};
constexpr Option own_options[] = {Option::path("path", "", "a file"), Option::text("url", "\"\"", "something else")};
constinit const Plugin two = dataset_plugin<Two>("two", 1, "two files", two_options);
constinit const Plugin own = dataset_plugin<Own>("own", 1, "a file and a url of its own", own_options);

const std::string letters = "abcdefgh abcdefgh abcdefgh abcdefgh\n";

/// A folder to look in, and a place where every file can be had.
class World : public TemporaryFolder {
public:
    World() : plugins_(catalog()) {
        plugins_.add({&two, {}});
        plugins_.add({&own, {}});
        lookup.folders = {path() / "here" / "", path() / "there" / ""};
        lookup.fetch = [this](const Remote& remote) {
            asked.push_back(remote);
            return fs::path(write("cache/" + remote.sha256 + "/" + remote.name, letters));
        };
    }

    Plan expand(const std::string& text, const std::vector<Override>& overrides = {}) const {
        DatasetCache datasets(plugins_);
        return manifest::expand(text, "test.json", overrides, plugins_, lookup, datasets, host_queries());
    }
    /// Of a manifest with this dataset.
    Plan dataset(const std::string& members, const std::string& more = "",
                 const std::vector<Override>& overrides = {}) const {
        return expand(with("\"dataset\": {" + members + "}" + more), overrides);
    }
    std::string problems(const std::string& members, const std::string& more = "") const {
        try {
            dataset(members, more);
        } catch (const base::Problems& problems) {
            std::string text = problems.what();
            for (std::size_t at; (at = text.find(path())) != text.npos;) text.replace(at, path().string().size(), "…");
            return text;
        }
        return {};
    }

    Lookup lookup;
    std::vector<Remote> asked;

private:
    plugins::Catalog plugins_;
};

const std::string sum = sha256(letters);
const std::string far = R"("plugin": "file", "path": "texts/far.txt", "url": "https://example.org/x?a=1", "sha256": ")";

TEST_CASE("A file that is nowhere is fetched, once for all trials") {
    World world;
    std::string upper = sum;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
    const Plan plan = world.dataset(far + upper + "\"", R"(, "sweep": {"seed": [1, 2, 3]})");
    REQUIRE(world.asked.size() == 1);
    CHECK(world.asked[0].name == "far.txt");
    CHECK(world.asked[0].url == "https://example.org/x?a=1");
    CHECK(world.asked[0].sha256 == sum);
    const trial::Trial& trial = plan.trials[0].trial;
    CHECK(trial.dataset.options.text("path") == (world / ("cache/" + sum + "/far.txt")).string());
    CHECK_THAT(trial.config,
               Catch::Contains(R"(far.txt","url":"https://example.org/x?a=1","sha256":")" + sum + "\",\"unit\""));

    SECTION("neither url nor cache count, only the bytes") {
        world.write("here/near.txt", letters);
        const Plan local = world.dataset(R"("plugin": "file", "path": "near.txt")");
        CHECK(local.trials[0].trial.identity == trial.identity);
        CHECK(local.trials[0].trial.fingerprint == trial.fingerprint);
    }
    SECTION("a stored config finds it again, also when the cache was emptied") {
        CHECK(world.expand(trial.config).trials[0].trial.config == trial.config);
        CHECK(world.asked.size() == 1);
        fs::remove_all(world / "cache");
        CHECK(world.expand(trial.config).trials[0].trial.config == trial.config);
        REQUIRE(world.asked.size() == 2);
        CHECK(world.asked[1].name == "far.txt");
    }
}

TEST_CASE("A password in a url is refused, and shown nowhere") {
    World world;
    for (const char* url : {"https://me:hunter2@example.org/x", "http://hunter2@example.org/", "ftp://me:hunter2@h/x",
                            "https://me:hunter2@", "https://a@hunter2@example.org/x#@"}) {
        CAPTURE(url);
        const std::string told = world.problems(R"("plugin": "file", "path": "far.txt", "url": ")" + std::string(url) +
                                                R"(", "sha256": ")" + sum + "\"");
        CHECK_THAT(told, Catch::Contains("dataset.url: ") && Catch::Contains("://***@") &&
                             Catch::Contains("write them in ~/.netrc: machine HOST login NAME password PASSWORD"));
        CHECK_THAT(told, !Catch::Contains("hunter2"));
    }
    CHECK(world.asked.empty());
    CHECK_FALSE(has_credentials("https://example.org/a@b?c=d@e"));
    CHECK(without_credentials("https://example.org/a@b") == "https://example.org/a@b");
}

TEST_CASE("A file that would never end is not read for its checksum") {
    World world;
    fs::create_directories(world / "here");
    REQUIRE(::mkfifo((world / "here/fifo.txt").c_str(), 0600) == 0);
    for (const char* path : {"fifo.txt", "/dev/zero"})
        CHECK_THAT(
            world.problems(R"("plugin": "file", "path": ")" + std::string(path) + R"(", "sha256": ")" + sum + "\""),
            Catch::Contains("it is not a single file"));
}

TEST_CASE("A download that would be no file of a folder is refused, not asked for") {
    World world;
    for (const char* path : {"..", ".", "a/..", "a/", "../", "*.txt"}) {
        INFO(path);
        CHECK_THAT(world.problems(R"("plugin": "file", "path": ")" + std::string(path) +
                                  R"(", "url": "https://example.org/far.txt", "sha256": ")" + sum + "\""),
                   Catch::Contains("it is not a single file"));
    }
    CHECK(world.asked.empty());
}

TEST_CASE("A file that is there is not fetched, but verified") {
    World world;
    world.write("there/texts/far.txt", letters);
    CHECK(world.dataset(far + sum + "\"").trials[0].trial.dataset.options.text("path") ==
          (world / "there/texts/far.txt").string());
    CHECK(world.dataset(R"("plugin": "file", "path": "texts/far.txt", "sha256": ")" + sum + "\"").trials.size() == 1);
    world.write("here/texts/far.txt", letters + "a");  // the first place counts, right or wrong
    CHECK_THAT(world.problems(far + sum + "\""),
               Catch::Contains("dataset.sha256: \"…/here/texts/far.txt\" has the SHA-256 " + sha256(letters + "a")) &&
                   Catch::Contains("expected: " + sum));
    CHECK(world.asked.empty());
}

TEST_CASE("What cannot be fetched is told once, with the place to put it by hand") {
    World world;
    int asked = 0;
    world.lookup.fetch = [&](const Remote& remote) -> fs::path {
        ++asked;
        throw Error({"", remote.url + " answers 404", "", "correct the url"});
    };
    CHECK_FALSE(world.problems(far + sum + "\"", R"(, "sweep": {"seed": [1, 2]})").empty());
    CHECK(asked == 1);
    CHECK(world.problems(far + sum + "\"") ==
          "test.json:1: dataset.url: \"texts/far.txt\", which was not found in …/here/, …/there/; "
          "https://example.org/x?a=1 answers 404\n  expected: the file with the SHA-256 " +
              sum +
              "\n  help: correct the url, or put the file at …/here/texts/far.txt by hand, or in a folder that "
              "UNROLL_DATA names");
    CHECK(world.problems(R"("plugin": "file", "path": "/nowhere/far.txt", "url": "http://example.org/", "sha256": ")" +
                         sum + "\"") ==
          "test.json:1: dataset.url: \"/nowhere/far.txt\", which does not exist; http://example.org/ answers 404\n"
          "  expected: the file with the SHA-256 " +
              sum + "\n  help: correct the url, or put the file at /nowhere/far.txt by hand");

    struct Stop {};
    world.lookup.fetch = [](const Remote&) -> fs::path { throw Stop(); };
    CHECK_THROWS_AS(world.dataset(far + sum + "\""), Stop);
}

TEST_CASE("Each of two files has its own url") {
    World world;
    world.write("here/images.gz", letters);
    const std::string dataset = R"("plugin": "two", "images": "images.gz", "labels": "labels.gz",
        "images_url": "http://a.example/i", "images_sha256": ")" +
                                sum + R"(", "labels_url": "http://a.example/l", "labels_sha256": ")" + sum + "\"";
    const trial::Trial trial = world.dataset(dataset).trials[0].trial;
    REQUIRE(world.asked.size() == 1);
    CHECK(world.asked[0].name == "labels.gz");
    CHECK(world.asked[0].url == "http://a.example/l");
    CHECK_THAT(trial.identity, !Catch::Contains("_url") && !Catch::Contains("_sha256") && Catch::Contains("digest"));
    CHECK_THAT(
        world.problems(R"("plugin": "two", "images": "images.gz", "labels": "images.gz", "url": "http://a.example")"),
        Catch::Contains("has no option 'url'") &&
            Catch::Contains("plugin, images, images_url, images_sha256, labels, labels_url, labels_sha256"));
}

TEST_CASE("An option that a plugin declares by such a name stays the plugin's") {
    World world;
    world.write("here/x.txt", letters);
    CHECK(world.dataset(R"("plugin": "own", "path": "x.txt", "url": "a word")").trials.size() == 1);
    CHECK_THAT(world.problems(R"("plugin": "own", "path": "x.txt", "sha256": "a word")"),
               Catch::Contains("has no option 'sha256'"));
    CHECK_FALSE(remote_keys(own, own_options[0]));
    CHECK_FALSE(remote_keys(own, own_options[1]));
    CHECK(remote_keys(two, two_options[1])->sha256 == "labels_sha256");
}

TEST_CASE("Another path has another url, or none") {
    World world;
    world.write("here/mine.txt", letters + letters);
    SECTION("by --set") {
        world.dataset(far + sum + "\"", "", {{"dataset.path", "\"mine.txt\""}});
        CHECK(world.asked.empty());
    }
    SECTION("on an axis: the manifest's own stays with its url") {
        const Plan plan =
            world.dataset(far + sum + "\"", R"(, "sweep": {"dataset.path": ["texts/far.txt", "mine.txt"]})");
        REQUIRE(plan.trials.size() == 2);
        CHECK(world.asked.size() == 1);
        CHECK_THAT(plan.trials[1].trial.config, !Catch::Contains("url"));
    }
    SECTION("with a url of its own, in any order") {
        world.dataset(far + sum + "\"", R"(, "sweep": {"text": {"other": {"dataset.url": "https://other.example",
            "dataset.path": "other.txt", "dataset.sha256": ")" +
                                            sum + R"("}}})");
        REQUIRE(world.asked.size() == 1);
        CHECK(world.asked[0].name == "other.txt");
        CHECK(world.asked[0].url == "https://other.example");
    }
    SECTION("null: none") {
        world.write("here/texts/far.txt", letters + "abc");
        world.dataset(far + sum + "\"", "", {{"dataset.url", "null"}, {"dataset.sha256", "null"}});
        CHECK(world.asked.empty());
    }
}

TEST_CASE("What is a url, and what is a checksum") {
    for (const char* url : {"http://a", "https://example.org/a%20b?c#d", "https://[::1]:80/"}) CHECK(is_url(url));
    for (const char* other : {"", "http://", "https:///x", "ftp://a", "file:///etc/passwd", "example.org/a", "HTTP//a",
                              "https://a b", "https://a\n", "https://a\x7f"})
        CHECK_FALSE(is_url(other));
    CHECK(normal_sha256(sum) == sum);
    CHECK_FALSE(normal_sha256(sum.substr(1)));
    CHECK_FALSE(normal_sha256(sum + "0"));
    CHECK_FALSE(normal_sha256("g" + sum.substr(1)));
}

}  // namespace
}  // namespace unroll::manifest::test
