// Copies of a store that is being written, and taking them in.
#include "launch/publishing.h"

#include <chrono>
#include <thread>

#include "../sweep/small_sweep.h"
#include "catch.h"
#include "launch/taking_in.h"
#include "run.h"
#include "store/merging.h"

using namespace unroll;
using namespace unroll::launch;
namespace fs = std::filesystem;

namespace {

std::set<std::string> files_below(const fs::path& folder) {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.insert(entry.path().lexically_relative(folder).string());
    return files;
}

}  // namespace

TEST_CASE("published shards unite to what a sweep in one process gives, in any order, again and again") {
    const Folder folder;
    const fs::path whole = folder.place.path() / "whole.db";
    SmallSweep().run({.database = whole, .jobs = 1});
    const Attempt one = folder.run.begin_attempt(0), two = folder.run.begin_attempt(1),
                  cut = folder.run.begin_attempt(0);
    const auto run_part = [&](const Attempt& attempt, const std::string& seeds) {
        const fs::path scratch = folder.place.path() / ("scratch" + attempt.name());
        SmallSweep({small_manifest}, {manifest::parse_override("sweep.seed=" + seeds)})
            .run({.database = scratch / "shard.db", .jobs = 1});
        Publisher publisher(scratch / "shard.db", folder.run.attempt(attempt));
        publisher.publish();
        CHECK_FALSE(publisher.has_news());
    };
    run_part(one, "[1,2]");
    run_part(two, "[3,4]");
    run_part(cut, "[2,3]");  // two copies of a task have both done these
    const fs::path merged = folder.place.path() / "merged.db";
    SmallSweep planned;
    {
        store::Store store(merged, store::Store::Mode::write);
        for (int again = 0; again < 2; ++again) {
            Intake intake(folder.run);
            CHECK(intake.has_news());
            intake.take(store);
            CHECK(intake.trouble() == "");
            CHECK_FALSE(intake.has_news());
        }
        store.close();
    }
    CHECK(all_rows(merged) == all_rows(whole));
    CHECK(files_below(merged.string() + ".d") == files_below(whole.string() + ".d"));
    planned.run({.database = merged, .jobs = 1});
    CHECK(planned.told.to_train.empty());
}

TEST_CASE("what is published in the middle can be gone on from, and running trials are interrupted in it") {
    const Folder folder;
    const Attempt attempt = folder.run.begin_attempt(0);
    const fs::path live = folder.place.path() / "live" / "shard.db", own = folder.run.attempt(attempt);
    SmallSweep sweep;
    Publisher publisher(live, own);
    bool published = false;
    sweep.told.happened = [&](Size, std::uint64_t step) {
        if (published || step != 12) return;
        // The writer has the checkpoint of step 9 in a moment.
        const char* const there = "checkpoint JOIN trial ON trial.id = trial_id WHERE status = 'running'";
        for (int i = 0; i < 1000 && count(live, there) == 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        publisher.publish();
        published = true;
    };
    sweep.run({.database = live, .jobs = 1});
    REQUIRE(published);
    CHECK(count(own / "shard.db", "trial WHERE status = 'running'") == 0);
    CHECK(count(own / "shard.db", "trial WHERE status = 'interrupted'") == 1);
    const std::int64_t checkpoints = count(own / "shard.db", "checkpoint");
    CHECK(checkpoints == std::int64_t(files_below(own / "shard.db.d").size()));
    const fs::path next = folder.place.path() / "next.db";
    {
        store::Store store(next, store::Store::Mode::write);
        Intake(folder.run).take(store);
        store.close();
    }
    SmallSweep again;
    again.run({.database = next, .jobs = 1});
    bool resumed = false;
    for (const auto& [index, step] : again.told.from) resumed = resumed || step > 0;
    CHECK(resumed);
    CHECK(all_rows(next) == all_rows(live));
    publisher.publish();
    CHECK(files_below(own / "shard.db.d") == files_below(live.string() + ".d"));
}

TEST_CASE("a shard that was taken in while it grew leaves no more checkpoints than the last one has") {
    const Folder folder;
    const Attempt attempt = folder.run.begin_attempt(0);
    const fs::path live = folder.place.path() / "live" / "shard.db", merged = folder.place.path() / "merged.db";
    store::Store store(merged, store::Store::Mode::write);
    Intake intake(folder.run);
    SmallSweep sweep({small_manifest}, {manifest::parse_override("training.checkpoint_every=3")});
    Publisher publisher(live, folder.run.attempt(attempt));
    int taken = 0;
    sweep.told.happened = [&](Size, std::uint64_t) {
        if (!publisher.has_news()) return;
        publisher.publish();
        intake.take(store);
        ++taken;
    };
    sweep.run({.database = live, .jobs = 1});
    CHECK(taken > 3);
    publisher.publish();
    intake.take(store);
    store.close();
    const std::string checkpoints =
        "SELECT fingerprint, c.step, is_last, is_best, is_scheduled FROM checkpoint AS c"
        " JOIN trial ON trial.id = trial_id ORDER BY 1, 2";
    CHECK(rows(merged, checkpoints) == rows(live, checkpoints));
    CHECK(all_rows(merged) == all_rows(live));
    CHECK(files_below(merged.string() + ".d") == files_below(live.string() + ".d"));
}

TEST_CASE("a damaged shard is told, and takes nothing with it") {
    const Folder folder;
    const Attempt attempt = folder.run.begin_attempt(0);
    folder.place.write("run/attempts/" + attempt.name() + "/shard.db", std::string(5000, 'x'));
    store::Store store(folder.place.path() / "a.db", store::Store::Mode::write);
    Intake intake(folder.run);
    intake.take(store);
    CHECK(intake.trouble() != "");
    CHECK(intake.has_news());
    store.close();
}

TEST_CASE("a merge may be of some trials only") {
    const TemporaryFolder folder;
    const fs::path whole = folder.path() / "whole.db", part = folder.path() / "part.db";
    SmallSweep sweep;
    sweep.run({.database = whole, .jobs = 1});
    store::Store store(part, store::Store::Mode::write);
    const std::string wanted = sweep.workload[3].row.fingerprint;
    const auto report =
        store::merge(store, whole, {.trials = std::vector{wanted, std::string("unknown")}, .experiments = false});
    CHECK(report.added == 1);
    store.close();
    CHECK(count(part, "trial") == 1);
    CHECK(count(part, "experiment") == 0);
    CHECK(count(part, "trial WHERE fingerprint = '" + wanted + "' AND status = 'finished'") == 1);
}
