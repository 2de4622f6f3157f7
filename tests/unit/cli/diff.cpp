// unroll diff: changed settings and results only.
#include "../store/scratch.h"
#include "command_output.h"

using namespace scratch;

namespace {

struct Fixture {
    Folder folder;
    const fs::path file = folder / "a.db";

    Fixture() {
        Store store(file, Store::Mode::write);
        auto other = a_trial("bbbb", "gru", 2, 32);
        other.config =
            R"({"seed":2,"cell":{"plugin":"gru","hidden":128,"reset":"after"},"training":{"sequence_length":32,
                           "parts":[{"a":1}],"betas":[0.9,0.99]}})";
        other.plugins = {"cell/gru@1", "dataset/text@3"};
        plan(store, "cells", {a_trial("aaaa"), other});
        store.begin();
        store.write(attempt_start("aaaa"));
        store.write("aaaa", point(100, "validation", "loss", 1.5));
        store.write(end("aaaa"));
        store.commit();
    }
    std::string diff(cli::Words words) {
        words.insert(words.end(), {"--db", file.string()});
        return output_of(cli::diff, words);
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a diff has changed settings, then changed results") {
    CHECK(diff({"1", "bbbb", "--format", "csv"}) ==
          "what,trial 1,trial 2\n"
          "seed,1,2\n"
          "cell.plugin,lstm,gru\n"
          "cell.heads,4,\n"
          "training.sequence_length,64,32\n"
          "revision of cell lstm,1,\n"
          "revision of dataset text,2,3\n"
          "cell.reset,,after\n"
          "training.parts.0.a,,1\n"
          "training.betas,,\"[0.9,0.99]\"\n"
          "revision of cell gru,,1\n"
          "status,finished,queued\n"
          "step,100,\n"
          "tokens,1000,\n"
          "seconds,12.5,\n"
          "tokens_per_second,80,\n"
          "validation_loss,1.5,\n"
          "best_validation_loss,1.5,\n"
          "best_step,100,\n"
          "build,build 1,\n");
}

TEST_CASE_METHOD(Fixture, "results have the digits that tell them apart, as a column of unroll list has") {
    {
        Store store(file, Store::Mode::write);
        store.begin();
        store.write(attempt_start("bbbb"));
        store.write("bbbb", point(100, "validation", "loss", 1.4876543));
        store.write(end("bbbb"));
        store.commit();
    }
    CHECK_THAT(diff({"1", "2"}), contains("1.5000") && contains("1.4877"));
    CHECK_THAT(output_of(cli::list, {"cells", "--db", file.string()}), contains("1.5000") && contains("1.4877"));
    CHECK_THAT(diff({"1", "2", "--format", "csv"}), contains("validation_loss,1.5,1.4876543"));
}

TEST_CASE_METHOD(Fixture, "a trial does not differ from itself") {
    CHECK(diff({"1", "aaaa"}) == "what  trial 1  trial 1\n----  -------  -------\n");
}

TEST_CASE_METHOD(Fixture, "a diff takes two trials that exist") {
    CHECK_THAT(message_of([&] { diff({"1"}); }), contains("command line: 1 trial"));
    CHECK_THAT(message_of([&] {
                   diff({"1", "2", "1"});
               }),
               contains("exactly 2 trials: ids or beginnings of fingerprints"));
    CHECK_THAT(message_of([&] { diff({"1", "7"}); }), contains("no trial '7' among its 2"));
}
