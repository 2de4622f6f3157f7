// Attempts, points, samples and checkpoints; how trials end, and go on.
#include <limits>

#include "scratch.h"
#include "store/database.h"

using namespace scratch;
using Status = trial::TrialStatus;

namespace {

struct Fixture {
    Folder folder;
    Store store{folder / "a.db", Store::Mode::write};
    std::vector<std::string> names{"aaaa"};

    Fixture() { plan(store, "cells", {a_trial("aaaa"), a_trial("bbbb", "gru")}); }

    template <class Record>
    auto put(const Record& record) {
        return [&record](Store& to) { to.write(record); };
    }
    void add(const training::Point& record) {
        write(store, [&](Store& to) { to.write("aaaa", record); });
    }
    void add(const sampling::Sample& record) {
        write(store, [&](Store& to) { to.write("aaaa", training::Samples{record}); });
    }
    std::vector<fs::path> begin_attempt(std::uint64_t from_step = 0) {
        store.begin();
        const auto files = store.write(attempt_start("aaaa", from_step));
        store.commit();
        return files;
    }
    void end_attempt(const store::AttemptEnd& attempt) {
        write(store, [&](Store& to) { to.write(attempt); });
    }
    std::vector<std::string> checkpoint(std::uint64_t step, bool best, Size keep) {
        training::CheckpointInfo record;
        record.step = step;
        record.is_last = true;
        record.path = store::checkpoint_folder(store.file(), "aaaa") / (std::to_string(step) + ".safetensors");
        record.sha256 = "00";
        record.is_best = best;
        fs::create_directories(record.path.parent_path());
        std::ofstream(record.path) << step;
        store.begin();
        std::vector<std::string> obsolete;
        for (const auto& file : store.write("aaaa", training::CheckpointSaved{record, keep}))
            obsolete.push_back(file.stem());
        store.commit();
        return obsolete;
    }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Fixture, "a finished trial has its summary from its points") {
    begin_attempt();
    CHECK(ask(store, "SELECT status, step FROM trial WHERE id = 1") == "running 0");
    for (const std::uint64_t step : {0, 50, 100}) {
        add(point(step, "train", "loss", 5.0 - static_cast<double>(step) / 50));
        add(point(step, "validation", "loss", step == 50 ? 2.5 : 3.0));
        add(point(step, "validation", "accuracy", static_cast<double>(step) / 200));
    }
    add(point(100, "test", "loss", 3.25));
    end_attempt(end("aaaa"));
    CHECK(
        ask(store,
            "SELECT status, step, tokens, seconds, tokens_per_second, train_loss, validation_loss, test_loss,"
            " train_accuracy, validation_accuracy, test_accuracy, best_validation_loss, best_step, diverged_step, error"
            " FROM trial WHERE id = 1") == "finished 100 1000 12.5 80 3 3 3.25 - 0.5 - 2.5 50 - -");
    CHECK(ask(store,
              "SELECT number, outcome, error, from_step, to_step, host, jobs, build, ended_at >= started_at"
              " FROM attempt") == "1 finished - 0 100 host 2 build 1 1");
    CHECK(ask(store,
              "SELECT step, epoch, split, name, value, seconds FROM metric WHERE step = 50 ORDER BY split, name") ==
          "50 1.25 train loss 4 5|50 1.25 validation accuracy 0.25 5|50 1.25 validation loss 2.5 5");
    CHECK(ask(store, "SELECT experiment, cell, value FROM curve WHERE name = 'loss' AND split = 'test'") ==
          "cells lstm 3.25");
}

TEST_CASE_METHOD(Fixture, "what weights from elsewhere have cost is not known") {
    begin_attempt();
    add(point(0, "validation", "loss", 2.5));
    auto attempt = end("aaaa", Status::finished, 0);
    attempt.tokens = 0;
    attempt.seconds = attempt.tokens_per_second = 0;
    end_attempt(attempt);
    CHECK(ask(store,
              "SELECT status, step, tokens, seconds, tokens_per_second, validation_loss, best_step FROM trial"
              " WHERE id = 1") == "finished 0 - - - 2.5 0");
}

TEST_CASE_METHOD(Fixture, "only a finished trial has final losses; its best stays in every case") {
    const auto outcome = GENERATE(Status::failed, Status::interrupted, Status::diverged);
    begin_attempt();
    add(point(50, "validation", "loss", 2.5));
    auto attempt = end("aaaa", outcome, 60);
    attempt.error = outcome == Status::failed ? "no memory" : "";
    end_attempt(attempt);
    CHECK(ask(store, "SELECT status, validation_loss, best_validation_loss, best_step, step FROM trial WHERE id = 1") ==
          std::string(trial::to_string(outcome)) + " - 2.5 50 60");
    CHECK(ask(store, "SELECT outcome FROM attempt") == trial::to_string(outcome));
    CHECK(ask(store, "SELECT error FROM trial WHERE id = 1") == (outcome == Status::failed ? "no memory" : "-"));
    CHECK(ask(store, "SELECT diverged_step FROM trial WHERE id = 1") == (outcome == Status::diverged ? "60" : "-"));
}

TEST_CASE_METHOD(Fixture, "a value that is not finite is never stored and makes the trial diverged") {
    const double value = GENERATE(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity());
    begin_attempt();
    add(point(10, "validation", "loss", 2.5));
    add(point(20, "train", "loss", value));
    add(point(30, "train", "loss", value));
    CHECK(ask(store, "SELECT status, diverged_step FROM trial WHERE id = 1") == "diverged 20");
    end_attempt(end("aaaa", Status::finished));
    CHECK(ask(store,
              "SELECT status, diverged_step, train_loss, validation_loss, best_validation_loss FROM trial WHERE id = "
              "1") == "diverged 20 - - 2.5");
    CHECK(ask(store, "SELECT outcome FROM attempt") == "diverged");
    CHECK(ask(store, "SELECT count(*), min(step) FROM point") == "1 10");
}

TEST_CASE_METHOD(Fixture, "an attempt that goes on drops what is past its step") {
    begin_attempt();
    checkpoint(20, true, 2);
    checkpoint(40, false, 2);
    for (const std::uint64_t step : {0, 20, 40})
        add(point(step, "validation", "loss", 5.0 - static_cast<double>(step)));
    add(sample(20, 0.5, "early"));
    add(sample(40, 0.5, "late"));
    write(store, [](Store& to) {
        to.write("aaaa", training::LossByPosition{40, Split::validation, {{1, 2}, {}}});
        for (const std::uint64_t step : {20, 40}) to.write("aaaa", training::GradientByLag{step, {1, 0.5}});
    });
    store.interrupt_running();
    CHECK(ask(store, "SELECT status, step, seconds, validation_loss, best_step FROM trial WHERE id = 1") ==
          "interrupted 40 4 - 40");
    CHECK(ask(store, "SELECT outcome, to_step, ended_at = heartbeat_at FROM attempt") == "interrupted 40 1");

    const auto orphans = begin_attempt(20);
    REQUIRE(orphans.size() == 1);
    CHECK(orphans[0].filename() == "40.safetensors");
    CHECK(ask(store, "SELECT step FROM point ORDER BY step") == "0|20");
    CHECK(ask(store, "SELECT text FROM sample") == "early");
    CHECK(ask(store, "SELECT count(*) FROM loss_by_position") == "0");
    CHECK(ask(store, "SELECT step, lag, norm FROM gradient") == "20 0 1|20 1 0.5");
    CHECK(ask(store, "SELECT step, is_last, is_best FROM checkpoint") == "20 1 1");
    CHECK(ask(store, "SELECT status, step, best_validation_loss, best_step FROM trial WHERE id = 1") ==
          "running 20 -15 20");
    CHECK(ask(store, "SELECT number, outcome, from_step FROM attempt ORDER BY number") ==
          "1 interrupted 0|2 running 20");
    CHECK(store.states(names).at("aaaa").seconds == 2);

    end_attempt(end("aaaa"));
    begin_attempt(0);
    CHECK(
        ask(store,
            "SELECT (SELECT count(*) FROM point), (SELECT count(*) FROM sample), (SELECT count(*) FROM checkpoint)") ==
        "0 0 0");
    CHECK(ask(store, "SELECT number, outcome FROM attempt ORDER BY number") == "1 interrupted|2 finished|3 running");
    CHECK(ask(store, "SELECT tokens, seconds, train_loss, best_step FROM trial WHERE id = 1") == "- - - -");
}

TEST_CASE_METHOD(Fixture, "a sample of the same key is replaced, of any other kept") {
    add(sample(10, 0.5, "one"));
    add(sample(10, 0.5, "two"));
    add(sample(10, 1.0, "three"));
    auto greedy = sample(10, 0, "four");
    greedy.key.temperature.reset();
    add(greedy);
    greedy.text = "five";
    add(greedy);
    CHECK(ask(store, "SELECT temperature, text, prompt, length FROM sample ORDER BY temperature") ==
          "- five KING: 20|0.5 two KING: 20|1 three KING: 20");
    const auto keys = store.samples("aaaa");
    CHECK(keys.size() == 3);
    CHECK(keys.count({10, "temperature", "{}", 0.5, "\"KING:\"", 7, 0, 20, "carry"}) == 1);
    CHECK(keys.count({10, "temperature", "{}", std::nullopt, "\"KING:\"", 7, 0, 20, "carry"}) == 1);
    CHECK(store.samples("bbbb").empty());
}

TEST_CASE_METHOD(Fixture, "a sample's figures are kept; those that it has not are NULL, and asked for") {
    add(sample(10, 0.5, "one"));
    auto measured = sample(10, 1.0, "two");
    measured.quality = {0.75, 0.5, 0.25, 12};
    add(measured);
    auto wordless = sample(20, 0.5, "three");
    wordless.quality = {{}, 1.0, {}, 0};
    add(wordless);
    const char* figures =
        "SELECT id, text, known_word_rate, distinct_3, repetition, longest_copy FROM sample ORDER BY id";
    CHECK(ask(store, figures) == "1 one - - - -|2 two 0.75 0.5 0.25 12|3 three - 1 - 0");

    auto unmeasured = store.unmeasured("aaaa");
    REQUIRE(unmeasured.size() == 1);
    CHECK(unmeasured[0].text == "one");
    CHECK(store.unmeasured("bbbb").empty());
    unmeasured[0].quality = {1.0, 0.5, 0.0, 3};
    const char* rest =
        "SELECT step, epoch, kind, sampler, options, temperature, prompt, prompt_key, seed, number, length, memory"
        " FROM sample WHERE id = 1";
    const std::string before = ask(store, rest);
    add(unmeasured[0]);
    CHECK(ask(store, figures) == "1 one 1 0.5 0 3|2 two 0.75 0.5 0.25 12|3 three - 1 - 0");
    CHECK(ask(store, rest) == before);
    CHECK(store.unmeasured("aaaa").empty());
}

TEST_CASE_METHOD(Fixture, "a loss by position replaces the one before, without what is not predicted") {
    const double none = std::numeric_limits<double>::quiet_NaN();
    write(
        store,
        [](Store& to) {
            to.write("aaaa", training::LossByPosition{10, Split::validation, {{3, 2, 1}, {0, 0.5, 1}}});
        },
        [&](Store& to) {
            to.write("aaaa", training::LossByPosition{20, Split::validation, {{none, 0.5}, {none, 0.75}}});
        },
        [](Store& to) {
            to.write("aaaa", training::LossByPosition{20, Split::test, {{4}, {}}});
        });
    CHECK(ask(store, "SELECT split, position, step, value, accuracy FROM loss_by_position ORDER BY split") ==
          "test 0 20 4 -|validation 1 20 0.5 0.75");
}

TEST_CASE_METHOD(Fixture, "gradients of a step replace those before, without what is not finite") {
    const double none = std::numeric_limits<double>::infinity();
    write(store, [&](Store& to) {
        to.write("aaaa", training::GradientByLag{10, {3, 2, 1}});
        to.write("aaaa", training::GradientByLag{20, {3, 2, 1}});
        to.write("aaaa", training::GradientByLag{20, {4, none, 0.5}});
        to.write("bbbb", training::GradientByLag{30, {1}});
    });
    CHECK(ask(store, "SELECT lag, norm FROM gradient WHERE step = 20") == "0 4|2 0.5");
    CHECK(store.gradients("aaaa") == std::set<std::uint64_t>{10, 20});
    CHECK(store.gradients("bbbb") == std::set<std::uint64_t>{30});
}

TEST_CASE_METHOD(Fixture, "a judgement stands as long as both trials are what they were") {
    const auto judge_both = [&] {
        write(store, [](Store& to) {
            to.write("aaaa", training::ImageJudgement{20, "bbbb", {1000, 0.5, 4}});
            to.write("aaaa", training::ImageJudgement{20, "bbbb", {1000, 0.75, 4.5}});
            to.write("aaaa", training::ImageJudgement{40, "bbbb", {1000, 0.875, 5}});
        });
    };
    judge_both();
    CHECK(ask(store, "SELECT trial_id, step, judge_id, images, confidence, spread FROM judgement WHERE step = 20") ==
          "1 20 2 1000 0.75 4.5");
    CHECK(store.judgements("aaaa", "bbbb") == std::set<std::uint64_t>{20, 40});
    CHECK(store.judgements("bbbb", "aaaa").empty());

    begin_attempt(20);
    CHECK(ask(store, "SELECT step FROM judgement") == "20");
    write(store, [](Store& to) { to.write(attempt_start("bbbb", 20)); });
    CHECK(ask(store, "SELECT count(*) FROM judgement") == "0");
    for (const char* fingerprint : {"aaaa", "bbbb"}) {
        judge_both();
        store.renew(fingerprint);
        CHECK(ask(store, "SELECT count(*) FROM judgement") == "2");  // until it has been trained again
        write(
            store, [&](Store& to) { to.write(attempt_start(fingerprint)); },
            [&](Store& to) { to.write(end(fingerprint)); });
        CHECK(ask(store, "SELECT count(*) FROM judgement") == "0");
    }
}

TEST_CASE_METHOD(Fixture, "the newest checkpoints are kept, the best and the last") {
    CHECK(checkpoint(10, false, 2) == Names{});
    CHECK(checkpoint(20, true, 2) == Names{});
    CHECK(checkpoint(30, false, 2) == Names{"10"});
    CHECK(checkpoint(40, false, 2) == Names{});
    CHECK(checkpoint(50, false, 2) == Names{"30"});
    CHECK(ask(store, "SELECT step, is_last, is_best FROM checkpoint ORDER BY step") == "20 0 1|40 0 0|50 1 0");
    CHECK(checkpoint(60, true, 1) == Names{"20", "40", "50"});
    CHECK(checkpoint(60, true, 0) == Names{});
    CHECK(ask(store, "SELECT path FROM checkpoint") == "a.db.d/aaaa/60.safetensors");
}

TEST_CASE_METHOD(Fixture, "checkpoints move with the database's folder") {
    checkpoint(10, true, 2);
    store.close();
    const Folder elsewhere;
    fs::copy(folder.path(), elsewhere / "moved", fs::copy_options::recursive);
    Store moved(elsewhere / "moved/a.db", Store::Mode::read);
    const auto state = moved.states({"aaaa", "none"});
    REQUIRE(state.size() == 1);
    const auto& checkpoints = state.at("aaaa").checkpoints;
    REQUIRE(checkpoints.size() == 1);
    CHECK(checkpoints[0].path == elsewhere / "moved/a.db.d/aaaa/10.safetensors");
    CHECK(checkpoints[0].is_last);
    CHECK(checkpoints[0].is_best);
    CHECK(state.at("aaaa").build == "");
}

TEST_CASE_METHOD(Fixture, "what is known of a trial") {
    begin_attempt();
    auto attempt = end("aaaa", Status::failed);
    attempt.error = "no memory";
    end_attempt(attempt);
    const auto states = store.states({"aaaa", "bbbb", "cccc"});
    REQUIRE(states.size() == 2);
    CHECK(states.at("aaaa").status == Status::failed);
    CHECK(states.at("aaaa").error == "no memory");
    CHECK(states.at("aaaa").build == "build 1");
    CHECK(states.at("bbbb").status == Status::queued);
}

TEST_CASE_METHOD(Fixture, "a heartbeat touches running attempts only") {
    begin_attempt();
    store.database().execute("UPDATE attempt SET heartbeat_at = 'long ago'");
    store.heartbeat();
    CHECK_THAT(ask(store, "SELECT heartbeat_at FROM attempt"), contains("20"));
    end_attempt(end("aaaa"));
    store.database().execute("UPDATE attempt SET heartbeat_at = 'long ago'");
    store.heartbeat();
    CHECK(ask(store, "SELECT heartbeat_at FROM attempt") == "long ago");
}

TEST_CASE_METHOD(Fixture,
                 "an attempt tells what ended it, and a finished trial knows nothing of its samples' trouble") {
    begin_attempt();
    store::AttemptEnd end;
    end.fingerprint = "aaaa";
    end.outcome = Status::interrupted;
    end.error = "no space left";
    end.cause = trial::Cause::machine;
    end_attempt(end);
    CHECK(ask(store, "SELECT status || ' ' || cause || ' ' || error FROM trial WHERE fingerprint = 'aaaa'") ==
          "interrupted machine no space left");
    CHECK(store.states(names).at("aaaa").cause == trial::Cause::machine);

    begin_attempt();
    CHECK(ask(store, "SELECT cause IS NULL AND error IS NULL FROM trial WHERE fingerprint = 'aaaa'") == "1");
    end.outcome = Status::failed;
    end.cause = trial::Cause::time_limit;
    end.bound = 90;
    end_attempt(end);
    CHECK(store.states(names).at("aaaa").cause == trial::Cause::time_limit);
    CHECK(store.states(names).at("aaaa").bound == 90.0);

    begin_attempt();
    end = {};
    end.fingerprint = "aaaa";
    end.step = 10;
    end_attempt(end);
    end.error = "a sampler that fails";
    end.cause = trial::Cause::trial;
    end_attempt(end);  // the same attempt, once its samples were tried
    CHECK(ask(store, "SELECT count(*) FROM attempt") == "3");
    CHECK(ask(store, "SELECT outcome || ' ' || error FROM attempt WHERE number = 3") ==
          "finished a sampler that fails");
    CHECK(ask(store, "SELECT status || (error IS NULL) || (cause IS NULL) FROM trial WHERE fingerprint = 'aaaa'") ==
          "finished11");
}

TEST_CASE_METHOD(Fixture, "a crash is noted with the attempt that ran, or with one that never began") {
    CHECK_FALSE(store.states(names).at("aaaa").has_crashed);
    store.note_crash("aaaa", "SIGSEGV");
    CHECK(store.states(names).at("aaaa").has_crashed);
    CHECK(ask(store, "SELECT status || ' ' || cause FROM trial WHERE fingerprint = 'aaaa'") == "interrupted crash");
    begin_attempt();
    store.interrupt_running();
    store.note_crash("aaaa", "SIGABRT");
    CHECK(ask(store, "SELECT count(*) || group_concat(error) FROM attempt") == "2SIGSEGV,SIGABRT");
    begin_attempt();
    store::AttemptEnd end;
    end.fingerprint = "aaaa";
    end_attempt(end);
    CHECK(store.states(names).at("aaaa").has_crashed);
    CHECK(ask(store, "SELECT status || (error IS NULL) FROM trial WHERE fingerprint = 'aaaa'") == "finished1");
    store.note_crash("nobody", "SIGSEGV");
}
