// A process that is killed at any moment loses nothing but time.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "catch.h"
#include "small_sweep.h"
#include "store/soundness.h"

using namespace unroll;

namespace {

constexpr const char* database_variable = "UNROLL_TEST_DATABASE";

sweep::Settings two_jobs(const std::filesystem::path& database) {
    sweep::Settings settings;
    settings.database = database;
    settings.jobs = 2;
    return settings;
}

SmallSweep long_sweep() {
    return SmallSweep({small_manifest}, {manifest::parse_override("training.steps=600")});
}

/// Of a sweep that nobody kills.
const StoredRows& undisturbed_rows() {
    static const StoredRows rows = [] {
        const TemporaryFolder whole;
        long_sweep().run(two_jobs(whole.path() / "results.db"));
        return all_rows(whole.path() / "results.db");
    }();
    return rows;
}

/// This program again, as a child that runs the sweep below.
pid_t start_sweep(const std::filesystem::path& database) {
    setenv(database_variable, database.c_str(), 1);
    const pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "test_sweep", "a sweep for its parent", "-o", "/dev/null", static_cast<char*>(nullptr));
        _exit(127);
    }
    return child;
}

/// Of the checkpoints in a folder, while they come and go.
std::filesystem::file_time_type newest(const std::filesystem::path& folder) {
    auto latest = std::filesystem::file_time_type::min();
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        const auto time = std::filesystem::last_write_time(entry->path(), gone);
        if (!gone && entry->path().extension() == ".safetensors") latest = std::max(latest, time);
    }
    return latest;
}

/// Returns when the child has written a checkpoint or has ended.
void wait_for_checkpoint(pid_t child, const std::filesystem::path& folder) {
    const auto before = newest(folder);
    siginfo_t ended = {};
    while (newest(folder) == before && waitid(P_PID, id_t(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

TEST_CASE("a sweep for its parent", "[.child]") {
    const char* database = std::getenv(database_variable);
    REQUIRE(database);
    long_sweep().run(two_jobs(database));
}

TEST_CASE("what a killed sweep has left is enough without its WAL, or with half of it") {
    const StoredRows& expected = undisturbed_rows();
    for (const double kept : {0.0, 0.5}) {
        Size killed = 0;
        for (int sweeps = 0; killed < 2; ++sweeps) {
            REQUIRE(sweeps < 20);
            const TemporaryFolder folder;
            const auto database = folder.path() / "results.db";
            const pid_t child = start_sweep(database);
            REQUIRE(child > 0);
            wait_for_checkpoint(child, database.string() + ".d");
            std::this_thread::sleep_for(std::chrono::milliseconds(150));  // for the store to be told of it
            kill(child, SIGKILL);
            int status = 0;
            REQUIRE(waitpid(child, &status, 0) == child);
            std::error_code none;
            const auto wal = std::filesystem::path(database.string() + "-wal");
            const auto size = std::filesystem::file_size(wal, none);
            if (!WIFSIGNALED(status) || none || size == 0) continue;
            ++killed;
            if (kept > 0)
                std::filesystem::resize_file(wal, std::uintmax_t(double(size) * kept));
            else
                std::filesystem::remove(wal);
            long_sweep().run(two_jobs(database));
            CHECK(all_rows(database) == expected);
            CHECK(store::check_soundness(database).is_whole());
        }
    }
}

TEST_CASE("ten times killed, a sweep ends with the rows of one that was not") {
    const StoredRows& expected = undisturbed_rows();

    // Where the machine is so quick that a sweep ends between two kills, the next kill is for a sweep that begins anew.
    RandomStream moments(1, "moments");
    Size killed = 0, resumed = 0;
    for (int sweeps = 0; killed < 10 || resumed == 0; ++sweeps) {
        REQUIRE(sweeps < 20);
        const TemporaryFolder folder;
        const auto database = folder.path() / "results.db";
        bool goes_on = true;
        while (goes_on && (killed < 10 || resumed == 0)) {
            const pid_t child = start_sweep(database);
            REQUIRE(child > 0);
            const bool after_checkpoint = moments.below(2) == 1;
            if (after_checkpoint) wait_for_checkpoint(child, database.string() + ".d");
            // After a checkpoint often long enough for the writer to have told the database of it.
            std::this_thread::sleep_for(std::chrono::microseconds(moments.below(after_checkpoint ? 200'000 : 50'000)));
            kill(child, SIGKILL);
            int status = 0;
            REQUIRE(waitpid(child, &status, 0) == child);
            goes_on = WIFSIGNALED(status);
            killed += Size(goes_on);
            if (!goes_on) CHECK(WEXITSTATUS(status) == 0);
        }
        SmallSweep last = long_sweep();
        const sweep::Summary summary = last.run(two_jobs(database));
        CHECK(summary.failed + summary.interrupted + summary.diverged == 0);
        CHECK(all_rows(database) == expected);
        CHECK(count(database, "trial WHERE status = 'finished'") == 8);
        resumed += Size(count(database, "attempt WHERE from_step > 0"));
    }
}
