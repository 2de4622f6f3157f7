// Requests that are wrong: exit code 2, what is wrong on standard error, and nothing written.
#include <sys/stat.h>

#include "catch.h"
#include "program.h"

namespace {

const std::filesystem::path fixture_plugins =
    std::filesystem::path(UNROLL_PROGRAM).parent_path() / "tests/fixtures/plugins";

/// The program must refuse the words, say all of this, and leave every file as it was.
void refuses(const TemporaryFolder& place, const Words& words, const Words& says) {
    const std::set<std::string> before = files_in(place.path());
    const Ended ended = unroll(place, words);
    INFO(words[0] << ": " << ended.err);
    CHECK(ended.code == 2);
    CHECK(ended.out.empty());
    for (const std::string& text : says) {
        INFO("expected: " << text);
        CHECK(ended.says(text));
    }
    CHECK(files_in(place.path()) == before);
}

struct Wrong {
    const char* what;
    Manifest manifest;
    Words says;
};

/// The usual manifest with one part in another way.
Manifest with(std::string Manifest::*part, const std::string& json) {
    Manifest manifest;
    manifest.*part = json;
    return manifest;
}

std::string text_dataset(const std::string& path) {
    return R"({ "plugin": "text", "path": ")" + path + R"(", "split": [1, 0, 0] })";
}

const Wrong wrong_manifests[] = {
    {"malformed", with(&Manifest::more, R"("seed": 1 "about": "")"), {"bad.json:7:13", "unexpected '\"'"}},
    {"unknown key",
     with(&Manifest::more, R"("sewep": {})"),
     {R"(bad.json:7: sewep: unknown key "sewep")", R"("sweep")"}},
    {"unknown option",
     with(&Manifest::cell, R"({ "plugin": "lstm", "hiden": 8 })"),
     {"has no option 'hiden'", R"("hidden")"}},
    {"option of another plugin",
     with(&Manifest::cell, R"({ "plugin": "lstm", "heads": 2 })"),
     {"cell 'lstm' has no option 'heads'"}},
    {"duplicate key", with(&Manifest::cell, R"({ "plugin": "lstm", "plugin": "gru" })"), {R"(duplicate key "plugin")"}},
    {"wrong type",
     with(&Manifest::cell, R"({ "plugin": "lstm", "hidden": "many" })"),
     {R"(bad.json:4: cell.hidden: "many")", "a whole number, 1 to 1000000"}},
    {"out of range",
     with(&Manifest::training, R"({ "steps": 0, "sequence_length": 8 })"),
     {"training.steps: 0", "a whole number, at least 1"}},
    {"empty axis", with(&Manifest::sweep, R"({ "cell.hidden": [] })"), {"sweep.cell.hidden: an empty axis"}},
    {"a path twice",
     with(&Manifest::sweep, R"({ "cell.hidden": [4, 8], "size": { "small": { "cell.hidden": 2 } } })"),
     {R"("cell.hidden" set twice in one combination)"}},
    {"unknown cell",
     with(&Manifest::cell, R"({ "plugin": "lstn" })"),
     {"no cell is named 'lstn'", "lstm", "'unroll plugins'"}},
    {"unknown dataset",
     with(&Manifest::dataset, R"({ "plugin": "texts", "path": "harbour.txt" })"),
     {"no dataset is named 'texts'"}},
    {"unknown sampler",
     with(&Manifest::sampling, R"({ "sampler": { "plugin": "greddy" } })"),
     {"no sampler is named 'greddy'", "greedy"}},
    {"text missing",
     with(&Manifest::dataset, text_dataset("nowhere.txt")),
     {R"(dataset.path: "nowhere.txt")", "UNROLL_DATA"}},
    {"a slip in a file's name",
     with(&Manifest::dataset, text_dataset("habour.txt")),
     {R"(dataset.path: "habour.txt")", R"(did you mean "harbour.txt"?)"}},
    {"text empty", with(&Manifest::dataset, text_dataset("empty.txt")), {"bad.json:3", "empty"}},
    {"text not UTF-8", with(&Manifest::dataset, text_dataset("latin1.txt")), {"bad.json:3", "UTF-8", "latin1.txt"}},
    {"the article's own text",
     [] {
         Manifest manifest = with(&Manifest::dataset, text_dataset("article.txt"));
         manifest.training = R"({ "sequence_length": 100, "steps": 10 })";
         manifest.sampling = R"({ "sampler": { "plugin": "temperature" }, "prompt": "这是" })";
         return manifest;
     }(),
     {"training.sequence_length: the train split of dataset 'text' has 24 tokens", "at least 101", "at most 23"}},
    {"prompt of other symbols",
     with(&Manifest::sampling, R"({ "sampler": { "plugin": "temperature" }, "prompt": "the Ω" })"),
     {"sampling.prompt", "Ω", "vocabulary"}},
    {"temperature 0",
     with(&Manifest::sampling, R"({ "sampler": { "plugin": "temperature" }, "temperature": [0, 1] })"),
     {"sampling.temperature.0: 0", "a number above 0", "greedy"}},
    {"streams and a limited context",
     [] {
         Manifest manifest = with(&Manifest::cell, R"({ "plugin": "self-attention", "hidden": 8, "heads": 2 })");
         manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 10, "windows": "streams" })";
         return manifest;
     }(),
     {"training.windows", "self-attention"}},
    {"heads that do not divide",
     with(&Manifest::cell, R"({ "plugin": "self-attention", "hidden": 8, "heads": 3 })"),
     {"cell", "heads"}},
    {"a name that the store needs", with(&Manifest::name, R"("trial")"), {"name: 'trial'"}},
    {"everything at once",
     [] {
         Manifest manifest = with(&Manifest::cell, R"({ "plugin": "lstn" })");
         manifest.dataset = text_dataset("nowhere.txt");
         manifest.more = R"("sewep": {})";
         return manifest;
     }(),
     {"3 problems", "lstn", "nowhere.txt", "sewep"}},
};

}  // namespace

TEST_CASE("a wrong manifest is refused by every command that reads one") {
    const Workplace place;
    place.write("empty.txt", "");
    place.write("latin1.txt", "caf\xE9 au lait");
    place.write("article.txt", "这是一个示例文本。LSTM将学会预测下一个字符。");
    for (const Wrong& wrong : wrong_manifests) {
        INFO(wrong.what);
        place.put("bad.json", wrong.manifest);
        refuses(place, {"run", "bad.json"}, wrong.says);
        refuses(place, {"plan", "bad.json"}, wrong.says);
        refuses(place, {"check", "bad.json"}, wrong.says);
    }
}

TEST_CASE("a manifest that cannot be read is refused, and so is one beside a good one") {
    const Workplace place;
    place.put("good.json", {});
    place.write("broken.json", "{ \"name\": ");
    refuses(place, {"run", "good.json", "absent.json"}, {"absent.json", "no such file"});
    refuses(place, {"run", "good.json", "broken.json"}, {"broken.json:1"});
    refuses(place, {"run", "."}, {".: a folder"});
    REQUIRE(::mkfifo((place / "fifo.json").c_str(), 0600) == 0);
    std::filesystem::create_symlink("/dev/zero", place / "zero.json");
    for (const std::string special : {"fifo.json", "zero.json"}) {
        const std::string kind = special == "fifo.json" ? "a named pipe (FIFO)" : "a device";
        for (const char* command : {"run", "plan", "check", "show"}) refuses(place, {command, special}, {kind});
        refuses(place, {"sql", "@" + special}, {kind});
        refuses(place, {"sql", "SELECT 1", "--db", special}, {"--db", kind});
        refuses(place, {"run", "good.json", "--db", special}, {"--db", kind});
    }
    place.write("large.json", "");
    std::filesystem::resize_file(place / "large.json", std::uintmax_t{1} << 40);
    refuses(place, {"check", "large.json"}, {"a file of 1099511627776 bytes", "at most 8388608 bytes"});
    place.write("nul.sql", std::string("SELECT 1;\0", 10));
    REQUIRE(unroll(place, {"run", "good.json", "--quiet"}).code == 0);
    refuses(place, {"sql", "@nul.sql"}, {"the character NUL", "query, line 1, column 10"});
    std::filesystem::remove_all(place / "results");
    place.put("again.json", with(&Manifest::sweep, R"({ "seed": [1, 2] })"));
    refuses(place, {"run", "good.json", "again.json"}, {"again.json", "name", "tiny", "good.json"});
}

TEST_CASE("a refused plugin tells why when a manifest names it") {
    const Workplace place;
    const auto dataset = [&](const std::string& name) {
        place.put("bad.json", with(&Manifest::dataset, "{ \"plugin\": \"" + name + "\" }"));
    };
    const auto sampler = [&](const std::string& name) {
        place.put("bad.json", with(&Manifest::sampling, "{ \"sampler\": { \"plugin\": \"" + name + "\" } }"));
    };
    const auto run_with = [&](const std::string& folder, const Words& says) {
        refuses(place, {"run", "bad.json", "--plugin-path", (fixture_plugins / folder).string()}, says);
    };
    sampler("another-build");
    run_with("another-build", {"sampling.sampler", "another-build", "build the plugin again"});
    sampler("no-symbol");
    run_with("no-symbol", {"no symbol 'unroll_plugin'"});
    sampler("twice");
    run_with("twice", {"a sampler named 'twice'", "two/twice.so", "one plugin for each kind and name"});
    dataset("throws-error");
    run_with("throws-error", {"throws-error", "3", "another level", "change the level"});
    dataset("throws-other");
    run_with("throws-other", {"throws-other"});
    dataset("throws-unknown");
    run_with("throws-unknown", {"dataset 'throws-unknown'", "an exception that is no std::exception"});

    // None of them is in the way of a manifest that does not name it.
    place.put("good.json", {});
    const Ended run = unroll(place, {"check", "good.json", "--plugin-path", fixture_plugins.string()});
    INFO(run.err);
    CHECK(run.code == 0);
    refuses(place, {"check", "good.json", "--plugin-path", "nowhere"}, {"--plugin-path: no such folder: 'nowhere'"});
}

TEST_CASE("a result store that cannot be used is refused and left alone") {
    const Workplace place;
    place.put("tiny.json", {});

    SECTION("no store for those who read") {
        for (const Words& words :
             {Words{"sql", "SELECT 1"}, {"sample", "1"}, {"verify", "1"}, {"compare", "tiny"}, {"diff", "1", "2"}})
            refuses(place, words, {"results/unroll.db", "no such file"});
    }
    SECTION("a file that is no database") {
        place.write("results/unroll.db",
                    "somebody's notes, long enough to hold a header of a database and then some more. "
                    "They are dear to somebody and must not be lost.");
        const std::string before = content_of(place / "results/unroll.db");
        for (const Words& words :
             {Words{"run", "tiny.json"}, {"sql", "SELECT 1"}, {"plan", "tiny.json"}, {"sample", "1"}})
            refuses(place, words, {"results/unroll.db", "not a database"});
        CHECK(content_of(place / "results/unroll.db") == before);
    }
    SECTION("a store of a later version") {
        REQUIRE(unroll(place, {"run", "tiny.json", "--quiet"}).code == 0);
        std::fstream file(place / "results/unroll.db", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(60);  // user_version, its high byte first
        file.write("\0\0\0\x63", 4);
        file.close();
        const std::string before = content_of(place / "results/unroll.db");
        for (const Words& words :
             {Words{"run", "tiny.json"}, {"sql", "SELECT 1"}, {"plan", "tiny.json"}, {"verify", "1"}})
            refuses(place, words, {"a result store of version 99", "or older"});
        CHECK(content_of(place / "results/unroll.db") == before);
    }
    SECTION("a path where no file can be") {
        refuses(place, {"run", "tiny.json", "--db", "harbour.txt/unroll.db"}, {"harbour.txt/unroll.db", "--db"});
        refuses(place, {"run", "tiny.json", "--db", "."}, {"--db"});
        refuses(place, {"run", "tiny.json", "--db", ""}, {"--db"});
    }
    SECTION("a second runner") {
        Process first(place.path(), {"run", "tiny.json", "--set", "training.steps=100000000"});
        REQUIRE(wait_until([&] { return first.err().find("1 to train") != std::string::npos; }));
        const Ended second = unroll(place, {"run", "tiny.json"});
        INFO(second.err);
        CHECK(second.code == 2);
        CHECK(second.says("database in use by process "));
        CHECK(value(place, "SELECT count(*) FROM trial") == 1);  // readers are welcome, and it has planned nothing
        CHECK_FALSE(first.has_ended());
    }
}

TEST_CASE("a wrong command line is refused with the nearest right one") {
    const Workplace place;
    place.put("tiny.json", {});
    refuses(place, {"rum", "tiny.json"}, {"unknown command 'rum'", "did you mean \"run\"?"});
    refuses(place, {"frobnicate"}, {"unknown command 'frobnicate'", "unroll --help"});
    refuses(place, {"train", "tiny.json"}, {"unknown command 'train'", "unroll run MANIFEST"});
    refuses(place, {"graph", "tiny"}, {"unknown command 'graph'", "unroll curve EXPERIMENT"});
    refuses(place, {"run", "tiny.json", "--steps", "3"}, {"unknown option '--steps'", "--set training.steps=N"});
    refuses(place, {"run", "tiny.json", "--resume"}, {"unknown option '--resume'", "goes on where it was interrupted"});
    refuses(place, {"import", "lstm.pt"}, {"a file of the kind .pt", "save the state_dict as safetensors"});
    refuses(place, {"import", "lstm.safetensors"}, {"no such file", "check the path"});
    refuses(place, {"sample", "1", "--top_k", "5"}, {"unknown option '--top_k'", "--sampler top-k,k=40"});
    refuses(place, {"sample", "1", "--temp", "0.5"}, {"unknown option '--temp'", "use --temperature X"});
    refuses(place, {"compare", "tiny", "--temp", "0.5"}, {"unknown option '--temp'", "run the command with --help"});
    refuses(place, {"run", "tiny.json", "training.steps=5"}, {"training.steps=5", "write --set training.steps=5"});
    refuses(place, {"plan", "tiny.json", "--format", "md"}, {"--format: 'md'", "did you mean \"markdown\"?"});
    refuses(place, {"show", "tiny.json", "--split", "val"}, {"--split: 'val'", "did you mean \"validation\"?"});
    for (const char* command : {"run", "plan", "check", "sample", "compare", "diff", "sql", "verify"}) {
        refuses(place, {command}, {"command line"});
        refuses(place, {command, "--plugin-pat", "x"},
                {"unknown option '--plugin-pat'", "did you mean \"--plugin-path\"?"});
        refuses(place, {command, "--db"}, {"--db", "usage: unroll " + std::string(command)});
    }
    refuses(place, {"plugins", "--formt", "json"}, {"did you mean \"--format\"?"});
    refuses(place, {"plugins", "lstn"}, {"no plugin is named 'lstn'", "did you mean \"lstm\"?"});
    refuses(place, {"plugins", "lstm", "gru"}, {"exactly one plugin"});
    refuses(place, {"plugins", "--format", "yaml"}, {"table or json"});
    refuses(place, {"plan", "tiny.json", "--format", "yaml"}, {"--format"});
    refuses(place, {"plan", "tiny.json", "tiny.json"}, {"exactly one manifest"});
    refuses(place, {"run", "tiny.json", "--jobs", "0"}, {"--jobs: 0", "a whole number, 1 to 1024"});
    refuses(place, {"run", "tiny.json", "--jobs", "-1"}, {"--jobs: -1", "1 to 1024"});
    refuses(place, {"run", "tiny.json", "--jobs", "two"}, {"two"});
    refuses(place, {"run", "tiny.json", "--set", "cell.hidden"}, {"cell.hidden", "PATH=JSON"});
    refuses(place, {"run", "tiny.json", "--set", "cell.hiden=8"}, {"hiden", "hidden"});
    refuses(place, {"run", "tiny.json", "--set", "cell.hidden=many"}, {"cell.hidden"});
    refuses(place, {"run", "tiny.json", "--set", "cell.hidden=0"}, {"cell.hidden: 0", "--set"});
    refuses(place, {"check", "tiny.json", "keep=1"}, {"--set PATH=JSON"});
    refuses(place, {"check", "absent.so"}, {"absent.so"});
}
