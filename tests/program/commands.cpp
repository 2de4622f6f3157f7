// The other commands, over a store that a small run has left.
#include <sys/stat.h>
#include <algorithm>

#include "catch.h"
#include "program.h"

namespace {

const std::filesystem::path fixture_plugins =
    std::filesystem::path(UNROLL_PROGRAM).parent_path() / "tests/fixtures/plugins";

/// One store for all that only read it.
const Workplace& results() {
    static const Workplace place;
    static const bool done = [] {
        Manifest manifest;
        manifest.sweep = R"({ "cell.plugin": ["lstm", "gru"], "seed": [1, 2] })";
        manifest.more = R"("skip": [{ "cell.plugin": "gru", "seed": 2 }])";
        place.put("tiny.json", manifest);
        return unroll(place, {"run", "tiny.json", "--quiet"}).code == 0;
    }();
    if (!done) throw std::runtime_error("the run failed");
    return place;
}

Ended ask(const Words& words) {
    return unroll(results(), words);
}

}  // namespace

TEST_CASE("--help names a command's options") {
    const std::pair<const char*, Words> commands[] = {
        {"run", {"--jobs", "--set", "--fresh", "--retry-failed", "--fail-fast", "--quiet", "--launcher"}},
        {"status", {"--format", "RUN"}},
        {"cancel", {"RUN"}},
        {"worker", {"--task", "--check", "RUN"}},
        {"plan", {"--format", "--set"}},
        {"check", {"--set", "PLUGIN.so"}},
        {"plugins", {"--format", "NAME"}},
        {"sample", {"--sampler", "--temperature", "--length", "--prompt", "--from", "--count", "--seed", "--at"}},
        {"compare", {"--by", "--metric", "--plot"}},
        {"curve", {"--by", "--metric", "--x", "--from", "--format"}},
        {"diff", {"TRIAL"}},
        {"sql", {"--format", "@FILE"}},
        {"list", {"--format", "EXPERIMENT"}},
        {"rename", {"EXPERIMENT"}},
        {"export", {"EXPERIMENT", "--table", "--format", "--output", "--tensorboard"}},
        {"import", {"WEIGHTS", "MANIFEST", "--set", "--as", "--fresh", "--quiet", "--yes"}},
        {"remove", {"--yes"}},
        {"prune", {"--older-than", "--keep-best", "--yes"}},
        {"merge", {"DB..."}},
        {"show", {"--split", "--count", "--length", "--set"}},
        {"verify", {"TRIAL"}},
        {"help", {"COMMAND"}},
    };
    const Ended all = ask({"--help"});
    CHECK(all.code == 0);
    for (const auto& [command, options] : commands) {
        INFO(command);
        CHECK(all.prints("\n  " + std::string(command) + " "));
        const Ended help = ask({command, "--help"});
        CHECK(help.code == 0);
        CHECK(help.err.empty());
        CHECK(help.prints("usage: unroll " + std::string(command)));
        for (const char* shared : {"--db", "--plugin-path", "--help"}) CHECK(help.prints(shared));
        for (const std::string& option : options) {
            INFO(option);
            CHECK(help.prints(option));
        }
    }
    CHECK(ask({}).out == all.out);
    CHECK(ask({"-h"}).out == all.out);
    CHECK(ask({"help"}).out == all.out);
    CHECK(ask({"plan", "-h"}).out == ask({"plan", "--help"}).out);
    CHECK(ask({"help", "plan"}).out == ask({"plan", "--help"}).out);
    const Ended unknown = ask({"help", "plam"});
    CHECK(unknown.code == 2);
    CHECK(unknown.says("unknown command 'plam'"));
    CHECK(unknown.says("did you mean \"plan\"?"));
    CHECK(ask({"help", "plan", "run"}).code == 2);
}

TEST_CASE("--version names every version that matters") {
    const Ended version = ask({"--version"});
    CHECK(version.code == 0);
    CHECK(version.err.empty());
    std::istringstream lines(version.out);
    std::string name, number, store, sdk, build;
    lines >> name >> number;
    CHECK(name == "unroll");
    CHECK(std::count(number.begin(), number.end(), '.') == 2);
    std::getline(lines, store);
    std::getline(lines, store);
    const auto stored = value(results(), "SELECT user_version FROM pragma_user_version").as_int64();
    CHECK(store.find("store version " + std::to_string(stored) + ", SDK version ") == 0);
    std::getline(lines, build);
    CHECK(build.find(" build, ") != build.npos);
    CHECK(build.find(" kernels") != build.npos);
}

TEST_CASE("plan lists trials, what is done and what was dropped, and writes nothing") {
    const Ended table = ask({"plan", "tiny.json"});
    CHECK(table.code == 0);
    CHECK(table.prints("plugin=lstm seed=1"));
    CHECK(table.err.empty());
    CHECK(table.prints("dropped: "));
    CHECK(table.prints("3 trials, 3 done; 0 GFLOP left\n"));
    CHECK_FALSE(table.prints("minutes"));
    const Ended json = ask({"plan", "tiny.json", "--format", "json", "--set", "sweep.seed=[1, 2, 5]"});
    REQUIRE(json.code == 0);
    const auto trials = boost::json::parse(json.out).as_array();
    REQUIRE(trials.size() == 5);
    CHECK(trials[0].at("status") == "finished");
    CHECK(trials[0].at("trial") == 1);
    CHECK(trials[0].at("samples") == 2);
    CHECK(trials[0].at("minutes").is_null());
    CHECK(trials[2].at("status") == "new");
    CHECK(trials[2].at("minutes").to_number<double>() > 0);
    CHECK(trials[2].at("epochs").to_number<double>() > 0.1);
    CHECK(trials[2].at("trial").is_null());
    CHECK(trials[2].at("axes") == "plugin=lstm seed=5");
    CHECK(trials[2].at("cell") == "lstm");
    CHECK(trials[2].at("steps") == 30);
    CHECK(trials[2].at("parameters").to_number<int>() > 500);

    // Samples of all 30 steps at which they are made; rates as they are written.
    const Ended often = ask({"plan", "tiny.json", "--format", "json", "--set", "sampling.every=10", "--set",
                             "sweep.training.optimizer.learning_rate=[0.1]"});
    REQUIRE(often.code == 0);
    const auto sampled = boost::json::parse(often.out).as_array();
    REQUIRE(!sampled.empty());
    CHECK(sampled[0].at("samples") == 3 * 2);
    CHECK(std::string(sampled[0].at("axes").as_string()).find("learning_rate=0.1") != std::string::npos);

    // A longer training goes on from the end of the shorter one.
    const Ended longer = ask({"plan", "tiny.json", "--format", "json", "--set", "training.steps=60"});
    REQUIRE(longer.code == 0);
    const auto longer_trials = boost::json::parse(longer.out).as_array();
    CHECK(longer_trials[0].at("status") == "new");
    CHECK(longer_trials[0].at("from_step") == 30);
    CHECK(ask({"plan", "tiny.json", "--set", "training.steps=60"}).prints("0 done, 3 going on from a checkpoint; "));

    const Workplace place;
    place.put("tiny.json", {});
    const auto before = files_in(place.path());
    const Ended plan = unroll(place, {"plan", "tiny.json"});
    CHECK(plan.code == 0);
    CHECK(plan.prints("new"));
    CHECK(plan.prints("minutes"));
    CHECK(plan.prints("of training on this machine (1 trial in parallel); 2 texts to generate\n"));
    const Ended quick = unroll(place, {"plan", "tiny.json", "--no-estimate"});
    CHECK(quick.prints("GFLOP left; 2 texts to generate\n"));
    CHECK_FALSE(quick.prints("minutes"));
    CHECK(files_in(place.path()) == before);
}

TEST_CASE("check passes a good manifest and a good plugin, and fails others") {
    const Ended manifest = ask({"check", "tiny.json"});
    CHECK(manifest.code == 0);
    CHECK(manifest.prints("tiny.json: OK: 3 trials"));
    const Ended plugin = ask({"check", UNROLL_PLUGINS "/cells/gru.so", "reset=\"before\""});
    INFO(plugin.out);
    CHECK(plugin.code == 0);
    const Ended sampler = ask({"check", UNROLL_PLUGINS "/samplers/greedy.so"});
    CHECK(sampler.code == 0);
    const Ended failing = ask({"check", (fixture_plugins / "throws-other/throws-other.so").string()});
    INFO(failing.out << failing.err);
    CHECK(failing.code == 1);
    const Ended refused = ask({"check", (fixture_plugins / "no-symbol/no-symbol.so").string()});
    CHECK(refused.code == 2);
    CHECK(refused.says("no symbol 'unroll_plugin'"));
    CHECK(ask({"check", UNROLL_PLUGINS "/cells/gru.so", "reset=\"never\""}).code == 2);
}

TEST_CASE("plugins lists what was found and what was refused") {
    const Ended table = ask({"plugins", "--plugin-path", (fixture_plugins / "no-symbol").string()});
    CHECK(table.code == 0);
    for (const char* name : {"rnn", "lstm", "gru", "self-attention", "dense", "minimal-gated", "text", "copy-memory",
                             "adding", "greedy", "temperature", "top-k", "top-p"}) {
        INFO(name);
        CHECK(table.prints(name));
    }
    CHECK(table.prints("no symbol 'unroll_plugin'"));
    const Ended json = ask({"plugins", "--format", "json"});
    CHECK(json.code == 0);
    CHECK(boost::json::parse(json.out).is_object());
    const Ended one = ask({"plugins", "self-attention"});
    CHECK(one.code == 0);
    CHECK(one.prints("heads"));
    CHECK_FALSE(one.prints("top-k"));
}

TEST_CASE("compare, diff and sql tell of the results") {
    const Ended compared = ask({"compare", "tiny"});
    INFO(compared.err);
    CHECK(compared.code == 0);
    CHECK(compared.out.starts_with("validation/loss, lowest first"));
    CHECK(compared.err.empty());
    CHECK_FALSE(compared.prints("failed"));
    CHECK(ask({"compare", "tiny", "--format", "csv"})
              .out.starts_with("cell.plugin,parameters,trials,n,mean,sd,low,high,diff,diff_low,diff_high,best,"));
    CHECK(compared.prints("lstm"));
    CHECK(compared.prints("gru"));
    CHECK(ask({"compare", "tiny", "--by", "seed", "--metric", "train/loss"}).code == 0);
    const Ended part =
        ask({"compare", "tiny", "--by", "seed", "--where", "seed=1", "--show", "state_size", "--format", "csv"});
    CHECK(part.out.starts_with("seed,parameters,state_size,trials,"));
    CHECK(std::count(part.out.begin(), part.out.end(), '\n') == 2);
    CHECK(ask({"compare", "tiny", "--show", "status"}).code == 2);
    const Ended unknown = ask({"compare", "tyni"});
    CHECK(unknown.code == 2);
    CHECK(unknown.says("tiny"));

    const Ended diff = ask({"diff", "1", "2"});
    CHECK(diff.code == 0);
    CHECK(diff.prints("seed"));
    CHECK_FALSE(diff.prints("hidden"));
    CHECK(ask({"diff", "1", "77"}).code == 2);
    CHECK(ask({"diff", "1"}).code == 2);

    CHECK(ask({"sql", "SELECT count(*) AS n FROM trial", "--format", "csv"}).out == "n\n3\n");
    CHECK(
        ask({"sql", "SELECT cell, n FROM (SELECT cell, count(*) AS n FROM tiny GROUP BY cell)", "--format", "markdown"})
            .prints("| lstm | 2 |"));
    const std::string before = content_of(results() / "results/unroll.db");
    for (const char* query :
         {"DELETE FROM trial", "DROP VIEW tiny", "ATTACH 'x.db' AS x", "VACUUM INTO 'x.db'",
          "PRAGMA journal_mode = WAL", "SELECT 1; SELECT 2", "SELECT nothing FROM trial", "SELEC", ""}) {
        INFO(query);
        const Ended refused = ask({"sql", query});
        CHECK(refused.code == 2);
        CHECK(refused.out.empty());
        CHECK(refused.says("query"));
    }
    CHECK(content_of(results() / "results/unroll.db") == before);
    CHECK_FALSE(std::filesystem::exists(results() / "x.db"));
}

TEST_CASE("output that cannot be written is an error") {
    Process full(results().path(), {"sql", "SELECT 1"});
    CHECK(full.wait().code == 0);
    if (!std::filesystem::exists("/dev/full")) return;
    const std::string command = std::string("cd ") + results().path().string() + " && " + UNROLL_PROGRAM +
                                " sql 'SELECT 1' > /dev/full 2> full.err";
    const int status = std::system(command.c_str());
    CHECK(WEXITSTATUS(status) == 2);
    CHECK(content_of(results() / "full.err").find("standard output") != std::string::npos);
}

TEST_CASE("sample makes texts from a checkpoint and stores none") {
    const std::string before = content_of(results() / "results/unroll.db");
    const Words greedy{"sample", "1", "--sampler", "greedy", "--prompt", "the sea ", "--length", "30"};
    const Ended first = ask(greedy);
    INFO(first.err);
    CHECK(first.code == 0);
    CHECK(first.out.rfind("the sea ", 0) == 0);
    CHECK(ask(greedy).out == first.out);
    CHECK(ask({"sample", "1", "--sampler", "greedy", "--prompt", "the sea ", "--length", "30", "--seed", "9"}).out ==
          first.out);

    Words of_best = greedy;
    of_best[1] = "tiny";
    const Ended best = ask(of_best);
    CHECK(best.code == 0);
    CHECK(best.says("note: trial "));
    CHECK(best.says(", the best of tiny by validation/loss"));

    const Words drawn{"sample", "1", "--prompt", "the ", "--length", "60", "--count", "2"};
    const Ended two = ask(drawn);
    CHECK(two.code == 0);
    CHECK(two.prints("--- 2"));
    CHECK(ask(drawn).out == two.out);
    Words other = drawn;
    other.insert(other.end(), {"--seed", "9"});
    CHECK(ask(other).out != two.out);
    CHECK(ask({"sample", "1", "--sampler", "top-k,k=1", "--prompt", "the sea ", "--length", "30"}).out == first.out);
    CHECK(ask({"sample", "1", "--at", "20", "--length", "5"}).code == 0);

    // The text that the run has stored comes again.
    const auto stored = rows(results(),
                             "SELECT prompt || text || char(10) AS text, seed FROM sample"
                             " WHERE trial_id = 1 AND temperature = 1");
    REQUIRE(stored.size() == 1);
    CHECK(ask({"sample", "1", "--prompt", "the ", "--length", "20"}).out == stored[0].at("text").as_string().c_str());

    const std::pair<Words, Words> refused[] = {
        {{"--temperature", "0"}, {"--temperature: 0", "greedy"}},
        {{"--temperature", "-1"}, {"--temperature: -1", "a number above 0"}},
        {{"--temperature", "inf"}, {"--temperature: inf"}},
        {{"--temperature", "1", "--sampler", "greedy"}, {"sampler 'greedy' does not use it"}},
        {{"--sampler", "greddy"}, {"no sampler is named 'greddy'"}},
        {{"--sampler", "top-k,k=0"}, {"k"}},
        {{"--sampler", "top-k,m=2"}, {"has no option 'm'"}},
        {{"--at", "7"}, {"step 7", "the step of a kept checkpoint: 20, 30"}},
        {{"--prompt", "Ω"}, {"'Ω'"}},
        {{"--prompt", ""}, {"an empty prompt"}},
        {{"--length", "0"}, {"--length: 0"}},
        {{"--length", "-1"}, {"--length: -1"}},
        {{"--count", "0"}, {"--count: 0"}},
        {{"--count", "-3"}, {"--count: -3"}},
        {{"--seed", "-1"}, {"--seed: -1"}},
        {{"--memory", "long"}, {"carry or window"}},
    };
    for (const auto& [words, says] : refused) {
        Words all{"sample", "1"};
        all.insert(all.end(), words.begin(), words.end());
        const Ended ended = ask(all);
        INFO(words[0] << " " << words[1] << ": " << ended.err);
        CHECK(ended.code == 2);
        CHECK(ended.out.empty());
        for (const std::string& text : says) CHECK(ended.says(text));
    }
    CHECK(ask({"sample", "77"}).says("77"));
    CHECK(ask({"sample", "77"}).code == 2);
    CHECK(content_of(results() / "results/unroll.db") == before);
}

TEST_CASE("readers need no right to write") {
    const Workplace place;
    place.put("tiny.json", {});
    REQUIRE(unroll(place, {"run", "tiny.json", "--quiet"}).code == 0);
    const std::string folder = (place / "results").string(), file = folder + "/unroll.db";
    ::chmod(file.c_str(), 0444);
    ::chmod(folder.c_str(), 0555);
    for (const Words& words : {Words{"sql", "SELECT * FROM tiny"},
                               {"compare", "tiny"},
                               {"sample", "1", "--length", "5"},
                               {"verify", "1"},
                               {"plan", "tiny.json"}}) {
        const Ended ended = unroll(place, words);
        INFO(words[0] << ": " << ended.err);
        CHECK(ended.code == 0);
    }
    ::chmod(folder.c_str(), 0755);
}

TEST_CASE("verify and sample refuse a trial whose text has changed since") {
    const Workplace place;
    place.put("tiny.json", {});
    REQUIRE(unroll(place, {"run", "tiny.json", "--quiet"}).code == 0);
    place.write("harbour.txt", harbour_text() + "And one line more.\n");
    for (const Words& words : {Words{"verify", "1"}, {"sample", "1"}}) {
        const Ended ended = unroll(place, words);
        CHECK(ended.code == 2);
        CHECK(ended.says("has changed since it was trained"));
    }
}

TEST_CASE("verify tells of a loss that is not the same") {
    const Workplace place;
    place.put("tiny.json", {});
    REQUIRE(unroll(place, {"run", "tiny.json", "--quiet"}).code == 0);
    const std::string stored = value(place, "SELECT hex(config) FROM trial").as_string().c_str();
    REQUIRE_FALSE(stored.empty());
    // One bit of a stored loss: found by its eight bytes, the high one first as SQLite keeps them.
    const double loss = std::strtod(
        value(place, "SELECT printf('%!.17g', value) AS value FROM metric WHERE name = 'loss' ORDER BY step LIMIT 1")
            .as_string()
            .c_str(),
        nullptr);
    std::string bytes(reinterpret_cast<const char*>(&loss), sizeof loss);
    std::reverse(bytes.begin(), bytes.end());
    std::string file = content_of(place / "results/unroll.db");
    const std::size_t at = file.find(bytes);
    REQUIRE(at != std::string::npos);
    file[at + 7] = static_cast<char>(file[at + 7] ^ 1);
    place.write("results/unroll.db", file);
    const Ended ended = unroll(place, {"verify", "1"});
    INFO(ended.out << ended.err);
    CHECK(ended.code == 1);
    CHECK(ended.prints("loss at step 10: stored "));
    CHECK(ended.prints("1 of "));
}
