// What an experiment is expected to show: which trials a query sees, and what is known to be wrong beforehand.
#include "store/expectations.h"

#include "scratch.h"
#include "store/database.h"

using namespace scratch;

namespace {

std::string problem(const std::string& query, const std::string& experiment = "cells") {
    const auto found = store::expectation_problem(experiment, {R"({"system":"a","seed":1})"}, query);
    return found ? to_string(*found) : "none";
}

}  // namespace

TEST_CASE("a store can be limited to one experiment, for itself and not for others") {
    const Folder folder;
    const fs::path file = folder / "a.db";
    Store store(file, Store::Mode::write);
    plan(store, "cells", {a_trial("aaaa", "lstm"), a_trial("bbbb", "gru")});
    plan(store, "others", {a_trial("bbbb", "gru"), a_trial("cccc", "rnn")});
    Store limited(file, Store::Mode::read);
    store::limit_to(limited, "others");
    CHECK(ask(limited, "SELECT cell FROM result ORDER BY place") == "gru|rnn");
    CHECK(ask(limited, "SELECT count(*) FROM main.result") == "4");
    CHECK(ask(store, "SELECT count(*) FROM result") == "4");
}

TEST_CASE("a query is known to be wrong before there is any result") {
    CHECK(problem("SELECT avg(validation_loss) < 2, median(test_loss) AS median FROM result") == "none");
    CHECK(problem("SELECT count(*) FROM cells JOIN curve USING (trial_id) WHERE system = 'a'") == "none");
    CHECK_THAT(problem("SELECT validation_los FROM result"),
               contains("query, line 1, column 8: no such column: validation_los"));
    CHECK_THAT(problem("SELECT validation_los FROM result"), contains("did you mean \"validation_loss\"?"));
    CHECK_THAT(problem("SELECT r.hiden FROM result AS r"), contains("did you mean \"hidden\"?"));
    CHECK_THAT(problem("SELECT 1 FROM results"), contains("did you mean \"result\"?"));
    CHECK_THAT(problem("SELECT medain(seed) FROM result"), contains("did you mean \"median\"?"));
    CHECK_THAT(problem("SELECT 1 FROM cells", "gates"), contains("no such table: cells"));
    CHECK_THAT(problem("SELECT 1; SELECT 2"), contains("a second statement"));
    CHECK_THAT(problem("  -- nothing"), contains("an empty query"));
    CHECK_THAT(problem("SELECT ?"), contains("1 parameter (?), but 0 values"));
    CHECK_THAT(problem("DROP VIEW result"), contains("opened read-only"));
    CHECK_THAT(problem("UPDATE trial SET status = 'finished'"), contains("opened read-only"));
    CHECK(problem("SELECT 1", "result") == "none");  // the name is refused elsewhere
}
