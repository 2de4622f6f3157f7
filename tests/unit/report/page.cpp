// What a page tells of an experiment: the store's own values, in the right places.
#include "report/gather.h"

#include "../analysis/tuned.h"
#include "report/figures.h"
#include "report/trial_page.h"

using namespace scratch;
using Catch::Approx;
using namespace unroll::report;

namespace {

struct Fixture {
    Folder folder;
    const fs::path file = folder / "a.db";
    store::ExperimentRow experiment;
    std::vector<TunedRun> runs = over_seeds({{.system = "gru", .length = 32, .validation = 2, .test = 2.1},
                                             {.system = "rnn", .length = 32, .validation = 3, .test = 3.2},
                                             {.system = "gru", .length = 64, .validation = 1, .test = 1.1},
                                             {.system = "rnn", .length = 64, .validation = 2.5, .test = 2.6}},
                                            {0, 0.01, 0.02});

    Fixture() {
        experiment.about = "a question";
        experiment.metric = "test/loss";
        experiment.by = {"system", "training.sequence_length"};
        experiment.best = {"training.optimizer.learning_rate"};
    }

    Page page() {
        make_tuned(file, runs, experiment);
        Store store(file, Store::Mode::write);
        store.begin();
        for (std::size_t i = 0; i < runs.size(); ++i)
            for (const std::uint64_t step : {20, 40, 60})
                store.write(fingerprint(i), point(step, "validation", "loss", double(i) + 100.0 / double(step)));
        for (std::size_t i = 0; i < runs.size(); ++i)
            store.write(fingerprint(i), std::vector{sample(100, 0.5, "text " + std::to_string(i))});
        store.commit();
        store.close();
        Store reader(file, Store::Mode::read);
        return gather(reader, {{"tuned"}, "", {}, "unroll"});
    }

    static std::string fingerprint(std::size_t run) { return "trial" + std::to_string(run); }

    std::vector<double> numbers(const std::string& sql) const {
        Store store(file, Store::Mode::read);
        std::vector<double> list;
        for (const auto& row : store::query(store, sql).rows)
            list.push_back(std::holds_alternative<double>(row[0]) ? std::get<double>(row[0])
                                                                  : double(std::get<std::int64_t>(row[0])));
        return list;
    }
};

const Section& section_of(const Page& page, const std::string& id) {
    for (const Section& section : page.chapters.at(0).sections)
        if (section.id == id) return section;
    throw std::out_of_range("no section " + id);
}

template <class Content>
std::vector<Content> all_of(const Section& section) {
    std::vector<Content> list;
    for (const Block& block : section.blocks)
        if (const auto* content = std::get_if<Content>(&block.content)) list.push_back(*content);
    return list;
}

/// The values of a column of a table, row by row.
std::vector<store::Value> column_of(const Table& table, const std::string& name) {
    std::vector<store::Value> values;
    for (std::size_t column = 0; column < table.columns.size(); ++column)
        if (table.columns[column].name == name)
            for (const auto& row : table.rows) values.push_back(row[column]);
    return values;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "the answer stands first: in words, as a table, as intervals") {
    const Page shown = page();
    CHECK(shown.chapters[0].about == "a question");
    const Section& section = shown.chapters[0].sections.at(0);
    CHECK(section.id == "answer");
    const auto sentences = all_of<Paragraph>(section);
    REQUIRE(sentences.size() == 2);
    CHECK_THAT(sentences[0].text, contains("sequence_length 32: gru is best, with a mean test/loss of 2.110"));
    CHECK_THAT(sentences[0].text, contains("better than all others, together at 95%"));
    const auto tables = all_of<Table>(section);
    REQUIRE(tables.size() == 1);
    CHECK(column_of(tables[0], "system") == std::vector<store::Value>{"gru", "rnn", "gru", "rnn"});
    CHECK(tables[0].best == std::vector<std::size_t>{0, 2});
    CHECK(tables[0].breaks == std::vector<std::size_t>{2});
    CHECK(column_of(tables[0], "diverged").empty());
    const auto means = numbers(
        "SELECT avg(test_loss) FROM tuned GROUP BY sequence_length, system ORDER BY sequence_length, avg(test_loss)");
    const auto shown_means = column_of(tables[0], "mean");
    for (std::size_t i = 0; i < means.size(); ++i) CHECK(std::get<double>(shown_means[i]) == Approx(means[i]));
    const auto figures = all_of<Figure>(section);
    REQUIRE(figures.size() == 1);
    REQUIRE(figures[0].charts.size() == 2);
    CHECK(figures[0].charts[0].title == "sequence_length 32");
    CHECK(figures[0].charts[0].series[0].y[0] == std::get<double>(shown_means[0]));
}

TEST_CASE_METHOD(Fixture, "a curve has the means of SQL at each step, on every axis") {
    const Page shown = page();
    const auto figures = all_of<Figure>(section_of(shown, "curves"));
    REQUIRE(figures.size() == 1);
    const Figure& figure = figures[0];
    CHECK(figure.id == "curve-validation-loss");
    REQUIRE(figure.charts.size() == 2);
    const Series& gru = figure.charts[0].series.at(0);
    CHECK(gru.name == "gru");
    const std::string where =
        " FROM curve WHERE cell = 'gru' AND sequence_length = 32 AND split = 'validation' GROUP BY step ORDER BY step";
    CHECK(gru.x[0] == numbers("SELECT step" + where));
    const auto means = numbers("SELECT avg(value)" + where);
    REQUIRE(gru.y.size() == means.size());
    for (std::size_t i = 0; i < means.size(); ++i) CHECK(gru.y[i] == Approx(means[i]));
    std::vector<std::string> names;
    for (const Axis& axis : figure.x) names.push_back(axis.name);
    CHECK(names == std::vector<std::string>{"step", "epoch", "seconds", "tokens", "FLOPs"});
    CHECK(gru.x[1] == numbers("SELECT avg(epoch)" + where));
    CHECK(gru.x[2] == numbers("SELECT avg(seconds)" + where));
    CHECK(gru.x[3].back() == Approx(1000));  // all of the attempt's tokens at its last step
    CHECK(gru.x[4].back() == Approx(1e9 * 100));
    CHECK(gru.n == Numbers{3, 3, 3, 3});
}

TEST_CASE_METHOD(Fixture, "the metric over an axis of numbers: a line for each system") {
    const Page shown = page();
    const auto figures = all_of<Figure>(section_of(shown, "axes"));
    REQUIRE(figures.size() == 1);
    CHECK(figures[0].id == "by-training-sequence-length");
    REQUIRE(figures[0].charts.size() == 1);
    const Series& gru = figures[0].charts[0].series.at(0);
    CHECK(gru.x[0] == Numbers{32, 64});
    CHECK(gru.y[0] == Approx(2.11));
    CHECK(gru.y[1] == Approx(1.11));
}

TEST_CASE_METHOD(Fixture, "texts stand side by side: one trial of each group, a column for each temperature") {
    const Page shown = page();
    const auto texts = all_of<Texts>(section_of(shown, "generated"));
    REQUIRE(texts.size() == 1);
    CHECK(texts[0].columns == std::vector<std::string>{"0.5"});
    CHECK(texts[0].rows.size() == 4);
    REQUIRE(texts[0].texts.size() == 4);
    CHECK(texts[0].texts[0].text == "text 0");
    CHECK(texts[0].texts[0].prompt == "KING:");
}

TEST_CASE_METHOD(Fixture, "what diverged is told, with where") {
    runs[3].status = trial::TrialStatus::diverged;
    const Page shown = page();
    const auto tables = all_of<Table>(section_of(shown, "state"));
    REQUIRE(tables.size() == 2);
    CHECK(column_of(tables[1], "status") == std::vector<store::Value>{"diverged"});
    CHECK_THAT(all_of<Paragraph>(section_of(shown, "state"))[0].text, contains("1 diverged"));
}

TEST_CASE_METHOD(Fixture, "what failed is told with its cause, the limit that was met, and the message") {
    make_tuned(file, runs, experiment);
    auto failed = end(fingerprint(0), trial::TrialStatus::failed, 40);
    failed.error = "the trial's process needs more";
    failed.cause = trial::Cause::memory_limit;
    failed.bound = 4e9;
    auto late = end(fingerprint(1), trial::TrialStatus::failed, 40);
    late.cause = trial::Cause::time_limit;
    late.bound = 90;
    {
        Store store(file, Store::Mode::write);
        store.begin();
        for (const auto& attempt : {failed, late}) {
            store.write(attempt_start(attempt.fingerprint));
            store.write(attempt);
        }
        store.commit();
    }
    Store store(file, Store::Mode::read);
    const Page shown = gather(store, {{"tuned"}, "", {}, "unroll"});
    const Table table = all_of<Table>(section_of(shown, "state")).at(1);
    CHECK(column_of(table, "cause") == std::vector<store::Value>{"memory_limit, 4 GB", "time_limit, 90 s"});
    CHECK(column_of(table, "message").at(0) == store::Value("the trial's process needs more"));
}

TEST_CASE_METHOD(Fixture, "with conditions, a page tells of the trials that meet them") {
    make_tuned(file, runs, experiment);
    Store store(file, Store::Mode::read);
    const Page shown = gather(store, {{"tuned"}, "", {}, "unroll", {{"system", "gru"}}});
    CHECK_THAT(shown.chapters[0].about, contains("Only trials with system = gru."));
    CHECK_THAT(all_of<Paragraph>(section_of(shown, "state"))[0].text, contains("6 trials: 6 finished"));
}

TEST_CASE_METHOD(Fixture, "the page of a trial has its curves, texts, attempts and settings") {
    page();
    Store store(file, Store::Mode::read);
    const Page shown = trial_page(store, 2, "unroll");
    REQUIRE(shown.chapters.size() == 1);
    const Figure curve = all_of<Figure>(section_of(shown, "curves")).at(0);
    CHECK(curve.id == "curve-validation-loss");
    CHECK(curve.charts.at(0).series.at(0).y ==
          numbers(
              "SELECT value FROM metric WHERE trial_id = 2 AND split = 'validation' AND name = 'loss' ORDER BY step"));
    CHECK(all_of<Texts>(section_of(shown, "generated")).at(0).texts.at(0).text == "text 1");
    CHECK(column_of(all_of<Table>(section_of(shown, "state")).at(0), "outcome") ==
          std::vector<store::Value>{"finished"});
    CHECK(!all_of<Code>(section_of(shown, "settings")).empty());
    CHECK_THROWS_AS(trial_page(store, 77, "unroll"), Error);
}

TEST_CASE_METHOD(Fixture, "sections without data are left out") {
    runs = {{.system = "gru", .validation = {}, .test = {}, .status = trial::TrialStatus::failed}};
    make_tuned(file, runs, experiment);
    Store store(file, Store::Mode::read);
    const Page shown = gather(store, {{"tuned"}, "", {}, "unroll"});
    std::string ids;
    for (const Section& section : shown.chapters[0].sections) ids += section.id + " ";
    CHECK(ids == "answer state repeat ");
}

TEST_CASE_METHOD(Fixture, "figures have ids; an unknown one is refused with those that there are") {
    page();
    Store store(file, Store::Mode::read);
    const auto figures = figures_of(store, {"tuned", {}, "", ""});
    CHECK(figure_named(figures, "", "tuned").id == "curve-validation-loss");
    CHECK(figure_named(figures, "comparison", "tuned").id == "comparison");
    CHECK_THAT(message_of([&] { figure_named(figures, "comparisn", "tuned"); }),
               contains("did you mean \"comparison\""));
    CHECK_THAT(message_of([&] { figure_named({}, "", "tuned"); }), contains("no values yet"));
}
