// unroll compare: rows, groups, the best choice, and what does not exist.
#include "../analysis/cells.h"
#include "command_output.h"

using namespace scratch;
using Status = trial::TrialStatus;

namespace {

const std::string columns =
    "parameters,trials,n,mean,sd,low,high,diff,diff_low,diff_high,best,unfinished,diverged,failed\n";
const std::string system_columns = "system," + columns;

struct Fixture : Cells {
    std::string compare(cli::Words words) {
        words.insert(words.end(), {"--db", file.string(), "--format", "csv"});
        return output_of(cli::compare, words);
    }
    std::string refused(cli::Words words) {
        return message_of([&] { compare(std::move(words)); });
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a row has mean, standard deviation and interval, and counts what did not finish") {
    make(three_systems);
    const auto text = compare({"cells"});
    CHECK(text.rfind(system_columns + "lstm,1000,3,3,2.5,1.80277563773199", 0) == 0);
    CHECK(text.find("\nrnn,1000,5,1,3,,,,2,,,,2,1,1\ngru,1000,1,0,,,,,,,,,1,0,0\n") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "groups, metric and goal may be asked for") {
    make(three_systems);
    CHECK(compare({"cells", "--by", "cell", "--by", "cell.heads", "--goal", "max"})
              .rfind("cell,cell.heads," + columns + "rnn,4,1000,5,1,3,", 0) == 0);
    CHECK(compare({"cells", "--by", "seed"}).find("\n1,1000,3,2,2,") != std::string::npos);
    CHECK(compare({"cells", "--metric", "validation/accuracy"}) == system_columns +
                                                                       "rnn,1000,5,1,0.5,,,,,,,,2,1,1\n"
                                                                       "lstm,1000,3,0,,,,,,,,,0,0,0\n"
                                                                       "gru,1000,1,0,,,,,,,,,1,0,0\n");
}

TEST_CASE_METHOD(Fixture, "each group is that of its best choice") {
    make({{"lstm", 0, 1, Status::finished, 2.0},
          {"attention", 2, 1, Status::finished, 1.9},
          {"attention", 2, 2, Status::finished, 1.7},
          {"attention", 4, 1, Status::finished, 1.0},  // lower, but one of its two diverged
          {"attention", 4, 2, Status::diverged, 9.0},
          {"attention", 8, 1, Status::finished, 2.5},
          {"attention", 8, 2, Status::queued, 0}},
         {"cell.heads"});
    const auto text = compare({"cells"});
    CHECK_THAT(text, contains("system,best heads," + columns + "attention,2,1200,6,2,1.79"));
    CHECK_THAT(text, contains(",1,1,0\nlstm,,1000,1,1,2,,,,0.10000000000000009,,,,0,0,0\n"));
    // An axis that is asked for is a group and no longer a choice.
    CHECK(compare({"cells", "--by", "cell.heads"}).rfind("cell.heads,parameters,trials,n,mean", 0) == 0);
}

TEST_CASE_METHOD(Fixture, "a choice with failures is taken when there is no other") {
    make({{"attention", 2, 1, Status::failed, 0},
          {"attention", 4, 1, Status::finished, 1.0},
          {"attention", 4, 2, Status::failed, 0}},
         {"cell.heads"});
    CHECK(compare({"cells"}).find("\nattention,4,1400,3,1,1,,,,,,,,0,0,2\n") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "what does not exist is refused with what does") {
    make(three_systems);
    CHECK_THAT(refused({"cell"}), contains("no experiment 'cell'"));
    CHECK_THAT(refused({"cell"}), contains("one of: cells"));
    CHECK_THAT(refused({"cells", "--by", "sytem"}), contains("no axis 'sytem'"));
    CHECK_THAT(refused({"cells", "--by", "sytem"}),
               contains("an axis (system, seed), a column of result (experiment, "));
    CHECK_THAT(refused({"cells", "--by", "sytem"}), contains("did you mean \"system\"?"));
    CHECK_THAT(refused({"cells", "--metric", "validation/los"}), contains("no metric 'validation/los'"));
    CHECK_THAT(refused({"cells", "--metric", "validation/los"}),
               contains("one of: validation/accuracy, validation/loss"));
    CHECK_THAT(refused({"cells", "--metric", "loss"}), contains("SPLIT/NAME, as in validation/loss"));
    CHECK_THAT(refused({"cells", "--metric", "loss"}), contains("write validation/loss"));
    CHECK_THAT(refused({"cells", "--metric", "test_loss"}), contains("write test/loss"));
    CHECK_THAT(refused({"cells", "--metric", "val_accuracy"}), contains("write validation/accuracy"));
    CHECK_THAT(refused({"cells", "--metric", "perplexity"}),
               contains("write validation/loss; the perplexity is its exponential"));
    CHECK_THAT(refused({"cells", "--metric", "validation/perplexity"}),
               contains("did you mean \"validation/loss\"?; the perplexity"));
    CHECK_THAT(refused({"cells", "--metric", "val/loss"}), contains("did you mean \"validation/loss\"?"));
    CHECK_THAT(refused({"cells", "--by", "lr"}), contains("did you mean \"training.optimizer.learning_rate\"?"));
    CHECK_THAT(refused({"cells", "cells"}), contains("'cells' twice"));
    CHECK_THAT(refused({"cells", "--goal", "low"}), contains("min or max"));
    CHECK_THAT(refused({}), contains("the name of one experiment, or of several"));
    CHECK_THAT(refused({"cells", "others"}), contains("no experiment 'others'"));
}

TEST_CASE_METHOD(Fixture, "experiments are compared at equal values of their axes, paired by seed") {
    make({{"lstm", 0, 1, Status::finished, 1.0},
          {"lstm", 0, 2, Status::finished, 2.0},
          {"gru", 0, 1, Status::finished, 4.0}});
    make({{"lstm", 0, 1, Status::finished, 1.5}, {"lstm", 0, 2, Status::finished, 2.5}}, {}, "others");
    const std::string text = compare({"cells", "others"});
    CHECK(text.rfind("experiment,system," + columns + "cells,lstm,1000,2,2,1.5,", 0) == 0);
    CHECK_THAT(text, contains("\nothers,lstm,1000,2,2,2,"));
    CHECK_THAT(text, contains(",0.5,0.5,0.5,,0,0,0\n"));
    CHECK_THAT(text, contains("\ncells,gru,1000,1,1,4,,,,,,,,0,0,0\n"));
    CHECK_THAT(compare({"others", "cells"}), contains("\nothers,lstm,1000,2,2,2,"));  // the better one leads
}

TEST_CASE_METHOD(Fixture, "an axis of one experiment is a setting of the other") {
    make({{"lstm", 2, 1, Status::finished, 1.0}, {"lstm", 4, 1, Status::finished, 2.0}});
    make({{"lstm", 0, 1, Status::finished, 2.5}}, {}, "others");  // its configs have heads 4
    const std::string text = compare({"cells", "others", "--by", "cell.heads"});
    CHECK(text.rfind("experiment,cell.heads," + columns + "cells,2,1200,1,1,1,", 0) == 0);
    CHECK_THAT(text, contains("\ncells,4,1400,1,1,2,,,,,,,,0,0,0\nothers,4,1000,1,1,2.5,,,,0.5,,,,0,0,0\n"));
    CHECK_THAT(refused({"cells", "others", "--by", "cell.haeds"}), contains("no axis 'cell.haeds'"));
    // Chosen where it is an axis; where it is a setting, there is nothing to choose.
    make({{"lstm", 2, 1, Status::finished, 3.0}, {"lstm", 4, 1, Status::finished, 2.0}}, {"cell.heads"}, "third");
    const std::string chosen = compare({"others", "third"});
    CHECK(chosen.rfind("experiment,system,best heads," + columns, 0) == 0);
    CHECK_THAT(chosen, contains("third,lstm,4,"));
    CHECK_THAT(chosen, contains("others,lstm,4,"));
}
