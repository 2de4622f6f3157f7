// The writer: order, blocking, others around, errors, and being killed.
#include "store/writer.h"

#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "scratch.h"
#include "store/database.h"

using namespace scratch;
using store::Writer;

namespace {

std::vector<store::TrialRow> several(int count) {
    std::vector<store::TrialRow> rows;
    for (int i = 0; i < count; ++i)
        rows.push_back(a_trial("trial" + std::to_string(i), "lstm", static_cast<std::uint64_t>(i)));
    return rows;
}

}  // namespace

TEST_CASE("what several threads push is all there, each trial's in order") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "cells", several(4));
    constexpr std::uint64_t steps = 20'000;  // more than the queue holds
    {
        Writer writer(store);
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&writer, name = "trial" + std::to_string(t)] {
                writer.push(attempt_start(name));
                for (std::uint64_t step = 0; step < steps; ++step)
                    writer.push(name, point(step, "train", "loss", static_cast<double>(step)));
                writer.push(name, training::Samples{sample(steps, 0.5, "text of " + name)});
                writer.push(name, training::LossByPosition{steps, Split::validation, {{3, 2, 1}, {}}});
                writer.push(end(name));
            });
        for (auto& thread : threads) thread.join();
        writer.flush();
        CHECK(ask(store, "SELECT status, count(*), min(train_loss), max(train_loss) FROM trial GROUP BY status") ==
              "finished 4 19999 19999");
    }
    CHECK(ask(store, "SELECT count(*) FROM point") == std::to_string(4 * steps));
    CHECK(ask(store,
              "SELECT count(*) FROM sample JOIN trial ON trial.id = trial_id WHERE text = 'text of ' || fingerprint") ==
          "4");
    CHECK(ask(store, "SELECT count(*) FROM loss_by_position") == "12");
}

TEST_CASE("an attempt has begun and its old files are gone when push returns; obsolete checkpoints go too") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "cells", {a_trial("aaaa")});
    const auto checkpoints = store::checkpoint_folder(store.file(), "aaaa");
    const auto add = [&](Writer& writer, std::uint64_t step) {
        const auto file = checkpoints / (std::to_string(step) + ".safetensors");
        std::ofstream(file) << step;
        writer.push("aaaa", training::CheckpointSaved{{step, file, "00", true, false}, 2});
    };
    folder.write("a.db.d/aaaa/500.safetensors", "of an attempt that the store does not know");
    Writer writer(store);
    writer.push(attempt_start("aaaa"));
    CHECK(files_in(checkpoints).empty());
    {
        Store reader(folder / "a.db", Store::Mode::read);
        CHECK(ask(reader, "SELECT status FROM trial") == "running");
    }
    for (const std::uint64_t step : {10, 20, 30}) add(writer, step);
    writer.flush();
    CHECK(files_in(checkpoints) == std::vector<std::string>{"20.safetensors", "30.safetensors"});
    writer.push(attempt_start("aaaa", 20));
    CHECK(files_in(checkpoints) == std::vector<std::string>{"20.safetensors"});
}

TEST_CASE("readers and other writers may be around") {
    const Folder folder;
    const auto file = folder / "a.db";
    Store store(file, Store::Mode::write);
    plan(store, "cells", {a_trial("aaaa")});
    std::atomic<bool> done = false;
    std::string problem;
    std::thread other([&] {
        try {
            store::Database database(file, store::Database::Access::write);
            for (int i = 0; !done; ++i) {
                store::Transaction transaction(database);
                database.prepared("UPDATE experiment SET about = ?").run(std::to_string(i));
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
                transaction.commit();
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        } catch (const std::exception& error) {
            problem = error.what();
        }
    });
    std::int64_t seen = 0;
    std::thread reader([&] {
        try {
            while (!done) {
                Store view(file, Store::Mode::read);
                const auto now_there =
                    std::get<std::int64_t>(store::query(view, "SELECT count(*) FROM curve").rows[0][0]);
                if (now_there < seen) throw std::runtime_error("points went away");
                seen = now_there;
            }
        } catch (const std::exception& error) {
            problem = error.what();
        }
    });
    {
        Writer writer(store);
        for (std::uint64_t step = 0; step < 400; ++step) {
            writer.push("aaaa", point(step, "train", "loss", 1));
            if (step % 20 == 0) writer.flush();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        writer.flush();
    }
    done = true;
    other.join();
    reader.join();
    CHECK(problem == "");
    CHECK(seen > 0);
    CHECK(ask(store, "SELECT count(*) FROM point") == "400");
}

TEST_CASE("a full disk stops the writer, tells everybody who pushes, and keeps whole batches") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    plan(store, "cells", several(2));
    Writer writer(store);
    writer.push(attempt_start("trial0"));
    writer.push("trial0", point(1, "train", "loss", 1));
    writer.flush();
    store.database().execute("PRAGMA max_page_count = 60");
    const auto fill = [&](const std::string& name) {
        return message_of([&] {
            for (std::uint64_t step = 2; step < 1'000'000; ++step) writer.push(name, point(step, "train", "loss", 1));
        });
    };
    std::string other;
    std::thread thread([&] { other = fill("trial1"); });
    const auto message = fill("trial0");
    thread.join();
    CHECK_THAT(message, contains("a.db: the disk is full"));
    CHECK_THAT(message, contains("run the same manifest again"));
    CHECK(other == message);
    CHECK(message_of([&] { writer.flush(); }) == message);
    CHECK(message_of([&] { writer.push(end("trial0")); }) == message);
    CHECK(ask(store, "SELECT count(*) >= 1, min(step) FROM point WHERE trial_id = 1") == "1 1");
    CHECK(ask(store, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("a trial that was never planned stops the writer") {
    const Folder folder;
    Store store(folder / "a.db", Store::Mode::write);
    Writer writer(store);
    CHECK_THAT(message_of([&] { writer.push(attempt_start("nobody")); }), contains("trial nobody was never planned"));
}

TEST_CASE("a killed writer leaves a readable file with whole batches") {
    const Folder folder;
    const auto file = folder / "a.db";
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        Store store(file, Store::Mode::write);
        plan(store, "cells", {a_trial("aaaa")});
        Writer writer(store);
        writer.push(attempt_start("aaaa"));
        for (std::uint64_t step = 1;; ++step) {
            writer.push("aaaa", point(step, "train", "loss", 1));
            if (step % 1000 == 0) writer.flush();
            if (step == 20'000 && ::write(ready[1], "x", 1) != 1) ::_exit(1);
        }
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);

    {
        Store reader(file, Store::Mode::read);
        CHECK(ask(reader, "PRAGMA integrity_check") == "ok");
        CHECK(ask(reader, "SELECT count(*) >= 20000, count(*) = max(step), min(step) FROM point") == "1 1 1");
        CHECK(ask(reader, "SELECT status FROM trial") == "running");
    }
    Store store(file, Store::Mode::write);
    store.interrupt_running();
    CHECK(ask(store, "SELECT status, step = (SELECT max(step) FROM point) FROM trial") == "interrupted 1");
    CHECK(store.close());
    CHECK(files_in(folder.path()) == std::vector<std::string>{"a.db"});
}
