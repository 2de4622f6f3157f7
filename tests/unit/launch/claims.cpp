// Claims: each trial is begun once, by whoever renames its file.
#include "launch/claims.h"

#include <atomic>
#include <set>
#include <thread>

#include "catch.h"
#include "launch/submission.h"
#include "run.h"

using namespace unroll;
using namespace unroll::launch;

namespace {

std::vector<std::string> all_of(Claims& claims) {
    std::vector<std::string> taken;
    while (const auto claim = claims.take()) taken.push_back(claim->fingerprint);
    return taken;
}

}  // namespace

TEST_CASE("a task takes its own trials by rank, then those of the task that has most left") {
    const Folder folder;
    offer(folder.run, 0, 1, work_named("b"));
    offer(folder.run, 0, 0, work_named("a"));
    offer(folder.run, 1, 0, work_named("c"));
    offer(folder.run, 2, 0, work_named("d"));
    offer(folder.run, 2, 1, work_named("e"));
    Claims claims(folder.run, folder.run.begin_attempt(0));
    CHECK(all_of(claims) == std::vector<std::string>{"a", "b", "d", "c", "e"});
    CHECK(claim_files(folder.run.claimed()).size() == 5);
    CHECK(claims.is_work_left());
    for (const char* one : {"a", "b", "c", "d", "e"}) claims.finish(one);
    CHECK_FALSE(claims.is_work_left());
    CHECK(claim_files(folder.run.done()).size() == 5);
}

TEST_CASE("of many workers at once each trial has one") {
    const Folder folder;
    constexpr Size trials = 200, workers = 8;
    for (Size i = 0; i < trials; ++i) offer(folder.run, i % 3, i, work_named("f" + std::to_string(i)));
    std::vector<std::vector<std::string>> taken(workers);
    std::vector<std::thread> threads;
    for (Size worker = 0; worker < workers; ++worker)
        threads.emplace_back([&, worker] {
            Claims claims(folder.run, folder.run.begin_attempt(worker % 4));
            taken[worker] = all_of(claims);
        });
    for (std::thread& thread : threads) thread.join();
    std::multiset<std::string> all;
    for (const auto& some : taken) all.insert(some.begin(), some.end());
    CHECK(all.size() >= trials);  // a task's later attempt takes over what its earlier one holds
    CHECK(std::set<std::string>(all.begin(), all.end()).size() == trials);
}

TEST_CASE("attempts at a task have different numbers, whoever begins them") {
    const Folder folder;
    std::vector<std::thread> threads;
    std::vector<Attempt> begun(8);
    for (Attempt& one : begun) threads.emplace_back([&] { one = folder.run.begin_attempt(3); });
    for (std::thread& thread : threads) thread.join();
    CHECK(std::set<Attempt>(begun.begin(), begun.end()).size() == 8);
    CHECK(folder.run.attempts_at(3).size() == 8);
    CHECK(folder.run.attempts_at(2).empty());
}

TEST_CASE("the next attempt takes over, and goes on from the shards before") {
    const Folder folder;
    offer(folder.run, 0, 0, work_named("a"));
    offer(folder.run, 0, 1, work_named("b"));
    const Attempt first = folder.run.begin_attempt(0);
    Claims before(folder.run, first);
    REQUIRE(before.take());
    folder.end(first, true);
    Claims after(folder.run, folder.run.begin_attempt(0));
    const auto claim = after.take();
    REQUIRE(claim);
    CHECK(claim->fingerprint == "a");
    CHECK(claim->work.before == std::vector<std::string>{"0.0"});
    CHECK(claim->work.tries == 0);
    CHECK(after.take()->fingerprint == "b");
}

TEST_CASE("a trial whose attempts end unexpectedly is given up after three") {
    const Folder folder;
    offer(folder.run, 0, 0, work_named("a"));
    for (Size number = 0; number < most_tries; ++number) {
        const Attempt attempt = folder.run.begin_attempt(0);
        Claims claims(folder.run, attempt);
        const auto claim = claims.take();
        REQUIRE(claim);
        CHECK(claim->work.tries == number);
        if (number == 1) folder.end(attempt, false);  // its supervisor saw it, or went with it
    }
    Claims last(folder.run, folder.run.begin_attempt(0));
    CHECK_FALSE(last.take());
    REQUIRE(claim_files(folder.run.failed()).size() == 1);
    CHECK(claim_files(folder.run.failed())[0].fingerprint == "a");
}

TEST_CASE("what cannot be begun here is there for others") {
    const Folder folder;
    offer(folder.run, 0, 7, work_named("a"));
    Claims one(folder.run, folder.run.begin_attempt(0));
    const auto claim = one.take();
    REQUIRE(claim);
    one.give_back(*claim);
    CHECK(claim_files(folder.run.claimed()).empty());
    Claims other(folder.run, folder.run.begin_attempt(1));
    CHECK(other.take()->fingerprint == "a");
}

TEST_CASE("work of tasks that are gone is sorted out") {
    const Folder folder;
    offer(folder.run, 0, 0, work_named("a"));
    offer(folder.run, 0, 1, work_named("b"));
    offer(folder.run, 1, 0, work_named("c"));
    offer(folder.run, 1, 1, work_named("not wanted any more"));
    const Attempt gone = folder.run.begin_attempt(0), living = folder.run.begin_attempt(1);
    Claims(folder.run, gone).take();
    Claims(folder.run, living).take();
    const Standing standing = standing_of(folder.run, {1}, {"a", "b", "c"});
    CHECK(standing.held == std::set<std::string>{"b", "c"});
    REQUIRE(standing.left.size() == 1);
    CHECK(standing.left.at("a").before == std::vector<std::string>{"0.0"});
    CHECK(standing.left.at("a").tries == 1);
    CHECK(offered(folder.run).size() == 1);
    const Standing none = standing_of(folder.run, {}, {"a", "b", "c"});
    CHECK(none.held.empty());
    CHECK(none.left.contains("c"));
    CHECK(offered(folder.run).empty());
}

TEST_CASE("plans are read as they were written, and others are refused") {
    const Folder folder;
    CHECK_THROWS_WITH(folder.run.plan(), Catch::Contains("no plan.json"));
    folder.write_plan(3);
    CHECK(folder.run.plan().jobs == 3);
    CHECK(folder.run.plan().tasks == 4);
    folder.place.write("run/plan.json", R"({"format": 2})");
    CHECK_THROWS_WITH(folder.run.plan(), Catch::Contains("format 2"));
}
