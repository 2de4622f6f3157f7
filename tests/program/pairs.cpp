// Models of two parts, as a user runs them: questions are answered, and a run that was cut off ends with the same bits.
#include "catch.h"
#include "program.h"

namespace {

/// Words to be said backwards, across each bridge.
Manifest backwards(const std::string& steps) {
    Manifest manifest;
    manifest.name = "\"backwards\"";
    manifest.dataset =
        R"({ "plugin": "pairs", "kind": "reversal", "length": 3, "train": 300, "validation": 60, "test": 40 })";
    manifest.cell = R"({ "plugin": "lstm", "hidden": 12, "dropout": 0.1 })";
    manifest.training = R"({ "batch": 8, "steps": )" + steps +
                        R"(, "log_every": 10, "evaluate_every": 20, "checkpoint_every": 10, "keep_checkpoints": 3,
        "optimizer": { "name": "adam", "learning_rate": 0.01 } })";
    manifest.sampling =
        R"({ "sampler": { "plugin": "greedy" }, "prompt": [{ "from": "test" }, "abc"], "count": 3, "every": 20 })";
    manifest.sweep = R"({ "system": {
        "state": { "model.bridge": "state" },
        "repeat": { "model.bridge": "repeat", "model.decoder.plugin": "gru" },
        "attention": { "cell.plugin": "self-attention", "cell.heads": 2, "model.embedding": 8,
                       "model.encoder.causal": false, "model.bridge": "attention" } } })";
    return manifest;
}

}  // namespace

TEST_CASE("questions are answered, and known to be right or not") {
    const Workplace place;
    place.put("backwards.json", backwards("40"));
    const Ended run = unroll(place, {"run", "backwards.json"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    // Of each trial, twice: three examples, and three times the same question.
    CHECK(run.says("3 trained, 0 already done, 36 samples generated"));
    CHECK(value(place, "SELECT count(*) FROM trial WHERE topology = 'encoder-decoder' AND task = 'target-sequence'") ==
          3);
    CHECK(value(place, "SELECT count(*) FROM sample WHERE kind = 'answer'") == 36);
    CHECK(value(place, "SELECT count(*) FROM sample WHERE (target IS NULL) <> (prompt = 'abc')") == 0);
    CHECK(value(place, "SELECT count(*) FROM sample WHERE target IS NOT NULL AND correct IS (text = target)") == 18);
    CHECK(value(place, "SELECT count(*) FROM sample WHERE target IS NULL AND correct IS NULL") == 18);
    CHECK(value(place, "SELECT count(*) FROM sample WHERE known_word_rate IS NOT NULL") == 0);
    CHECK(value(place, "SELECT count(*) FROM metric WHERE name = 'exact' AND value BETWEEN 0 AND 1") == 3 * (2 + 1));
    CHECK(value(place, "SELECT count(DISTINCT split) FROM metric WHERE name = 'exact'") == 2);

    for (const char* trial : {"1", "2", "3"}) {
        const Ended verified = unroll(place, {"verify", trial});
        INFO(verified.err);
        CHECK(verified.code == 0);
        CHECK(verified.prints("are equal to the last bit"));
    }
    CHECK(unroll(place, {"run", "backwards.json"}).says("0 trained, 3 already done, 0 samples generated"));
    const Ended more =
        unroll(place, {"run", "backwards.json", "--set", R"(sampling.prompt=[{"from":"train"},{"from":"test"}])"});
    CHECK(more.says("0 trained, 3 already done, 18 samples generated"));

    const Ended asked = unroll(place, {"sample", "1", "--prompt", "ab", "--prompt", "cab"});
    INFO(asked.err);
    CHECK(asked.code == 0);
    CHECK(asked.out.starts_with("ab → "));
    CHECK(asked.prints("\ncab → "));
    const Ended examples = unroll(place, {"sample", "1", "--from", "test", "--count", "5"});
    CHECK(std::count(examples.out.begin(), examples.out.end(), '\n') == 5);
    CHECK((examples.prints(" ✓\n") || examples.prints(" ✗ ")));
    const std::pair<Words, const char*> refused[] = {
        {{"--from", "tests"}, "--from: 'tests'"},
        {{"--from", "test", "--prompt", "ab"}, "both --prompt and --from"},
        {{"--prompt", "abcd"}, "a prompt of 4 symbols"},
        {{"--prompt", "a!"}, "'!' in the prompt 'a!'"},
        {{"--length", "5"}, "--length: does not apply to trial 1"},
        {{"--memory", "carry"}, "answers end with the end-of-sequence token"},
    };
    for (const auto& [words, why] : refused) {
        Words all{"sample", "1"};
        all.insert(all.end(), words.begin(), words.end());
        const Ended sample = unroll(place, all);
        INFO(why << ": " << sample.err);
        CHECK(sample.code == 2);
        CHECK(sample.says(why));
        CHECK(sample.out.empty());
    }
}

TEST_CASE("answers to pictures and numbers are asked for by example") {
    const Workplace place;
    Manifest manifest = backwards("20");
    manifest.dataset = R"({ "plugin": "spell-numbers", "digits": 2, "validation": 10, "test": 10 })";
    manifest.sampling = R"({ "sampler": { "plugin": "greedy" }, "prompt": { "from": "validation" }, "count": 2 })";
    manifest.sweep = "";
    manifest.more =
        R"("model": { "bridge": "attention", "embedding": 4, "encoder": { "plugin": "dense" },
            "decoder": { "plugin": "self-attention" } })";
    place.put("spell.json", manifest);
    const Ended run = unroll(place, {"run", "spell.json"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    CHECK(value(place, "SELECT count(*) FROM sample WHERE prompt LIKE 'example % of validation'") == 2);
    CHECK(unroll(place, {"sample", "1", "--from", "test"}).out.starts_with("example "));
    const Ended refused = unroll(place, {"sample", "1", "--prompt", "seven"});
    CHECK(refused.code == 2);
    CHECK(refused.says("the text 'seven'\n  expected: an example, because inputs are numbers"));
    CHECK(refused.says("--from validation"));
}

TEST_CASE("a run of two parts that is cut off goes on to the same bits") {
    const Workplace whole, cut;
    const Manifest manifest = backwards("600");
    for (const Workplace* place : {&whole, &cut}) place->put("backwards.json", manifest);
    REQUIRE(unroll(whole, {"run", "backwards.json", "--jobs", "2"}).code == 0);

    int interrupted = 0;
    for (const int signal : {SIGINT, SIGKILL, SIGINT}) {
        const std::set<std::string> before = files_in(cut / "results/unroll.db.d");
        Process run(cut.path(), {"run", "backwards.json", "--jobs", "1"});
        REQUIRE(wait_until([&] {
            const std::set<std::string> now = files_in(cut / "results/unroll.db.d");
            return run.has_ended() || std::any_of(now.begin(), now.end(), [&](const std::string& file) {
                       return file.ends_with(".safetensors") && !before.contains(file);
                   });
        }));
        run.signal(signal);
        const int code = run.wait().code;
        interrupted += code == 130 || code == -SIGKILL;
    }
    CHECK(interrupted == 3);
    const Ended last = unroll(cut, {"run", "backwards.json", "--jobs", "2"});
    INFO(last.err);
    REQUIRE(last.code == 0);
    CHECK(value(cut, "SELECT count(*) FROM attempt WHERE from_step > 0").to_number<int>() >= 1);
    CHECK(promised(cut, "results/unroll.db") == promised(whole, "results/unroll.db"));
}
