// unroll curve: of an experiment's groups, of trials, as a plot and as a table.
#include "../analysis/cells.h"
#include "command_output.h"
#include "store/database.h"

using namespace scratch;
using Status = trial::TrialStatus;

namespace {

struct Fixture : Cells {
    std::string curve(cli::Words words) {
        words.insert(words.end(), {"--db", file.string()});
        return output_of(cli::curve, words);
    }
    std::string refused(cli::Words words) {
        return message_of([&] { curve(std::move(words)); });
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an experiment has the mean curve of each of compare's groups") {
    make(three_systems);
    const std::string csv = curve({"cells", "--format", "csv"});
    CHECK(csv.rfind("system,step,epoch,seconds,n,mean,sd,low,high\nlstm,50,", 0) == 0);
    CHECK_THAT(csv, contains("\nlstm,50,1.25,5,3,9,0,9,9\nlstm,100,2.5,10,3,2.5,1.80277563773199"));
    CHECK_THAT(csv, contains("\nrnn,50,1.25,5,1,9,,,\nrnn,100,2.5,10,1,3,,,\n"));
    CHECK_THAT(curve({"cells", "--format", "csv", "--from", "60"}), !contains(",50,"));
    const std::string plot = curve({"cells"});
    CHECK_THAT(plot, contains("cells: validation/loss, means of up to 3 trials\n"));
    CHECK_THAT(plot, contains("lstm 2.500\n"));
    CHECK_THAT(plot, contains("rnn 3.000\n"));
    CHECK_THAT(plot, contains("gru no values\n"));
    CHECK_THAT(curve({"cells", "--x", "epoch"}), contains("  epoch\n"));
}

TEST_CASE_METHOD(Fixture,
                 "of a test metric, the validation split's curve of the settings that compare chooses is drawn") {
    make({{"rnn", 2, 1, Status::finished, 4.0}, {"rnn", 4, 1, Status::finished, 5.0}}, {"cell.heads"});
    {
        Store store(file, Store::Mode::write);
        store.database().execute("UPDATE experiment SET metric = 'test/loss'");
        store.begin();
        store.write("trial0", point(100, "test", "loss", 4.5));
        store.write("trial1", point(100, "test", "loss", 3.5));  // the better test loss is not what is chosen by
        store.commit();
    }
    CHECK_THAT(curve({"cells"}), contains("cells: validation/loss\n") && contains("rnn 2 4.000\n"));
    CHECK_THAT(curve({"cells", "--metric", "test/loss"}), contains("rnn 2 4.500\n"));
}

TEST_CASE_METHOD(Fixture, "trials that have not finished are shown while no other of their group has") {
    make({{"rnn", 0, 1, Status::interrupted, 4.0}, {"lstm", 0, 1, Status::finished, 2.0}});
    CHECK_THAT(curve({"cells", "--format", "csv"}), contains("\nrnn,100,2.5,10,1,4,,,\n"));
}

TEST_CASE_METHOD(Fixture, "trials have their own curves") {
    make(three_systems);
    CHECK(curve({"1", "--format", "csv"}) ==
          "trial,metric,step,epoch,seconds,value\n1,validation/loss,50,1.25,5,9\n1,validation/loss,100,2.5,10,3\n");
    CHECK_THAT(curve({"1"}), contains("validation/loss 3.000\n"));
    CHECK_THAT(curve({"1", "trial5"}), contains("6 validation/loss 1.000\n"));
    CHECK_THAT(curve({"1", "--metric", "validation/accuracy", "--format", "csv"}),
               contains("\n1,validation/accuracy,100,2.5,10,0.5\n"));
}

TEST_CASE_METHOD(Fixture, "what cannot be drawn is refused with what can") {
    make(three_systems);
    CHECK_THAT(refused({"cell"}), contains("no experiment 'cell'"));
    CHECK_THAT(refused({"77"}), contains("no trial '77'"));
    CHECK_THAT(refused({"4"}), contains("trial 4: no values yet"));
    CHECK_THAT(refused({"1", "--metric", "train/loss"}), contains("one of: validation/accuracy, validation/loss"));
    CHECK_THAT(refused({"1", "--by", "cell"}), contains("--by with trials"));
    CHECK_THAT(refused({"cells", "--metric", "train/loss"}), contains("no metric 'train/loss'"));
    CHECK_THAT(refused({"cells", "--from", "1000"}), contains("no values from step 1000 on"));
    CHECK_THAT(refused({"cells", "--x", "time"}), contains("step, epoch or seconds"));
    CHECK_THAT(refused({"cells", "--metric", "train/loss", "--metric", "validation/loss"}), contains("one metric"));
    CHECK_THAT(refused({}), contains("neither an experiment nor a trial"));
}

TEST_CASE_METHOD(Fixture, "compare draws its intervals below the table") {
    make(three_systems);
    const std::string text = output_of(cli::compare, {"cells", "--plot", "--db", file.string()});
    CHECK_THAT(text, contains("\n\nlstm  "));
    CHECK_THAT(text, contains("2.5\n"));
    CHECK(message_of([&] {
              output_of(cli::compare, {"cells", "--plot", "--format", "csv", "--db", file.string()});
          }).find("--plot with --format csv") != std::string::npos);
}
