// Every query of results/README.md, against a store in which each of them finds something.
#include <sstream>

#include "scratch.h"

using namespace scratch;
using Status = trial::TrialStatus;

namespace {

/// The SQL blocks of a Markdown file.
std::vector<std::string> queries_in(const fs::path& file) {
    std::ifstream stream(file);
    std::vector<std::string> queries;
    bool inside = false;
    for (std::string line; std::getline(stream, line);) {
        if (line == "```sql") {
            queries.emplace_back();
            inside = true;
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            queries.back() += line + '\n';
        }
    }
    return queries;
}

void train(Store& store, const std::string& fingerprint, double loss, const store::AttemptEnd& attempt) {
    store.write(attempt_start(fingerprint));
    for (const std::uint64_t step : {50, 100}) {
        store.write(fingerprint, point(step, "train", "loss", loss - 0.1));
        store.write(fingerprint, point(step, "validation", "loss", loss + 50.0 / static_cast<double>(step)));
    }
    for (const double temperature : {0.5, 1.0}) {
        auto made = sample(100, temperature, "a text");
        made.quality = {0.75, 0.5, 1.1 - temperature, 12};
        store.write(fingerprint, training::Samples{made});
    }
    for (const std::uint64_t step : {50, 100}) {
        store.write(fingerprint, point(step, "validation", "exact", static_cast<double>(step) / 200));
        auto answer = sample(step, 1, "1987-03-03");
        answer.kind = "answer";
        answer.prompt = "3 mar 1987";
        answer.key.prompt_key = R"({"from":"validation"})";
        answer.target = step == 50 ? "1987-03-04" : "1987-03-03";
        answer.correct = step == 100;
        store.write(fingerprint, training::Samples{answer});
    }
    store.write(fingerprint, training::LossByPosition{100, Split::validation, {{3, 2, 1}, {0.1, 0.2, 0.4}}});
    store.write(fingerprint, training::LossByPosition{100, Split::test, {{2, 1}, {0.5, 0.6}}});
    store.write(fingerprint, training::GradientByLag{100, {0.5, 0.25, 0.01}});
    const fs::path file = store.file().parent_path() / "a.db.d" / fingerprint / "100.safetensors";
    store.write(fingerprint, training::CheckpointSaved{{100, file, "00", true, true}, 2});
    store.write(attempt);
}

void fill(Store& store) {
    store::ExperimentRow experiment;
    experiment.name = "cells-on-shakespeare";
    experiment.manifest = "{}";
    std::vector<store::TrialRow> rows;
    std::vector<store::Membership> members;
    for (const char* cell : {"lstm", "gru"})
        for (const Size length : {32, 64})
            for (const std::uint64_t seed : {1, 2}) {
                const auto name = std::string(cell) + std::to_string(length) + std::to_string(seed);
                rows.push_back(a_trial(name, cell, seed, length));
                members.push_back({name, R"({"system":")" + std::string(cell) + R"(","cell":{"heads":4},"training":)" +
                                             R"({"sequence_length":)" + std::to_string(length) + R"(},"seed":)" +
                                             std::to_string(seed) + "}"});
            }
    for (const char* name : {"failed", "diverged", "running"}) {
        rows.push_back(a_trial(name, "rnn", rows.size(), 32));
        members.push_back({name, R"({"system":"rnn"})"});
    }
    store.plan(experiment, rows, members);
    plan(store, "other", {rows[0], a_trial("gone")});
    plan(store, "other", {rows[0]});
    for (const char* name : {"brackets", "digits-gan"}) plan(store, name, {rows[0]});

    store.begin();
    double loss = 1;
    for (std::size_t i = 0; i < 8; ++i)
        train(store, rows[i].fingerprint, loss += 0.05, scratch::end(rows[i].fingerprint));
    store.write(rows[0].fingerprint, training::ImageJudgement{100, rows[1].fingerprint, {1000, 0.75, 8.5}});
    train(store, "failed", 1, scratch::end("failed", Status::failed));
    train(store, "diverged", 1, scratch::end("diverged", Status::diverged));
    store.write(attempt_start("diverged"));
    store.write(scratch::end("diverged", Status::diverged));
    store.write(attempt_start("running"));
    store.commit();
}

}  // namespace

TEST_CASE("every query of the cookbook runs and finds something") {
    const Folder folder;
    {
        Store store(folder / "a.db", Store::Mode::write);
        fill(store);
    }
    Store store(folder / "a.db", Store::Mode::read);
    const auto queries = queries_in(fs::path(UNROLL_SOURCE) / "results/README.md");
    CHECK(queries.size() > 20);
    for (const auto& query : queries) {
        CAPTURE(query);
        CHECK_NOTHROW(store::query(store, query));
        CHECK_FALSE(store::query(store, query).rows.empty());
    }
}

TEST_CASE("the schema that is told is the schema that is") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    std::ifstream stream(fs::path(UNROLL_SOURCE) / "results/README.md");
    std::stringstream text;
    text << stream.rdbuf();
    const auto columns = store::query(store,
                                      "SELECT DISTINCT list.type, list.name, info.name FROM pragma_table_list AS list,"
                                      " pragma_table_info(list.name) AS info"
                                      " WHERE list.schema = 'main' AND list.name NOT LIKE 'sqlite_%'");
    CHECK(columns.rows.size() > 100);
    for (const auto& row : columns.rows)
        for (const std::size_t place : {1, 2}) {
            const auto& name = std::get<std::string>(row[place]);
            CAPTURE(std::get<std::string>(row[1]), name);
            CHECK(text.str().find('`' + name + '`') != std::string::npos);
        }
}
