// The progress of a sweep where it cannot be drawn over: a line when a trial ends, and one now and then before.
#include "cli/display.h"

#include <csignal>

#include "catch.h"
#include "command_output.h"

using namespace unroll;
using namespace std::chrono_literals;

namespace {

training::Point loss(Split split, double value) {
    training::Point point;
    point.split = split;
    point.name = "loss";
    point.value = value;
    return point;
}

training::Outcome finished() {
    training::Outcome outcome;
    outcome.step = 100;
    outcome.tokens = 50'000;
    outcome.seconds = 10;
    return outcome;
}

/// What a sweep of one trial says that takes a while.
std::string said(bool quiet, std::chrono::milliseconds silence) {
    return errors_of([&] {
        cli::Display display({"cell=gru"}, {1e9}, quiet, silence);
        display.planned({0}, {});
        display.started(0, 0);
        display.recorded(0, loss(Split::train, 2.5));
        display.recorded(0, loss(Split::validation, 2.75));
        display.recorded(0, loss(Split::test, 9));
        display.progress(0, {.step = 50, .steps = 100, .loss = 2.25, .tokens_per_second = 5000});
        std::this_thread::sleep_for(50ms);
        display.ended(0, finished());
    });
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++times;
    return times;
}

}  // namespace

TEST_CASE("a trial that takes long tells of itself now and then, and how it ended") {
    const std::string text = said(false, 10ms);
    INFO(text);
    CHECK(count(text, "cell=gru  step 50/100  loss 2.2500  5.0k tokens/s  validation 2.750\n0 of 1 done\n") >= 1);
    CHECK(count(text, "[1/1] cell=gru finished at step 100: train 2.500  validation 2.750, 5.0k tokens/s, 10 s\n") ==
          1);
}

TEST_CASE("a trial that takes no minute is told of once, and a quiet display says nothing") {
    CHECK(said(false, 1min) ==
          "1 to train, 0 more to sample, 0 already done\n"
          "[1/1] cell=gru finished at step 100: train 2.500  validation 2.750, 5.0k tokens/s, 10 s\n");
    CHECK(said(true, 1ms).empty());
}

TEST_CASE("what ended a trial is told, and what the next run does about it") {
    const auto told = [](trial::TrialStatus status) {
        return errors_of([&] {
            cli::Display display({"cell=gru"}, {1e9}, true, 1min);
            display.planned({0}, {});
            display.started(0, 0);
            training::Outcome outcome = finished();
            outcome.status = status;
            outcome.error = "no space left";
            display.ended(0, outcome);
        });
    };
    CHECK(told(trial::TrialStatus::interrupted).find("no space left\n    the next run goes on with it\n") !=
          std::string::npos);
    CHECK(told(trial::TrialStatus::finished).find("it is trained; the next run makes what is missing") !=
          std::string::npos);
    CHECK(told(trial::TrialStatus::failed).ends_with("no space left\n"));
}

TEST_CASE("a reader that does not read holds up no trial") {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe(ends) == 0);
    const int before = ::dup(STDERR_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    {
        cli::Display display({"cell=gru"}, {1e9}, false, 1ms);
        display.planned({0}, {});
        display.started(0, 0);
        const auto begin = std::chrono::steady_clock::now();
        for (std::uint64_t step = 1; step <= 20'000; ++step) {
            display.progress(0, {.step = step, .steps = 20'000, .loss = 2, .tokens_per_second = 5000});
            training::Outcome outcome = finished();
            outcome.error = std::string(100, 'x');
            display.ended(0, outcome);
            display.started(0, 0);
        }
        CHECK(std::chrono::steady_clock::now() - begin < 20s);  // two megabytes into a pipe of 64 KiB
        ::signal(SIGPIPE, SIG_IGN);
        ::close(ends[0]);  // and the reader leaves
    }
    ::dup2(before, STDERR_FILENO);
    ::close(before);
    ::close(ends[1]);
}
