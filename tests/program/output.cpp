// Where the program's messages go decides over nothing else; what a command delivers is delivered or told.
#include <fcntl.h>
#include <sys/resource.h>

#include <cstring>

#include "catch.h"
#include "program.h"

namespace {

using namespace std::chrono_literals;

/// Three trials of a moment, with a comparison at the end.
Manifest three() {
    Manifest manifest;
    manifest.sampling = "";
    manifest.sweep = R"({ "seed": [1, 2, 3] })";
    return manifest;
}

Manifest endless() {
    Manifest manifest;
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 1000000000, "evaluate_every": "end" })";
    manifest.sampling = "";
    return manifest;
}

/// What a shell makes of `unroll WORDS` with redirections.
int in_shell(const TemporaryFolder& place, const std::string& words) {
    const std::string command = "cd '" + place.path().string() + "' && " + UNROLL_PROGRAM + " " + words;
    const int status = std::system(("bash -c '" + command + "'").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// A run without end in a process whose output goes to a descriptor; -1: nowhere.
pid_t start(const TemporaryFolder& place, int output, bool ignores_hangup) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int to = output >= 0 ? output : ::open("/dev/null", O_WRONLY);
    ::dup2(to, STDOUT_FILENO);
    ::dup2(to, STDERR_FILENO);
    ::close(to);
    if (ignores_hangup) ::signal(SIGHUP, SIG_IGN);
    if (::chdir(place.path().c_str()) == 0)
        ::execl(UNROLL_PROGRAM, "unroll", "run", "endless.json", "--jobs", "1", nullptr);
    ::_exit(127);
}

std::int64_t finished(const TemporaryFolder& place) {
    return value(place, "SELECT count(*) FROM trial WHERE status = 'finished'").to_number<std::int64_t>();
}

}  // namespace

TEST_CASE("a run goes on where nobody can read its messages") {
    for (const char* where : {"2> /dev/full", "2>&-", "> /dev/null 2>&-", "<&- >&- 2>&-",
                              "2>&1 | head -c 1 > /dev/null", "2> >(exec 0<&-)"}) {
        INFO(where);
        const Workplace place;
        place.put("three.json", three());
        const int code = in_shell(place, std::string("run three.json --jobs 1 ") + where);
        CHECK(finished(place) == 3);
        // Standard output that is closed takes the comparison along, which is told to whom it may concern.
        CHECK(code == (std::strstr(where, ">&- 2>&-") && std::strstr(where, "<&-") ? 1 : 0));
        CHECK(value(place, "SELECT count(*) FROM experiment") == 1);
    }
}

TEST_CASE("a comparison that cannot be shown is told of, and everything is stored") {
    if (!std::filesystem::exists("/dev/full")) return;
    const Workplace place;
    place.put("three.json", three());
    CHECK(in_shell(place, "run three.json > /dev/full 2> err") == 1);
    CHECK(content_of(place / "err").find("standard output cannot be written") != std::string::npos);
    CHECK(finished(place) == 3);
    CHECK(in_shell(place, "run three.json 2> err | head -c 1 > /dev/null; exit ${PIPESTATUS[0]}") == 0);
}

TEST_CASE("a command whose output is its result says when it cannot be delivered") {
    if (!std::filesystem::exists("/dev/full")) return;
    const Workplace place;
    place.put("three.json", three());
    REQUIRE(unroll(place, {"run", "three.json"}).code == 0);
    for (const char* command : {"sql \"SELECT 1\"", "compare tiny", "show three.json", "list", "plan three.json",
                                "schema", "sample 1 --prompt the", "curve tiny"}) {
        INFO(command);
        CHECK(in_shell(place, command + std::string(" > /dev/full 2> err")) == 2);
        CHECK(content_of(place / "err").find("standard output: cannot be written: No space left") != std::string::npos);
        CHECK(in_shell(place, command + std::string(" >&- 2> err")) == 2);
        CHECK(content_of(place / "err").find("standard output: cannot be written") != std::string::npos);
    }
    // A reader that has had enough is no fault to be told of.
    CHECK(in_shell(place, "schema 2> err | head -c 1 > /dev/null; exit ${PIPESTATUS[0]}") == 141);
    CHECK(content_of(place / "err").empty());
}

TEST_CASE("a database takes no standard stream's place") {
    const Workplace place;
    place.put("three.json", three());
    in_shell(place, "run three.json <&- >&- 2>&-");
    for (const std::string& file : files_in(place / "results")) {
        INFO(file);
        if (std::filesystem::is_regular_file(place / ("results/" + file)))
            CHECK(content_of(place / ("results/" + file)).find("trained") == std::string::npos);
    }
    CHECK(finished(place) == 3);
}

TEST_CASE("Ctrl-C through a pipe, and a closed terminal, leave a checkpoint that is recorded") {
    struct Way {
        int signal;
        bool pipe_closes;
    };
    for (const Way way : {Way{SIGINT, true}, Way{SIGHUP, false}, Way{SIGHUP, true}, Way{SIGTERM, true}}) {
        INFO("signal " << way.signal << (way.pipe_closes ? ", closed pipe" : ""));
        const Workplace place;
        place.put("endless.json", endless());
        int ends[2] = {-1, -1};
        REQUIRE(::pipe(ends) == 0);
        ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        const pid_t child = start(place, ends[1], false);
        ::close(ends[1]);
        REQUIRE(wait_until([&] {
            return unroll(place, {"sql", "SELECT 1 FROM metric LIMIT 1", "--format", "csv"}).out == "1\n1\n";
        }));
        if (way.pipe_closes) ::close(ends[0]);
        ::kill(child, way.signal);
        if (way.signal == SIGHUP) ::kill(child, way.signal);  // by the system and by the shell
        int status = 0;
        ::waitpid(child, &status, 0);
        if (!way.pipe_closes) ::close(ends[0]);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 130);
        CHECK(value(place, "SELECT status FROM trial") == "interrupted");
        CHECK(value(place, "SELECT max(checkpoint.step) = trial.step FROM checkpoint, trial") == 1);
    }
}

TEST_CASE("under nohup, a run outlives its terminal") {
    const Workplace place;
    place.put("endless.json", endless());
    const pid_t child = start(place, -1, true);
    const auto reached = [&] {
        const Ended asked =
            unroll(place, {"sql", "SELECT ifnull(max(step), 0) AS step FROM metric", "--format", "csv"});
        return asked.code == 0 ? std::stoll(asked.out.substr(asked.out.find('\n') + 1)) : 0;
    };
    REQUIRE(wait_until([&] { return reached() > 0; }));
    ::kill(child, SIGHUP);
    const auto then = reached();
    CHECK(wait_until([&] { return reached() > then + 1000; }));
    ::kill(child, SIGTERM);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 130);
}

TEST_CASE("a store that takes no more in the middle ends the run with 1, and the next one goes on") {
    const Workplace place;
    Manifest manifest;
    manifest.training =
        R"({ "sequence_length": 8, "batch": 4, "steps": 6000, "log_every": 1, "evaluate_every": "end" })";
    manifest.sampling = "";
    place.put("m.json", manifest);
    // A file that grows past its limit is an error of the call that writes, not a signal.
    const int code = in_shell(place, "--version > /dev/null; ulimit -f 400; " UNROLL_PROGRAM " run m.json 2> err");
    const std::string told = content_of(place / "err");
    INFO(told);
    CHECK(code == 1);
    CHECK(told.find("trained again when the same command runs again") != std::string::npos);
    CHECK(value(place, "SELECT status IN ('running', 'interrupted') FROM trial") == 1);
    CHECK(unroll(place, {"run", "m.json"}).code == 0);
    CHECK(finished(place) == 1);
    CHECK(value(place, "SELECT count(*) FROM metric WHERE split = 'train' AND name = 'loss'") == 6000);
}
