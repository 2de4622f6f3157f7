// unroll show: a dataset's examples as the model sees them, of every kind of task.
#include "catch.h"
#include "program.h"

namespace {

boost::json::array shown(const TemporaryFolder& place, Words words) {
    words.insert(words.begin(), "show");
    words.insert(words.end(), {"--format", "json"});
    const Ended show = unroll(place, words);
    INFO(show.err);
    REQUIRE(show.code == 0);
    return boost::json::parse(show.out).as_array();
}

std::string text(const boost::json::value& row, const char* column) {
    return std::string(row.at(column).as_string());
}

}  // namespace

TEST_CASE("the windows of a manifest's text, its splits and its vocabulary") {
    const Workplace place;
    place.put("tiny.json", {});
    const std::string corpus = content_of(place / "harbour.txt");
    const auto rows = shown(place, {"tiny.json", "--count", "2"});
    REQUIRE(rows.size() == 4);
    CHECK(rows[0].at("split") == "train");
    CHECK(rows[0].at("example") == 0);
    CHECK(rows[0].at("length") == 8);
    CHECK(text(rows[0], "input") == corpus.substr(0, 8));
    CHECK(text(rows[0], "target") == corpus.substr(1, 8));
    CHECK(text(rows[1], "input") == corpus.substr(8, 8));
    CHECK(text(rows[2], "split") == "validation");
    const std::string tokens = text(rows[0], "tokens"), targets = text(rows[0], "target_tokens");
    CHECK(std::count(tokens.begin(), tokens.end(), ' ') == 7);
    CHECK(targets.starts_with(tokens.substr(tokens.find(' ') + 1)));

    const Ended table = unroll(place, {"show", "tiny.json", "--split", "train"});
    CHECK(table.code == 0);
    CHECK(table.prints("task: next-token"));
    CHECK(table.prints("windows of 8 without overlap"));
    std::set<std::string> symbols;
    for (std::size_t at = 0; at < corpus.size();) {
        const std::size_t begin = at;
        while (++at < corpus.size() && (corpus[at] & 0xC0) == 0x80) continue;
        symbols.insert(corpus.substr(begin, at - begin));
    }
    CHECK(table.prints("vocabulary of " + std::to_string(symbols.size()) + ":"));
    CHECK(table.prints("\"\\n\""));
    CHECK_FALSE(table.prints("validation"));
    CHECK(unroll(place, {"show", "tiny.json", "--set", "training.sequence_length=4"}).prints("windows of 4"));
}

TEST_CASE("a window whose last token alone is predicted has one target") {
    const Workplace place;
    Manifest manifest;
    manifest.training = R"({ "sequence_length": 4, "batch": 4, "steps": 4, "predict": "last" })";
    place.put("tiny.json", manifest);
    const auto rows = shown(place, {"tiny.json", "--split", "train", "--count", "1"});
    REQUIRE(rows.size() == 1);
    CHECK(text(rows[0], "target") == "···" + content_of(place / "harbour.txt").substr(4, 1));
}

TEST_CASE("a dataset by its name, with options: pairs, labels for each position, numbers") {
    const Workplace place;
    for (const auto& row : shown(place, {"pairs", "kind=\"reversal\"", "length=5", "--count", "4"})) {
        std::string question = text(row, "input");
        std::reverse(question.begin(), question.end());
        CHECK(text(row, "target") == question);
    }
    const auto recalled = shown(place, {"associative-recall", "--split", "train", "--count", "1"});
    REQUIRE(recalled.size() == 1);
    CHECK(text(recalled[0], "target").find("·") != std::string::npos);
    const auto sums = shown(place, {"adding", "--split", "train", "--count", "1"});
    REQUIRE(sums.size() == 1);
    CHECK(text(sums[0], "tokens").empty());
    CHECK_FALSE(text(sums[0], "input").empty());
    CHECK_FALSE(text(sums[0], "target").empty());
    const auto windows = shown(place, {"text", "path=\"harbour.txt\"", "--length", "5", "--split", "train"});
    REQUIRE(windows.size() == 3);
    CHECK(windows[0].at("length") == 5);
    for (const char* dataset : {"brackets", "copy-memory", "spell-numbers"}) {
        INFO(dataset);
        const Ended table = unroll(place, {"show", dataset});
        INFO(table.err);
        CHECK(table.code == 0);
        CHECK(table.prints("train: "));
    }
}

TEST_CASE("what cannot be shown is told with what to do") {
    const Workplace place;
    place.put("tiny.json", {});
    const std::pair<Words, const char*> wrong[] = {
        {{"show"}, "no dataset"},
        {{"show", "txet"}, "did you mean \"text\"?"},
        {{"show", "none.json"}, "no such file"},
        {{"show", "text"}, "path"},
        {{"show", "text", "path=\"none.txt\""}, "which was not found"},
        {{"show", "text", "path=harbour.txt"}, "a string needs quotes"},
        {{"show", "pairs", "lenght=3"}, "did you mean \"length\"?"},
        {{"show", "tiny.json", "length=3"}, "one manifest and no other argument"},
        {{"show", "tiny.json", "--split", "tests"}, "train, validation or test"},
        {{"show", "tiny.json", "--length", "3"}, "--set training.sequence_length"},
        {{"show", "pairs", "--set", "seed=1"}, "an override without a manifest"},
        {{"show", "pairs", "--count", "0"}, "--count"},
    };
    for (const auto& [words, says] : wrong) {
        const Ended refused = unroll(place, words);
        INFO(says << "\n" << refused.err);
        CHECK(refused.code == 2);
        CHECK(refused.says(says));
    }
}
