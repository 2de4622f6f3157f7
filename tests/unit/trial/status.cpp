// Where a trial stands: words.
#include "trial/status.h"

#include <stdexcept>

#include "catch.h"

using namespace unroll::trial;

TEST_CASE("every status has its word") {
    using enum TrialStatus;
    for (const TrialStatus status : {queued, running, finished, failed, diverged, interrupted})
        CHECK(parse_status(to_string(status)) == status);
    CHECK(to_string(interrupted) == "interrupted");
    CHECK(to_string(queued) == "queued");
    CHECK_THROWS_AS(parse_status("done"), std::invalid_argument);
}

TEST_CASE("a trial that has diverged is done, one that failed is not") {
    CHECK(is_done(TrialStatus::finished));
    CHECK(is_done(TrialStatus::diverged));
    for (const auto status : {TrialStatus::queued, TrialStatus::running, TrialStatus::failed, TrialStatus::interrupted})
        CHECK_FALSE(is_done(status));
}
