// Removing checkpoints by age, rank and experiment.
#include "store/pruning.h"
#include "scratch.h"
#include "store/database.h"

using namespace scratch;
using trial::TrialStatus;
using namespace std::chrono_literals;

namespace {

/// Experiment `cells` with three finished trials (losses 1, 2, 3) and an interrupted one; `other` shares the worst.
struct Fixture {
    const Folder folder;
    Store store{folder / "a.db", Store::Mode::write};

    Fixture() {
        plan(store, "cells", {a_trial("aaaa"), a_trial("bbbb"), a_trial("cccc"), a_trial("dddd")});
        plan(store, "other", {a_trial("cccc"), a_trial("eeee")});
        add("aaaa", 1);
        add("bbbb", 2);
        add("cccc", 3);
        add("dddd", 0.5, TrialStatus::interrupted);
        add("eeee", 4);
    }

    void add(const std::string& fingerprint, double loss, TrialStatus status = TrialStatus::finished) {
        write(store, [&](Store& to) { to.write(attempt_start(fingerprint)); });
        for (const std::uint64_t step : {50, 100}) {
            const fs::path file = store.checkpoint_folder(fingerprint) / (std::to_string(step) + ".safetensors");
            fs::create_directories(file.parent_path());
            std::ofstream(file) << "0123456789";
            write(store, [&](Store& to) {
                to.write(fingerprint, training::CheckpointSaved{{step, file, "digest", true, true}, 2});
            });
        }
        write(
            store, [&](Store& to) { to.write(fingerprint, point(100, "validation", "loss", loss)); },
            [&](Store& to) { to.write(end(fingerprint, status)); });
    }

    std::string kept() {
        return ask(
            store,
            "SELECT fingerprint, count(*) FROM checkpoint JOIN trial ON trial.id = trial_id GROUP BY 1 ORDER BY 1");
    }

    std::string after(const store::PruneRequest& request) {
        store::prune(store, store::pruning_of(store, request));
        return kept();
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the best trials of every experiment keep theirs, and what is unfinished does") {
    const store::Pruning pruning = store::pruning_of(store, {{}, {}, 1});
    CHECK(pruning.trials.size() == 2);
    CHECK(pruning.checkpoints == 4);
    CHECK(pruning.bytes == 40);
    CHECK(pruning.unfinished == 1);
    CHECK(pruning.trials[0].experiments == "cells");
    CHECK(pruning.trials[0].steps == std::vector<std::uint64_t>{50, 100});
    CHECK(kept() == "aaaa 2|bbbb 2|cccc 2|dddd 2|eeee 2");
    store::prune(store, pruning);
    CHECK(kept() == "aaaa 2|cccc 2|dddd 2");  // cccc is the best of `other`
    CHECK(files_in(folder / "a.db.d") == std::vector<std::string>{"aaaa", "cccc", "dddd"});
}

TEST_CASE_METHOD(Fixture, "by experiment, trials that another one has keep theirs") {
    const store::Pruning pruning = store::pruning_of(store, {{"cells"}, {}, {}});
    CHECK(pruning.shared == 1);
    CHECK(pruning.unfinished == 1);
    CHECK(after({{"cells"}, {}, {}}) == "cccc 2|dddd 2|eeee 2");
    CHECK(after({{"other", "cells"}, {}, {}}) == "dddd 2");
    CHECK_THAT(message_of([&] { store::pruning_of(store, {{"celsl"}, {}, {}}); }), contains("no experiment 'celsl'"));
}

TEST_CASE_METHOD(Fixture, "by age, and by all at once") {
    CHECK(store::pruning_of(store, {{}, 24h, {}}).trials.empty());
    store.database().execute("UPDATE checkpoint SET created_at = '2020-01-01T00:00:00.000Z' WHERE step = 50");
    CHECK(after({{}, 24h, 2}) == "aaaa 2|bbbb 2|cccc 2|dddd 2|eeee 2");
    CHECK(after({{"cells"}, 24h, 1}) == "aaaa 2|bbbb 1|cccc 2|dddd 2|eeee 2");
    CHECK(after({{}, 24h, {}}) == "aaaa 1|bbbb 1|cccc 1|dddd 2|eeee 1");
}
