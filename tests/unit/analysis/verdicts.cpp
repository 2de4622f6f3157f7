// What an experiment is expected to show: what counts as yes, and when there is no answer.
#include "analysis/verdicts.h"

#include "../store/scratch.h"

using namespace scratch;

namespace {

/// Two experiments: "cells" of an LSTM and a GRU, "others" of the GRU and an RNN. `outcomes` by fingerprint.
struct Fixture {
    Folder folder;
    const fs::path file = folder / "a.db";

    void run(const std::vector<std::pair<std::string, trial::TrialStatus>>& outcomes) const {
        Store store(file, Store::Mode::write);
        plan(store, "cells", {a_trial("aaaa", "lstm"), a_trial("bbbb", "gru")});
        plan(store, "others", {a_trial("bbbb", "gru"), a_trial("cccc", "rnn")});
        double loss = 1;
        for (const auto& [fingerprint, outcome] : outcomes) {
            write(
                store, [&](Store& to) { to.write(attempt_start(fingerprint)); },
                [&](Store& to) {
                    to.write(fingerprint, point(100, "validation", "loss", loss++));
                    if (outcome != trial::TrialStatus::running) to.write(end(fingerprint, outcome));
                });
        }
    }
    void finish() const {
        run({{"aaaa", trial::TrialStatus::finished},
             {"bbbb", trial::TrialStatus::finished},
             {"cccc", trial::TrialStatus::finished}});
    }
    analysis::Verdict verdict(const std::string& query, std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
        return analysis::verdicts(file, "cells", {{"it holds", query}}, {timeout}).at(0);
    }
    std::string remark(const std::string& query) {
        const analysis::Verdict found = verdict(query);
        CHECK_FALSE(found.holds);
        return found.remark;
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the first column is the verdict, the others are figures") {
    finish();
    const auto verdicts = analysis::verdicts(file, "cells",
                                             {{"lstm beats gru",
                                               "SELECT a < b, a AS lstm, b AS gru FROM"
                                               " (SELECT avg(validation_loss) FILTER (WHERE cell = 'lstm') AS a,"
                                               " avg(validation_loss) FILTER (WHERE cell = 'gru') AS b FROM result)"},
                                              {"text", "SELECT 0, 'why' AS text"},
                                              {"real", "SELECT 0.5"},
                                              {"negative", "SELECT -1"},
                                              {"zero", "SELECT 0.0"},
                                              {"median", "SELECT median(seed) FROM cells"}});
    REQUIRE(verdicts.size() == 6);
    CHECK(verdicts[0].expectation == "lstm beats gru");
    CHECK(verdicts[0].holds);
    CHECK(verdicts[0].remark.empty());
    CHECK(verdicts[0].figures.columns == std::vector<std::string>{"lstm", "gru"});
    CHECK(verdicts[0].figures.rows == std::vector<std::vector<store::Value>>{{1.0, 2.0}});
    CHECK_FALSE(verdicts[1].holds);
    CHECK(verdicts[1].remark.empty());
    CHECK(verdicts[1].figures.rows == std::vector<std::vector<store::Value>>{{std::string("why")}});
    CHECK(verdicts[2].holds);
    CHECK(verdicts[3].holds);
    CHECK_FALSE(verdicts[4].holds);
    CHECK(verdicts[5].holds);
    CHECK(analysis::verdicts(folder / "none.db", "cells", {}).empty());
}

TEST_CASE_METHOD(Fixture, "result and curve have nothing but this experiment") {
    finish();
    const auto figure = [&](const std::string& query) {
        return std::get<std::int64_t>(verdict("SELECT 1, " + query).figures.rows.at(0).at(0));
    };
    CHECK(figure("count(*) FROM result") == 2);
    CHECK(figure("count(*) FROM result WHERE experiment <> 'cells' OR cell = 'rnn'") == 0);
    CHECK(figure("count(*) FROM curve") == 2);
    CHECK(figure("count(*) FROM main.result") == 4);
    CHECK(figure("count(*) FROM cells") == 2);
    CHECK(figure("count(*) FROM metric") == 3);
    // Other connections see the whole.
    Store reader(file, Store::Mode::read);
    CHECK(ask(reader, "SELECT count(*) FROM result") == "4");
    // A trial that the manifest asks for no longer is not judged, nor waited for.
    {
        Store store(file, Store::Mode::write);
        plan(store, "cells", {a_trial("aaaa", "lstm")});
    }
    CHECK(figure("count(*) FROM result") == 1);
}

TEST_CASE_METHOD(Fixture, "what gives no answer does not hold, and says why") {
    finish();
    CHECK_THAT(remark("SELECT 1 FROM result WHERE cell = 'rnn'"), contains("no row"));
    CHECK(remark("SELECT 1 FROM result") == "the query returns 2 rows, expected exactly one");
    CHECK_THAT(remark("SELECT avg(validation_loss) < 1 FROM result WHERE cell = 'rnn'"), contains("NULL"));
    CHECK_THAT(remark("SELECT 'true'"), contains("is a text, expected true or false"));
    CHECK_THAT(remark("SELECT median(cell) FROM result"), contains("median and stddev take numbers"));
    CHECK_THAT(remark("DELETE FROM trial"), contains("DELETE is not allowed"));
    CHECK_THAT(remark("SELECT validation_los FROM result"), contains("no such column: validation_los"));
    const auto endless = verdict("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
                                 std::chrono::milliseconds(50));
    CHECK_FALSE(endless.holds);
    CHECK(endless.remark == "query: timed out after 0.05 seconds");
}

TEST_CASE_METHOD(Fixture, "nothing holds while a trial of the experiment is unfinished") {
    using Status = trial::TrialStatus;
    run({{"aaaa", Status::finished}, {"bbbb", GENERATE(Status::failed, Status::interrupted, Status::running)}});
    const analysis::Verdict found = verdict("SELECT 1, 2 AS figure");
    CHECK_FALSE(found.holds);
    CHECK_THAT(found.remark, contains("1 of 2 trials not finished: 1 "));
    CHECK(found.figures.columns.empty());
}

TEST_CASE_METHOD(Fixture, "a trial of another experiment may be unfinished") {
    run({{"aaaa", trial::TrialStatus::finished}, {"bbbb", trial::TrialStatus::finished}});
    CHECK(verdict("SELECT 1").holds);
    CHECK(analysis::verdicts(file, "others", {{"it holds", "SELECT 1"}}).at(0).remark ==
          "1 of 2 trials not finished: 1 queued");
}

TEST_CASE_METHOD(Fixture, "a diverged trial counts as finished, and is told") {
    run({{"aaaa", trial::TrialStatus::finished}, {"bbbb", trial::TrialStatus::diverged}});
    const analysis::Verdict found = verdict("SELECT count(*) = 1 FROM result WHERE status = 'diverged'");
    CHECK(found.holds);
    CHECK(found.remark == "1 of 2 trials diverged");
    CHECK_THAT(remark("SELECT sum(validation_loss) < 9 FROM result WHERE cell = 'gru'"),
               contains("NULL: a value that it uses is missing; 1 of 2 trials diverged"));
}

TEST_CASE_METHOD(Fixture, "asking changes nothing") {
    finish();
    const auto bytes = [&] {
        std::ifstream stream(file, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    const std::string before = bytes();
    verdict("SELECT 1");
    CHECK(bytes() == before);
    CHECK(files_in(folder.path()) == std::vector<std::string>{"a.db"});
}
