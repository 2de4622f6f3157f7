// The lines of progress: what they say, and what goes when the terminal is narrow.
#include "cli/progress_text.h"

#include "base/utf8.h"
#include "catch.h"

using namespace unroll;
using namespace unroll::cli;

namespace {

const std::string label = "plugin=self-attention sequence_length=128 seed=1";
const training::StepProgress now{.step = 120, .steps = 1000, .loss = 2.13456, .tokens_per_second = 12345};

std::string running(Size columns) {
    return running_line(label, now, columns);
}

}  // namespace

TEST_CASE("a running trial's line loses parts in order, and the loss never") {
    CHECK(running(200) ==
          "plugin=self-attention sequence_length=128 seed=1  step 120/1000  loss 2.1346  12.3k tokens/s");
    CHECK(running(80) == "self-attention 128 1  step 120/1000  loss 2.1346  12.3k tokens/s");
    CHECK(running(63) == "self-attention 128  step 120/1000  loss 2.1346  12.3k tokens/s");
    CHECK(running(60) == "self-attention  step 120/1000  loss 2.1346  12.3k tokens/s");
    CHECK(running(50) == "self-attention  step 120/1000  loss 2.1346");
    CHECK(running(40) == "step 120/1000  loss 2.1346");
    CHECK(running(20) == "loss 2.1346");
    for (Size columns = 11; columns < 120; ++columns) {
        INFO(columns);
        CHECK(base::display_width(running(columns)) <= columns);
        CHECK(running(columns).find("loss 2.1346") != std::string::npos);
    }
}

TEST_CASE("a finished trial tells both losses, and the rate of its whole run") {
    training::Outcome outcome;
    outcome.step = 1000;
    outcome.tokens = 2'048'000;
    outcome.seconds = 64;
    CHECK(ended_line("gru", outcome, {2.13, 2.5612}, 2.2) ==
          "gru finished at step 1000: train 2.130  validation 2.561, 32.0k tokens/s, 1 min 04 s");
    CHECK(ended_line("gru", outcome, {}, 0.5) == "gru finished at step 1000: loss 0.5000, 32.0k tokens/s, 1 min 04 s");
    outcome.status = trial::TrialStatus::diverged;
    CHECK(ended_line("gru", outcome, {2.13, {}}, 2.2) ==
          "gru diverged at step 1000: train 2.130, 32.0k tokens/s, 1 min 04 s");
    CHECK(ended_line("gru", {}, {}, {}) == "gru finished");
}

TEST_CASE("durations are told in the two largest units") {
    CHECK(duration(0.4) == "0 s");
    CHECK(duration(59.4) == "59 s");
    CHECK(duration(185) == "3 min 05 s");
    CHECK(duration(7800) == "2 h 10 min");
}
