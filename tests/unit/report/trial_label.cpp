// What a trial is called in tables and progress lines.
#include "report/trial_label.h"

#include "catch.h"

using unroll::report::trial_label;

TEST_CASE("a label has the last name of each axis, and its value as it was written") {
    CHECK(trial_label(
              R"({"system":"wide","training":{"sequence_length":64,"optimizer":{"learning_rate":0.002}},"seed":1})") ==
          "system=wide sequence_length=64 learning_rate=0.002 seed=1");
    CHECK(trial_label(R"({"training":{"clip":null,"betas":[0.9,0.99]},"tied":true})") ==
          "clip=null betas=[0.9,0.99] tied=true");
    CHECK(trial_label(R"({"about":"two words"})") == "about=two words");
}

TEST_CASE("a trial without axes is a trial") {
    CHECK(trial_label("{}") == "trial");
    CHECK(trial_label(R"({"training":{}})") == "trial");
    CHECK(trial_label("") == "trial");
    CHECK(trial_label("[1]") == "trial");
    CHECK(trial_label("{broken") == "trial");
}
