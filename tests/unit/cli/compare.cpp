// unroll compare: numbers by hand, groups, the best choice, and what does not exist.
#include "../store/scratch.h"
#include "cli/comparison.h"
#include "command_output.h"

using namespace scratch;
using store::Status;

namespace {

struct Run {
    std::string system;
    std::int64_t heads;  ///< 0: no such axis
    std::uint64_t seed;
    Status status;
    double loss;
};

/// An experiment "cells" with these runs, in which the best number of heads is chosen.
struct Fixture {
    Folder folder;
    const fs::path file = folder / "a.db";

    void make(const std::vector<Run>& runs, std::vector<std::string> best = {}) {
        Store store(file, Store::Mode::write);
        store::ExperimentRow experiment;
        experiment.name = "cells";
        experiment.manifest = "{}";
        experiment.by = {"system"};
        experiment.best = std::move(best);
        std::vector<store::TrialRow> rows;
        std::vector<store::Membership> members;
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const Run& run = runs[i];
            rows.push_back(a_trial("trial" + std::to_string(i), run.system, run.seed));
            const std::string heads = run.heads ? R"("cell":{"heads":)" + std::to_string(run.heads) + "}," : "";
            members.push_back({rows.back().fingerprint, R"({"system":")" + run.system + "\"," + heads + R"("seed":)" +
                                                            std::to_string(run.seed) + "}"});
        }
        store.plan(experiment, rows, members);
        store.begin();
        for (std::size_t i = 0; i < runs.size(); ++i) {
            if (runs[i].status == Status::queued) continue;
            store.write(start(rows[i].fingerprint));
            if (runs[i].status == Status::running) continue;
            store.write(rows[i].fingerprint, point(50, "validation", "loss", 9));
            store.write(rows[i].fingerprint, point(100, "validation", "loss", runs[i].loss));
            if (i == 0) store.write(rows[i].fingerprint, point(100, "validation", "accuracy", 0.5));
            store.write(end(rows[i].fingerprint, runs[i].status));
        }
        store.commit();
        store.close();
    }

    std::string compare(cli::Words words) {
        words.insert(words.end(), {"--db", file.string(), "--format", "csv"});
        return output_of(cli::compare, words);
    }
    std::string refused(cli::Words words) {
        return message_of([&] { compare(std::move(words)); });
    }
};

const std::vector<Run> three_systems{
    {"rnn", 0, 1, Status::finished, 3.0},    {"rnn", 0, 2, Status::diverged, 9.0},
    {"rnn", 0, 3, Status::failed, 9.0},      {"rnn", 0, 4, Status::queued, 0},
    {"rnn", 0, 5, Status::interrupted, 1.0}, {"lstm", 0, 1, Status::finished, 1.0},
    {"lstm", 0, 2, Status::finished, 2.0},   {"lstm", 0, 3, Status::finished, 4.5},
    {"gru", 0, 1, Status::running, 0},
};

}  // namespace

TEST_CASE_METHOD(Fixture, "mean, spread and interval, with everything that did not finish told") {
    make(three_systems);
    // lstm: 1, 2, 4.5: mean 2.5; squares 2.25 + 0.25 + 4 = 6.5, sd = sqrt(3.25) = 1.802776; t(0.975, 2) = 4.302653;
    // half the interval is 4.302653 * 1.802776 / sqrt(3) = 4.478343.
    Store store(file, Store::Mode::read);
    const auto comparison = cli::compare_groups(store, {"cells", {}, "", ""});
    CHECK(comparison.metric == "validation/loss");
    CHECK(comparison.goal == "min");
    CHECK(comparison.table.columns == std::vector<std::string>{"system", "trials", "n", "mean", "sd", "low", "high",
                                                               "unfinished", "diverged", "failed"});
    const auto& rows = comparison.table.rows;
    REQUIRE(rows.size() == 3);
    const auto real = [&](std::size_t row, std::size_t column) { return std::get<double>(rows[row][column]); };
    CHECK(rows[0][0] == store::Value("lstm"));
    CHECK(rows[0][2] == store::Value(std::int64_t{3}));
    CHECK(real(0, 3) == 2.5);
    CHECK(real(0, 4) == Approx(1.802776).epsilon(1e-6));
    CHECK(real(0, 5) == Approx(2.5 - 4.478343).epsilon(1e-6));
    CHECK(real(0, 6) == Approx(2.5 + 4.478343).epsilon(1e-6));
    CHECK(compare({"cells"}).find("\nrnn,5,1,3,,,,2,1,1\ngru,1,0,,,,,1,0,0\n") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "groups, metric and goal may be asked for") {
    make(three_systems);
    CHECK(compare({"cells", "--by", "cell", "--by", "cell.heads", "--goal", "max"})
              .rfind("cell,cell.heads,trials,n,mean,sd,low,high,unfinished,diverged,failed\nrnn,4,5,1,3,", 0) == 0);
    CHECK(compare({"cells", "--by", "seed"}).find("\n1,3,2,2,") != std::string::npos);
    CHECK(compare({"cells", "--metric", "validation/accuracy"}) ==
          "system,trials,n,mean,sd,low,high,unfinished,diverged,failed\n"
          "rnn,5,1,0.5,,,,2,1,1\n"
          "lstm,3,0,,,,,0,0,0\n"
          "gru,1,0,,,,,1,0,0\n");
    Store store(file, Store::Mode::read);
    const auto comparison = cli::compare_groups(store, {"cells", {}, "validation/accuracy", ""});
    CHECK(comparison.goal == "max");
    CHECK(comparison.notes == std::vector<std::string>{"3 finished trials have no validation/accuracy"});
}

TEST_CASE_METHOD(Fixture, "each group is that of its best choice") {
    make({{"lstm", 0, 1, Status::finished, 2.0},
          {"attention", 2, 1, Status::finished, 1.9},
          {"attention", 2, 2, Status::finished, 1.7},
          {"attention", 4, 1, Status::finished, 1.0},  // lower, but one of its two diverged
          {"attention", 4, 2, Status::diverged, 9.0},
          {"attention", 8, 1, Status::finished, 2.5},
          {"attention", 8, 2, Status::queued, 0}},
         {"cell.heads"});
    const auto text = compare({"cells"});
    CHECK_THAT(
        text,
        contains("system,best cell.heads,trials,n,mean,sd,low,high,unfinished,diverged,failed\nattention,2,6,2,1.79"));
    CHECK_THAT(text, contains(",1,1,0\nlstm,,1,1,2,,,,0,0,0\n"));
    // An axis that is asked for is a group and no longer a choice.
    CHECK(compare({"cells", "--by", "cell.heads"}).rfind("cell.heads,trials,n,mean", 0) == 0);
}

TEST_CASE_METHOD(Fixture, "a choice with failures is taken when there is no other") {
    make({{"attention", 2, 1, Status::failed, 0},
          {"attention", 4, 1, Status::finished, 1.0},
          {"attention", 4, 2, Status::failed, 0}},
         {"cell.heads"});
    CHECK(compare({"cells"}).find("\nattention,4,3,1,1,,,,0,0,2\n") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "what does not exist is refused with what does") {
    make(three_systems);
    CHECK_THAT(refused({"cell"}), contains("no experiment 'cell'"));
    CHECK_THAT(refused({"cell"}), contains("one of: cells"));
    CHECK_THAT(refused({"cells", "--by", "sytem"}), contains("no axis 'sytem'"));
    CHECK_THAT(refused({"cells", "--by", "sytem"}),
               contains("an axis (system, seed), a column of result (experiment, "));
    CHECK_THAT(refused({"cells", "--by", "sytem"}), contains("did you mean \"system\"?"));
    CHECK_THAT(refused({"cells", "--metric", "validation/los"}), contains("no metric 'validation/los'"));
    CHECK_THAT(refused({"cells", "--metric", "validation/los"}),
               contains("one of: validation/accuracy, validation/loss"));
    CHECK_THAT(refused({"cells", "--metric", "loss"}), contains("SPLIT/NAME, as in validation/loss"));
    CHECK_THAT(refused({"cells", "--goal", "low"}), contains("min or max"));
    CHECK_THAT(refused({}), contains("the name of one experiment"));
    CHECK_THAT(refused({"cells", "others"}), contains("the name of one experiment"));
}
