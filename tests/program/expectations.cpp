// unroll run with `expect`: a line for each verdict, and the exit code that goes with them.
#include "catch.h"
#include "program.h"

namespace {

/// Two trials, an LSTM's and a GRU's.
Manifest expecting(const std::string& expectations) {
    Manifest manifest;
    manifest.sampling.clear();
    manifest.sweep = R"({ "system": { "lstm": { "cell.plugin": "lstm" }, "gru": { "cell.plugin": "gru" } } })";
    manifest.more = "\"expect\": { " + expectations + " }";
    return manifest;
}

/// An experiment of one trial that diverges.
Manifest diverging(const std::string& expectations) {
    Manifest manifest = expecting(expectations);
    manifest.sweep.clear();
    manifest.cell = R"({ "plugin": "rnn", "hidden": 8, "activation": "relu", "layers": 2 })";
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 200,
        "optimizer": { "name": "sgd", "learning_rate": 1e6, "momentum": 0.9 } })";
    return manifest;
}

constexpr const char* learns =
    R"("it learns": "SELECT max(validation_loss) < 10, count(*) AS trials, 'x' AS text, NULL AS none FROM result")";

}  // namespace

TEST_CASE("what is expected is judged after a run, and again when everything is done") {
    const Workplace place;
    place.put("tiny.json", expecting(learns));
    const Ended first = unroll(place, {"run", "tiny.json"});
    INFO(first.out << first.err);
    CHECK(first.code == 0);
    const std::string line = "✓ tiny: it learns (trials 2, text x, none NULL)\n";
    CHECK(first.out.ends_with(line));  // after the comparison
    CHECK(first.prints("tiny: validation/loss"));

    // An expectation is no part of a trial: another one trains nothing.
    place.put("tiny.json",
              expecting(std::string(learns) +
                        R"(, "gru is an oracle": "SELECT validation_loss < 0.001 FROM tiny WHERE system = 'gru'")"));
    const Ended second = unroll(place, {"run", "tiny.json", "--quiet"});
    INFO(second.out << second.err);
    CHECK(second.code == 1);
    CHECK(second.out == line + "✗ tiny: gru is an oracle\n");
    CHECK(second.err.empty());
    CHECK(unroll(place, {"run", "tiny.json"}).says("0 trained, 2 already done"));
    CHECK(value(place, "SELECT count(*) FROM attempt") == 2);
    CHECK(value(place, "SELECT count(*) FROM experiment WHERE manifest LIKE '%gru is an oracle%'") == 1);

    CHECK(unroll(place, {"run", "tiny.json", "--set", "expect={}"}).code == 0);
    const Ended other = unroll(
        place, {"run", "tiny.json", "--as", "tiny", "--quiet", "--set", R"(expect.gru is an oracle="SELECT 1")"});
    CHECK(other.code == 0);
    CHECK(other.out == line + "✓ tiny: gru is an oracle\n");
    CHECK(unroll(place, {"check", "tiny.json"}).prints("2 expectations"));
}

TEST_CASE("what gives no verdict does not hold") {
    const Workplace place;
    place.put("tiny.json", expecting(R"(
        "no row": "SELECT 1 FROM result WHERE cell = 'rnn'",
        "two rows": "SELECT 1 FROM result",
        "null": "SELECT avg(validation_loss) < 1, count(*) AS trials FROM result WHERE cell = 'rnn'",
        "text": "SELECT 'true'",
        "fails": "SELECT median(cell) FROM result")"));
    const Ended run = unroll(place, {"run", "tiny.json", "--quiet"});
    CHECK(run.code == 1);
    CHECK(run.out ==
          "✗ tiny: no row (the query returns no row, expected exactly one)\n"
          "✗ tiny: two rows (the query returns 2 rows, expected exactly one)\n"
          "✗ tiny: null (trials 0; the query's first column is NULL: a value that it uses is missing)\n"
          "✗ tiny: text (the query's first column is a text, expected true or false (1 or 0))\n"
          "✗ tiny: fails (query: median and stddev take numbers)\n");
}

TEST_CASE("each manifest's expectations are judged by its own trials") {
    const Workplace place;
    Manifest manifest = expecting(R"("both": "SELECT count(*) = 2, count(*) AS n FROM result")");
    place.put("tiny.json", manifest);
    manifest.name = "\"more\"";
    manifest.sweep = R"({ "cell.plugin": ["lstm", "gru", "rnn"] })";
    manifest.more = R"("expect": { "three": "SELECT count(*) = 3, count(DISTINCT trial_id) AS n FROM curve" })";
    place.put("more.json", manifest);
    const Ended run = unroll(place, {"run", "tiny.json", "more.json", "--quiet"});
    INFO(run.out << run.err);
    CHECK(run.code == 1);
    CHECK(run.out == "✓ tiny: both (n 2)\n✗ more: three (n 3)\n");  // a curve has more points than trials
}

TEST_CASE("a diverged trial is for the query to judge, and is told") {
    const Workplace place;
    place.put("wild.json",
              diverging(R"("it diverges": "SELECT status = 'diverged', diverged_step > 0 AS early FROM result",
        "it learns": "SELECT validation_loss < 10 FROM result")"));
    const Ended run = unroll(place, {"run", "wild.json", "--quiet"});
    CHECK(run.code == 1);
    CHECK(run.out ==
          "✓ tiny: it diverges (early 1; 1 of 1 trial diverged)\n"
          "✗ tiny: it learns (the query's first column is NULL: a value that it uses is missing; 1 of 1 trial "
          "diverged)\n");
}

TEST_CASE("a trial that has not ended leaves nothing to be judged") {
    const Workplace place;
    place.put("tiny.json", expecting(R"("anything": "SELECT 1")"));
    // Its second trial cannot put its checkpoints where they belong.
    const Ended planned = unroll(place, {"run", "tiny.json", "--quiet"});
    REQUIRE(planned.code == 0);
    const std::string folder =
        "results/unroll.db.d/" +
        std::string(value(place, "SELECT fingerprint FROM trial WHERE cell = 'gru'").as_string());
    std::filesystem::remove_all(place / "results");
    place.write(folder, "a file where a folder should be");
    const Ended run = unroll(place, {"run", "tiny.json", "--quiet"});
    INFO(run.out << run.err);
    CHECK(run.code == 1);
    CHECK(run.out == "✗ tiny: anything (1 of 2 trials not finished: 1 interrupted)\n");
}

TEST_CASE("an interrupted run judges nothing") {
    const Workplace place;
    place.put("tiny.json", expecting(R"("anything": "SELECT 1")"));
    Process process(place.path(), {"run", "tiny.json", "--jobs", "1", "--set", "training.steps=100000000"});
    REQUIRE(wait_until([&] { return process.err().find("2 to train") != std::string::npos; }));
    process.signal(SIGINT);
    const Ended ended = process.wait();
    INFO(ended.err);
    CHECK(ended.code == 130);
    CHECK(ended.says("note: interrupted: expectations were not checked"));
    CHECK(ended.out.find("anything") == std::string::npos);
}

TEST_CASE("a query that could not be asked is refused before anything runs") {
    const Workplace place;
    const auto refuses = [&](const std::string& query, const Words& says) {
        place.put("bad.json", expecting("\"it learns\": \"" + query + "\""));
        const auto before = files_in(place.path());
        for (const char* command : {"run", "plan", "check"}) {
            const Ended ended = unroll(place, {command, "bad.json"});
            INFO(query << ": " << ended.err);
            CHECK(ended.code == 2);
            CHECK(ended.out.empty());
            CHECK(ended.says("bad.json:7: expect.it learns: query"));
            for (const std::string& text : says) CHECK(ended.says(text));
            CHECK(files_in(place.path()) == before);
        }
    };
    refuses("SELECT validaton_loss < 2 FROM result",
            {"line 1, column 8: no such column: validaton_loss", "did you mean \"validation_loss\"?"});
    refuses("SELECT 1 FROM tinny", {"no such table: tinny", "did you mean \"tiny\"?"});
    refuses("SELECT 1 FROM tiny WHERE sytem = 'gru'", {"no such column: sytem", "did you mean \"system\"?"});
    refuses("DELETE FROM trial", {"DELETE is not allowed", "one SELECT"});
    refuses("SELECT 1; DROP TABLE trial", {"opened read-only"});
    refuses("SELECT 1; SELECT 2", {"a second statement"});
    refuses("ATTACH 'x.db' AS x", {"ATTACH is not allowed"});
    refuses(" ", {"an empty query"});
    refuses("SELEC", {"syntax error"});
}
