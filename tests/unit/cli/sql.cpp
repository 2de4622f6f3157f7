// unroll sql: from the command line to the text.
#include "../store/scratch.h"
#include "command_output.h"

using namespace scratch;

namespace {

struct Fixture {
    Folder folder;
    const fs::path file = folder / "a.db";

    Fixture() {
        Store store(file, Store::Mode::write);
        plan(store, "cells", {a_trial("aaaa"), a_trial("bbbb", "gru")});
    }
    std::string sql(cli::Words words) {
        words.insert(words.end(), {"--db", file.string()});
        return output_of(cli::sql, words);
    }
    std::string refused(cli::Words words) {
        return message_of([&] { sql(std::move(words)); });
    }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a query's rows are printed in the format that was asked for") {
    const std::string query = "SELECT cell, hidden FROM cells ORDER BY place";
    CHECK(sql({query}) == "cell  hidden\n----  ------\nlstm     128\ngru      128\n");
    CHECK(sql({query, "--format", "csv"}) == "cell,hidden\nlstm,128\ngru,128\n");
    CHECK(sql({query, "--format", "json"}) ==
          "[\n {\"cell\": \"lstm\", \"hidden\": 128},\n {\"cell\": \"gru\", \"hidden\": 128}\n]\n");
    CHECK(sql({query, "--format", "markdown"}) == "| cell | hidden |\n|---|---:|\n| lstm | 128 |\n| gru | 128 |\n");
}

TEST_CASE_METHOD(Fixture, "a query may stand in a file") {
    CHECK(sql({"@" + folder.write("query.sql", "-- how many\nSELECT count(*) AS n\nFROM trial;\n")}) == "n\n-\n2\n");
    CHECK_THAT(refused({"@" + (folder / "none.sql").string()}), contains("none.sql: no such file"));
    CHECK_THAT(refused({"@" + folder.write("empty.sql", "")}), contains("an empty file"));
}

TEST_CASE_METHOD(Fixture, "a wrong request is refused") {
    CHECK_THAT(refused({"DELETE FROM trial"}), contains("opened read-only"));
    CHECK_THAT(refused({}), contains("command line: no query"));
    CHECK_THAT(refused({"SELECT", "1"}), contains("exactly one query: a SELECT in quotes"));
    CHECK_THAT(refused({"SELECT 1", "--format", "xml"}), contains("table, csv, json or markdown"));
    CHECK_THAT(refused({"SELECT 1", "--timeout", "0"}), contains("seconds, above 0"));
    CHECK_THAT(refused({"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
                        "--timeout", "0.05"}),
               contains("timed out after 0.05 seconds"));
    fs::remove(file);
    CHECK_THAT(refused({"SELECT 1"}), contains("run a manifest first"));
    CHECK_FALSE(fs::exists(file));
}
