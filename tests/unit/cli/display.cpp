// The progress of a sweep where it cannot be drawn over: a line when a trial ends, and one now and then before.
#include "cli/display.h"

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
