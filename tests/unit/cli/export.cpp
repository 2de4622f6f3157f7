// unroll export: rows as CSV and JSON lines, in parts or whole, to a file or standard output; runs of TensorBoard.
#include <fstream>
#include <sstream>

#include "../analysis/cells.h"
#include "cli/rows_text.h"
#include "command_output.h"
#include "json/parse.h"
#include "store/exporting.h"

using namespace scratch;
using Status = trial::TrialStatus;

namespace {

struct Fixture : Cells {
    Fixture() { make(three_systems, {}); }

    std::string exported(cli::Words words) const {
        words.insert(words.begin(), "cells");
        words.insert(words.end(), {"--db", file.string()});
        return output_of(cli::export_results, words);
    }
    std::string refused(cli::Words words) const {
        return message_of([&] { exported(std::move(words)); });
    }
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::string content_of(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a row per trial, axes first") {
    const auto lines = lines_of(exported({}));
    REQUIRE(lines.size() == 10);
    CHECK(lines[0].rfind("trial_id,system,seed,experiment,fingerprint,status,config,task,", 0) == 0);
    CHECK(lines[1].rfind("1,rnn,1,cells,trial0,finished,", 0) == 0);
    CHECK(lines[9].rfind("9,gru,1,cells,trial8,running,", 0) == 0);
}

TEST_CASE_METHOD(Fixture, "JSON lines have an object on every line") {
    const auto lines = lines_of(exported({"--format", "jsonl"}));
    REQUIRE(lines.size() == 9);
    for (const std::string& line : lines) CHECK(json::parse(line, "line").find("system") != nullptr);
    CHECK(*json::parse(lines[0], "line").find("validation_loss")->real() == 3.0);
    CHECK(json::parse(lines[1], "line").find("validation_loss")->null());
}

TEST_CASE_METHOD(Fixture, "a row per recorded value") {
    const auto lines = lines_of(exported({"--table", "curve"}));
    CHECK(lines[0] == "trial_id,system,seed,split,name,step,epoch,value,seconds");
    CHECK(lines[1].rfind("1,rnn,1,validation,accuracy,100,2.5,0.5,", 0) == 0);
    CHECK(lines[2].rfind("1,rnn,1,validation,loss,50,1.25,9,", 0) == 0);
    CHECK(lines.size() == 1 + 1 + 2 * 7);
}

TEST_CASE_METHOD(Fixture, "the axes of samples keep their names apart from the samples' own") {
    const auto lines = lines_of(exported({"--table", "sample"}));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].rfind("trial_id,system,axes.seed,sample_id,", 0) == 0);
}

TEST_CASE_METHOD(Fixture, "parts are one text") {
    Store store(file, Store::Mode::read);
    for (const auto format : {cli::RowFormat::csv, cli::RowFormat::json_lines}) {
        std::vector<std::string> texts;
        for (const std::size_t rows : {1, 4, 9, 1000}) {
            cli::RowText text(format);
            std::string all;
            store::read_in_parts(store, "cells", store::ExportedTable::result, rows, [&](const store::Table& part) {
                CHECK(part.rows.size() <= rows);
                all += text.of(part);
            });
            texts.push_back(all);
        }
        CHECK(std::count(texts.begin(), texts.end(), texts[0]) == 4);
    }
}

TEST_CASE_METHOD(Fixture, "a file's name tells the format") {
    const fs::path csv = folder / "a.csv", lines = folder / "a.jsonl";
    CHECK(exported({"-o", csv.string()}).empty());
    CHECK(content_of(csv) == exported({}));
    exported({"-o", lines.string()});
    CHECK(content_of(lines) == exported({"--format", "jsonl"}));
    CHECK_THAT(refused({"-o", (folder / "a.parquet").string()}), contains("to_parquet"));
    CHECK(!fs::exists(folder / "a.parquet"));
}

TEST_CASE_METHOD(Fixture, "what cannot be exported is told") {
    CHECK_THAT(refused({"-o", folder.path().string()}), contains("which is a folder"));
    CHECK_THAT(refused({"-o", (folder / "none" / "a.csv").string()}), contains("a folder that does not exist"));
    CHECK_THAT(refused({"--tensorboard", (folder / "runs").string(), "--table", "curve"}), contains("--table"));
    CHECK_THAT(refused({"--table", "points"}), contains("result"));
    CHECK_THAT(message_of([&] {
                   output_of(cli::export_results, {"cels", "--db", file.string()});
               }),
               contains("did you mean \"cells\"?"));
    CHECK(!fs::exists(folder / "runs"));
}

TEST_CASE_METHOD(Fixture, "a run of TensorBoard for each trial that has begun, the same again for the same") {
    const std::string runs = (folder / "runs").string();
    CHECK_THAT(exported({"--tensorboard", runs}), contains("8 runs in " + runs + "/cells;"));
    const fs::path run = fs::path(runs) / "cells" / "system=rnn,seed=1" / "events.out.tfevents.unroll.trial0";
    REQUIRE(fs::exists(run));
    CHECK_THAT(content_of(run), contains("brain.Event:2"));
    CHECK_THAT(content_of(run), contains("validation/loss"));
    CHECK(!fs::exists(fs::path(runs) / "cells" / "system=rnn,seed=4"));  // never begun
    const std::string before = content_of(run);
    exported({"--tensorboard", runs});
    CHECK(content_of(run) == before);
    CHECK(std::distance(fs::directory_iterator(run.parent_path()), fs::directory_iterator()) == 1);
}
