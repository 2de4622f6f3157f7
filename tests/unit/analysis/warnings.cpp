// What a comparison warns of, and what it does not warn of.
#include "analysis/warnings.h"

#include "tuned.h"

using namespace scratch;
using Kind = analysis::Warning::Kind;

namespace {

struct Fixture {
    Folder folder;
    store::ExperimentRow experiment;

    Fixture() {
        experiment.by = {"system"};
        experiment.best = {"training.optimizer.learning_rate"};
    }

    std::vector<analysis::Warning> warnings(const std::vector<TunedRun>& runs) const {
        const fs::path file = folder / "a.db";
        fs::remove(file);
        make_tuned(file, runs, experiment);
        Store store(file, Store::Mode::read);
        return analysis::warnings_of(analysis::compare(store, {"tuned", {}, "", ""}));
    }
    /// The warning's text; "" when there is none of this kind.
    std::string warning(Kind kind, const std::vector<TunedRun>& runs) const {
        for (const analysis::Warning& each : warnings(runs))
            if (each.kind == kind) return each.text;
        return "";
    }
};

/// A system at these learning rates with these losses, for two seeds.
std::vector<TunedRun> at_rates(const std::string& system, const std::vector<std::pair<double, double>>& losses) {
    std::vector<TunedRun> runs;
    for (const auto& [rate, loss] : losses)
        runs.push_back({.system = system, .rate = rate, .validation = loss, .test = loss});
    return over_seeds(runs, {0, 0.1});
}

std::vector<TunedRun> operator+(std::vector<TunedRun> one, const std::vector<TunedRun>& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a fair comparison has no warnings") {
    experiment.metric = "test/loss";
    CHECK(warnings(at_rates("lstm", {{0.01, 3}, {0.02, 2}, {0.04, 3}}) +
                   at_rates("gru", {{0.01, 3}, {0.02, 2.5}, {0.04, 3}}))
              .empty());
    CHECK(warnings({{.system = "lstm", .status = trial::TrialStatus::diverged}}).empty());
}

TEST_CASE_METHOD(Fixture, "a best value at the edge of its axis") {
    const auto high = at_rates("lstm", {{0.01, 3}, {0.02, 2}}) + at_rates("gru", {{0.01, 3}, {0.02, 2}});
    CHECK(warning(Kind::edge, high) ==
          "lstm; gru: the best training.optimizer.learning_rate is 0.02, the highest that "
          "was tried; add higher values");
    CHECK_THAT(warning(Kind::edge, at_rates("lstm", {{0.01, 2}, {0.02, 3}})), contains("0.01, the lowest"));

    // What still trains may be better.
    auto early = at_rates("lstm", {{0.01, 3}, {0.02, 2}});
    early.push_back({.system = "lstm", .rate = 0.04, .validation = {}, .status = trial::TrialStatus::interrupted});
    CHECK(warning(Kind::edge, early).empty());

    // A value beyond it that diverged has been tried.
    auto beyond = at_rates("lstm", {{0.01, 3}, {0.02, 2}});
    beyond.push_back({.system = "lstm", .rate = 0.04, .validation = 99, .status = trial::TrialStatus::diverged});
    CHECK(warning(Kind::edge, beyond).empty());
    CHECK(warning(Kind::edge, at_rates("lstm", {{0.01, 2}})).empty());
    // One between that is as good shows that nothing is to be found beyond.
    CHECK(warning(Kind::edge, at_rates("lstm", {{0.01, 2}, {0.02, 2}, {0.04, 3}})).empty());
}

TEST_CASE_METHOD(Fixture, "different cells, each at one learning rate") {
    const auto one = at_rates("lstm", {{0.01, 2}}), other = at_rates("gru", {{0.01, 3}});
    CHECK_THAT(warning(Kind::untuned, one + other), contains("sweep"));
    CHECK(warning(Kind::untuned, one + at_rates("gru", {{0.01, 3}, {0.02, 3}})).empty());
    CHECK(warning(Kind::untuned, one).empty());
    experiment.best = {};
    experiment.by = {"system", "training.optimizer.learning_rate"};
    CHECK(warning(Kind::untuned, one + at_rates("gru", {{0.01, 3}, {0.02, 3}})).empty());
}

TEST_CASE_METHOD(Fixture, "groups that pool lengths") {
    const std::vector<TunedRun> runs{{.system = "gru", .length = 32, .validation = 1},
                                     {.system = "gru", .length = 64, .validation = 2}};
    CHECK(warning(Kind::pooled, runs) ==
          "means and intervals pool training.sequence_length 32, 64: sd is not over seeds alone; add --by "
          "training.sequence_length");
    experiment.by = {"system", "training.sequence_length"};
    CHECK(warning(Kind::pooled, runs).empty());
}

TEST_CASE_METHOD(Fixture, "one trial each") {
    CHECK_THAT(warning(Kind::one_seed, {{.system = "gru", .validation = 1}, {.system = "rnn", .validation = 2}}),
               contains("\"seed\": [1, 2, 3]"));
    CHECK(warning(Kind::one_seed, at_rates("gru", {{0.01, 2}})).empty());
}

TEST_CASE_METHOD(Fixture, "numbers of weights that differ by more than 5% at equal lengths") {
    const auto sized = [](const char* system, std::int64_t parameters, Size length = 64) {
        return std::vector<TunedRun>{{.system = system, .length = length, .validation = 1, .parameters = parameters}};
    };
    CHECK(warning(Kind::parameters, sized("gru", 1000) + sized("lstm", 1040) + sized("rnn", 1100)) ==
          "numbers of weights differ: 1000 (gru), 1100 (rnn); to make them equal, use match with \"parameters\"");
    CHECK(warning(Kind::parameters, sized("gru", 1000) + sized("lstm", 1050)).empty());
    experiment.by = {"system", "training.sequence_length"};
    CHECK(warning(Kind::parameters, sized("gru", 1000) + sized("gru", 2000, 128)).empty());
}

TEST_CASE_METHOD(Fixture, "weights that start differently") {
    std::vector<TunedRun> runs = at_rates("gru", {{0.01, 2}}) + at_rates("attention", {{0.01, 2}});
    CHECK(warning(Kind::initializer, runs).empty());
    runs[2].initializer = runs[3].initializer = "normal";
    CHECK(warning(Kind::initializer, runs) ==
          "weights start differently: normal (attention), uniform (gru); cell.initializer sets it");
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) runs = runs + at_rates(name, {{0.01, 2}});
    CHECK_THAT(warning(Kind::initializer, runs), contains("and 3 more); cell.initializer sets it"));
}

TEST_CASE_METHOD(Fixture, "a choice that was made by the values that are shown") {
    const std::vector<TunedRun> runs{{.system = "gru", .rate = 0.01, .validation = 1, .test = 1},
                                     {.system = "gru", .rate = 0.02, .validation = 2, .test = 2}};
    CHECK_THAT(warning(Kind::same_split, runs), contains("compare \"test/loss\""));
    CHECK(warning(Kind::same_split, {runs[0]}).empty());
    experiment.metric = "test/loss";
    CHECK(warning(Kind::same_split, runs).empty());
    CHECK_THAT(warning(Kind::same_split,
                       {{.system = "gru", .rate = 0.01, .test = 1}, {.system = "gru", .rate = 0.02, .test = 2}}),
               contains("a validation and a test split"));
}
