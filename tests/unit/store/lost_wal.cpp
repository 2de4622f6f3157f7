// A database whose -wal file is lost, cut off or of another state: nothing wrong is taken for results.
#include "scratch.h"
#include "store/database.h"
#include "store/left_wal.h"
#include "store/soundness.h"

using namespace scratch;

namespace {

constexpr auto reading = Store::Mode::read, writing = Store::Mode::write;

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// What a run that is killed now would leave: both files, or one of them.
void copy(const Folder& from, const Folder& to, const std::vector<std::string>& names = {"a.db", "a.db-wal"}) {
    for (const std::string& name : names) fs::copy_file(from / name, to / name, fs::copy_options::overwrite_existing);
}

void add_points(Store& store, const std::string& trial, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t step = from; step <= to; ++step)
        write(store, [&](Store& s) { s.write(trial, point(step, "train", "loss", 1.0 / double(step))); });
}

/// A store with a trial that runs and has some points; closed, and opened again.
Store begun(const fs::path& file, std::uint64_t points) {
    {
        Store store(file, writing);
        plan(store, "cells", {a_trial("aaaa"), a_trial("bbbb", "gru")});
        store.close();
    }
    Store store(file, writing);
    write(store, [&](Store& s) { s.write(attempt_start("aaaa")); });
    add_points(store, "aaaa", 1, points);
    return store;
}

std::string counted(const fs::path& file) {
    Store store(file, reading);
    return ask(store, "SELECT count(*) FROM metric");
}

bool is_whole(const fs::path& file) {
    return store::check_soundness(file).is_whole();
}

}  // namespace

TEST_CASE("a database that lost its WAL has what was taken in before") {
    const Folder folder, left, new_one, nothing_yet;
    Store store = begun(folder / "a.db", 40);
    copy(folder, left, {"a.db"});
    CHECK(counted(left / "a.db") == "0");
    CHECK(is_whole(left / "a.db"));
    Store again(left / "a.db", writing);
    write(again, [&](Store& s) { s.write(attempt_start("aaaa")); });
    add_points(again, "aaaa", 1, 40);
    again.close();
    CHECK(counted(left / "a.db") == "40");

    Store first(new_one / "a.db", writing);  // nothing of it has been taken in yet
    copy(new_one, nothing_yet, {"a.db"});
    CHECK_NOTHROW(Store(nothing_yet / "a.db", writing).close());
    CHECK(is_whole(nothing_yet / "a.db"));
}

TEST_CASE("a WAL that is cut off anywhere gives a state that there was") {
    const Folder folder, left;
    Store store = begun(folder / "a.db", 25);
    copy(folder, left);
    const std::string wal = content_of(left / "a.db-wal"), database = content_of(left / "a.db");
    constexpr std::size_t header = 32, frame = 24 + 4096;
    REQUIRE(wal.size() > header + 25 * frame);
    std::size_t last = 0, states = 0;
    for (std::size_t size = 0; size <= wal.size(); size += size == 0 ? header : frame)
        for (const std::size_t more : {0, 1000}) {
            left.write("a.db", database);
            left.write("a.db-wal", wal.substr(0, size + more));
            {
                INFO(size + more);
                Store cut(left / "a.db", writing);
                const std::size_t points = std::stoul(ask(cut, "SELECT count(*) FROM metric"));
                CHECK(points >= last);
                CHECK(ask(cut, "SELECT ifnull(max(step), 0) FROM metric") == std::to_string(points));
                states += points > last;
                last = points;
            }
            CHECK(is_whole(left / "a.db"));
        }
    CHECK(last == 25);
    CHECK(states == 25);
}

TEST_CASE("a WAL of another state of the database is refused, and nothing is taken in") {
    const Folder killed, later, backup;
    Store store = begun(killed / "a.db", 300);
    copy(killed, later);
    {
        Store next(later / "a.db", writing);  // the next run takes the WAL in, and comes to the end
        write(next, [&](Store& s) { s.write(end("aaaa")); });
        add_points(next, "bbbb", 1, 300);
        next.close();
    }
    const std::string whole = content_of(later / "a.db");
    copy(killed, later, {"a.db-wal"});
    CHECK_THAT(message_of([&] { Store(later / "a.db", writing); }),
               contains("a.db-wal: results of another state of a.db: ") && contains("mv '"));
    CHECK(content_of(later / "a.db") == whole);
    CHECK_FALSE(is_whole(later / "a.db"));
    fs::rename(later / "a.db-wal", later / "a.db-wal.old");
    CHECK(counted(later / "a.db") == "600");
    CHECK(is_whole(later / "a.db"));

    // A backup of the time before, put under the WAL of a run that went on from there.
    copy(later, backup, {"a.db"});
    Store last(later / "a.db", writing);
    write(last, [&](Store& s) { s.write(attempt_start("bbbb")); });
    add_points(last, "bbbb", 301, 900);
    REQUIRE(sqlite3_wal_checkpoint_v2(last.database().handle(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr) ==
            SQLITE_OK);
    add_points(last, "bbbb", 901, 950);
    copy(later, backup, {"a.db-wal"});
    CHECK_THAT(message_of([&] { Store(backup / "a.db", writing); }), contains("results of another state of a.db: "));
}

TEST_CASE("the WAL of a killed run is its database's own") {
    const Folder folder, left;
    Store store = begun(folder / "a.db", 100);
    copy(folder, left);
    CHECK(store::foreign_wal(left / "a.db").empty());
    write(store, [&](Store& s) { s.write(end("aaaa")); });
    copy(folder, left);
    CHECK(store::foreign_wal(left / "a.db").empty());
    CHECK(counted(left / "a.db") == "100");
    CHECK(store::foreign_wal(folder / "none.db").empty());
}
