// The cache: what is in it is whole and right, and asked for once.
#include "fetch/cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include "catch.h"
#include "http_server.h"
#include "temporary_folder.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::fetch {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::string text = "To be, or not to be: that is the question.\n";

class Recorder final : public DownloadMonitor {
public:
    void waiting() override { events += "waiting "; }
    void started() override { events += "started "; }
    void finished(std::uint64_t bytes) override { events += "finished:" + std::to_string(bytes); }
    bool stop() override { return stopped; }

    std::string events;
    std::atomic<bool> stopped{false};
};

manifest::Remote remote(const HttpServer& server) {
    return {"hamlet.txt", server.url(), sha256(text)};
}

std::string content(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Everything in the folder but folders that have something.
std::set<std::string> left_in(const fs::path& folder) {
    std::set<std::string> left;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (!entry.is_directory() || fs::is_empty(entry)) left.insert(entry.path().lexically_relative(folder));
    return left;
}

std::string failure(const manifest::Remote& wanted, const fs::path& folder, const Limits& limits = {}) {
    Recorder recorder;
    try {
        cached(wanted, folder, limits, recorder);
    } catch (const Error& error) {
        return error.problem().found;
    }
    return "";
}

TEST_CASE("a name that leads out of the cache is refused before anything is asked or written") {
    const HttpServer server(answer(text));
    const TemporaryFolder place;
    const fs::path folder = place.path() / "inner" / "cache";
    for (const std::string& name : {std::string(".."), std::string("."), std::string(), std::string("../hamlet.txt"),
                                    std::string("a/b"), std::string("/etc/hamlet.txt"), std::string("a\0b", 3)}) {
        const std::string expected = server.url() + " with the name \"" + name + "\"";
        manifest::Remote wanted = remote(server);
        wanted.name = name;
        CHECK(failure(wanted, folder) == expected);
        wanted = remote(server);
        wanted.sha256 = name;
        CHECK(failure(wanted, folder) == expected);
    }
    CHECK(server.requests() == 0);
    CHECK(fs::is_empty(place.path()));
}

TEST_CASE("A file is downloaded once") {
    const TemporaryFolder cache;
    const HttpServer server(answer(text));
    const fs::path folder = cache / "not/there/yet";
    Recorder first, second;
    const fs::path file = cached(remote(server), folder, {}, first);
    CHECK(file == folder / sha256(text) / "hamlet.txt");
    CHECK(content(file) == text);
    CHECK(first.events == "started finished:" + std::to_string(text.size()));
    CHECK(left_in(folder) == std::set<std::string>{sha256(text) + "/hamlet.txt"});
    CHECK(cached(remote(server), folder, {}, second) == file);
    CHECK(second.events.empty());
    CHECK(server.requests() == 1);
}

TEST_CASE("Nothing is left of a file that did not come whole and right") {
    const TemporaryFolder cache;
    SECTION("wrong bytes") {
        std::string other = text;
        other[3] = 'B';
        const HttpServer server(answer(other));
        CHECK(failure(remote(server), cache.path()) ==
              server.url() + " gives 43 bytes with the SHA-256 " + sha256(other));
    }
    SECTION("a length that is too short") {
        const HttpServer server(answer(text, "200 OK", "10"));
        CHECK(failure(remote(server), cache.path()) ==
              server.url() + " gives 10 bytes with the SHA-256 " + sha256(text.substr(0, 10)));
    }
    SECTION("a length that is too long") {
        const HttpServer server(answer(text, "200 OK", "99"));
        CHECK(failure(remote(server), cache.path()) == server.url() + " broke off after 43 of 99 bytes");
    }
    SECTION("another status") {
        const HttpServer server(answer(text, "404 Not Found"));
        CHECK(failure(remote(server), cache.path()) == server.url() + " answers 404");
    }
    SECTION("silence") {
        Answer half = answer(text.substr(0, 9), "200 OK", "43");
        half.silent = true;
        const HttpServer server(half);
        CHECK(failure(remote(server), cache.path(), {.stalled = 100ms}).find("after 9 of 43 bytes") !=
              std::string::npos);
    }
    SECTION("an interruption") {
        Answer half = answer(text.substr(0, 9), "200 OK", "43");
        half.silent = true;
        const HttpServer server(half);
        Recorder recorder;
        recorder.stopped = true;
        CHECK_THROWS_AS(cached(remote(server), cache.path(), {}, recorder), Interrupted);
    }
    CHECK(left_in(cache.path()).empty());
    const HttpServer server(answer(text));
    Recorder recorder;
    CHECK(content(cached(remote(server), cache.path(), {}, recorder)) == text);
}

TEST_CASE("What is in the cache and wrong is downloaded again") {
    const TemporaryFolder cache;
    const HttpServer server(answer(text));
    const std::string sha256 = unroll::sha256(text);
    SECTION("a file that was damaged") {
        cache.write(sha256 + "/hamlet.txt", text.substr(1));
    }
    SECTION("what a process left that was killed") {
        cache.write(sha256 + ".partial", text + text);
    }
    Recorder recorder;
    CHECK(content(cached(remote(server), cache.path(), {}, recorder)) == text);
    CHECK(left_in(cache.path()) == std::set<std::string>{sha256 + "/hamlet.txt"});
}

TEST_CASE("What killed processes have left of other files goes with the next download") {
    const TemporaryFolder cache;
    const HttpServer server(answer(text));
    cache.write(std::string(64, 'a') + ".partial", "half of");
    const fs::path held = cache / (std::string(64, 'b') + ".partial");
    const int file = ::open(held.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::flock(file, LOCK_EX) == 0);
    Recorder recorder;
    cached(remote(server), cache.path(), {}, recorder);
    CHECK(left_in(cache.path()) == std::set<std::string>{sha256(text) + "/hamlet.txt", held.filename()});
    ::close(file);
}

TEST_CASE("Of those who want a file at once, one downloads it") {
    const TemporaryFolder cache;
    std::atomic<bool> released{false};
    const HttpServer server([&](const std::string&) {
        while (!released) std::this_thread::sleep_for(1ms);
        return answer(text);
    });
    Recorder recorders[4];
    std::string contents[4];
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] { contents[i] = content(cached(remote(server), cache.path(), {}, recorders[i])); });
    while (server.requests() == 0) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(20ms);  // for the others to find it locked
    released = true;
    for (std::thread& thread : threads) thread.join();
    for (const std::string& each : contents) CHECK(each == text);
    CHECK(server.requests() == 1);
    CHECK(std::count_if(std::begin(recorders), std::end(recorders),
                        [](const Recorder& each) { return each.events.find("started") != std::string::npos; }) == 1);
    CHECK(left_in(cache.path()) == std::set<std::string>{sha256(text) + "/hamlet.txt"});
}

TEST_CASE("Who waits goes on when the other fails, and can be interrupted") {
    const TemporaryFolder cache;
    const HttpServer server(answer(text));
    const fs::path partial = cache / (sha256(text) + ".partial");
    const int file = ::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::flock(file, LOCK_EX) == 0);
    Recorder recorder;
    SECTION("interrupted") {
        recorder.stopped = true;
        CHECK_THROWS_AS(cached(remote(server), cache.path(), {}, recorder), Interrupted);
        CHECK(fs::exists(partial));  // it is the other's
        ::close(file);
    }
    SECTION("the other fails") {
        std::thread other([&] {
            std::this_thread::sleep_for(20ms);
            ::unlink(partial.c_str());
            ::close(file);
        });
        CHECK(content(cached(remote(server), cache.path(), {}, recorder)) == text);
        other.join();
        CHECK(recorder.events.find("started") != std::string::npos);
    }
}

TEST_CASE("A cache folder that cannot be is told") {
    const TemporaryFolder place;
    const HttpServer server(answer(text));
    const std::string blocked = place.write("blocked", "a file");
    CHECK(failure(remote(server), fs::path(blocked) / "cache").starts_with(blocked + "/cache cannot be made: "));
    CHECK(failure(remote(server), "").find("neither UNROLL_CACHE nor HOME is set") != std::string::npos);
    CHECK(server.requests() == 0);
}

TEST_CASE("Where the cache is") {
    const char* names[] = {"UNROLL_CACHE", "XDG_CACHE_HOME", "HOME"};
    std::vector<std::optional<std::string>> kept;
    for (const char* name : names) {
        const char* value = std::getenv(name);
        kept.push_back(value ? std::optional<std::string>(value) : std::nullopt);
        setenv(name, (std::string("/") + name).c_str(), 1);
    }
    CHECK(cache_folder() == "/UNROLL_CACHE");
    setenv("UNROLL_CACHE", "here", 1);
    CHECK(cache_folder() == fs::current_path() / "here");
    unsetenv("UNROLL_CACHE");
    CHECK(cache_folder() == "/XDG_CACHE_HOME/unroll");
    setenv("XDG_CACHE_HOME", "relative", 1);  // to be ignored, says the XDG Base Directory Specification
    CHECK(cache_folder() == "/HOME/.cache/unroll");
    unsetenv("HOME");
    CHECK(cache_folder().empty());
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i] ? setenv(names[i], kept[i]->c_str(), 1) : unsetenv(names[i]);
}

}  // namespace
}  // namespace unroll::fetch
