// unroll report and unroll plot: pages and drawings of a store, and what is refused.
#include "browser.h"

namespace {

/// A corpus that would be markup, were it taken for it.
std::string hostile_text() {
    std::string text;
    for (int i = 0; i < 200; ++i)
        text += "</script><script>alert(1)</script> <img src=x onerror=alert(2)> &amp; \u202Eabc\u2066 " +
                std::string(1, '\x02') + "\n";
    return text;
}

Manifest hostile_manifest() {
    Manifest manifest;
    manifest.dataset = R"({ "plugin": "text", "path": "hostile.txt", "split": [0.8, 0.2, 0.0] })";
    manifest.sampling = R"({ "sampler": { "plugin": "temperature" }, "temperature": [0.5, 1], "length": 60,
        "prompt": "<script>alert(2)</script>" })";
    manifest.sweep = R"({ "system": { "lstm <b>": { "cell.plugin": "lstm" }, "gru": { "cell.plugin": "gru" } },
        "seed": [1, 2] })";
    manifest.more = R"("diagnostics": { "gradient": "end" }, "about": "</script><img src=x onerror=alert(4)>\u202E",
        "expect": { "it <i>learns</i>": "SELECT max(validation_loss) < 100 FROM result" })";
    return manifest;
}

struct Trained : Workplace {
    Trained() {
        write("hostile.txt", hostile_text());
        put("tiny.json", hostile_manifest());
        const Ended run = unroll(*this, {"run", "tiny.json", "--quiet"});
        if (run.code != 0) throw std::runtime_error(run.out + run.err);
    }
};

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t number = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++number;
    return number;
}

}  // namespace

TEST_CASE_METHOD(Trained, "a page is one file, and what a browser shows is what the store has") {
    const Ended made = unroll(*this, {"report", "tiny"});
    INFO(made.out << made.err);
    REQUIRE(made.code == 0);
    CHECK(made.prints("wrote tiny.html ("));
    const std::string html = content_of(path() / "tiny.html");
    CHECK(count(html, "<script") == 3);
    CHECK(count(html, "<img") == 0);
    CHECK(html.find("it \\u003ci\\u003elearns") != html.npos);

    check_in_browser("report.py", {path() / "tiny.html", path() / "results/unroll.db", "tiny"});
}

TEST_CASE_METHOD(Trained, "a page tells of several experiments, in the file that is named") {
    put("other.json", [] {
        Manifest manifest = hostile_manifest();
        manifest.name = "\"other\"";
        return manifest;
    }());
    REQUIRE(unroll(*this, {"run", "other.json", "--quiet"}).code == 0);
    const Ended made = unroll(*this, {"report", "tiny", "other", "-o", "both.html"});
    INFO(made.err);
    REQUIRE(made.code == 0);
    const std::string html = content_of(path() / "both.html");
    CHECK(html.find("\"name\":\"tiny\"") != html.npos);
    CHECK(html.find("\"name\":\"other\"") != html.npos);
}

TEST_CASE_METHOD(Trained, "charts for papers: of an experiment, and of a query") {
    const Ended made = unroll(*this, {"plot", "tiny"});
    INFO(made.out << made.err);
    REQUIRE(made.code == 0);
    CHECK(made.prints("wrote tiny.svg: validation/loss over training"));
    const std::string svg = content_of(path() / "tiny.svg");
    CHECK(svg.find("lstm &lt;b&gt;") != svg.npos);
    CHECK(svg.find("width=\"240pt\"") != svg.npos);
    CHECK(unroll(*this, {"plot", "tiny", "--chart", "comparison", "--width", "page", "-o", "c.svg"}).code == 0);
    CHECK(content_of(path() / "c.svg").find("width=\"498pt\"") != std::string::npos);
    const Ended query =
        unroll(*this, {"plot",
                       "SELECT step AS steps, avg(value) AS loss, axes ->> 'system' AS series FROM curve"
                       " WHERE split = 'train' AND name = 'loss' GROUP BY series, step"});
    INFO(query.err);
    CHECK(query.code == 0);
    CHECK(content_of(path() / "plot.svg").find(">steps</text>") != std::string::npos);
    const Ended png = unroll(*this, {"plot", "tiny", "-o", "tiny.png"});
    INFO(png.err);
    if (png.code == 0)
        CHECK(content_of(path() / "tiny.png").substr(1, 3) == "PNG");
    else
        CHECK(png.says("librsvg2-bin"));
}

TEST_CASE_METHOD(Trained, "pages and charts that cannot be made are refused, and nothing is written") {
    const auto refuses = [&](const Words& words, const std::vector<std::string>& parts) {
        const Ended ended = unroll(*this, words);
        INFO(ended.out << ended.err);
        CHECK(ended.code == 2);
        for (const std::string& part : parts) CHECK(ended.says(part));
    };
    const auto before = files_in(path());
    refuses({"report"}, {"no experiment", "unroll list"});
    refuses({"report", "tini"}, {"no experiment 'tini'", "did you mean \"tiny\"?"});
    refuses({"report", "tiny", "-o", "no/such/page.html"}, {"in a folder that does not exist", "mkdir -p"});
    refuses({"report", "tiny", "-o", "results"}, {"which is a folder"});
    refuses({"report", "tiny", "--metric", "loss"}, {"SPLIT/NAME"});
    refuses({"report", "tiny", "--by", "sedd"}, {"did you mean \"seed\"?"});
    refuses({"plot"}, {"neither an experiment nor a query"});
    refuses({"plot", "tini"}, {"did you mean \"tiny\"?"});
    refuses({"plot", "tiny", "-o", "tiny.pdf"}, {"ends in .svg or .png"});
    refuses({"plot", "tiny", "--chart", "comparisn"}, {"did you mean \"comparison\"?", "curve-validation-loss"});
    refuses({"plot", "tiny", "--x", "stepp"}, {"did you mean \"step\"?"});
    refuses({"plot", "DELETE FROM trial"}, {"not allowed"});
    refuses({"plot", "SELECT 1"}, {"one column"});
    refuses({"plot", "SELECT 1 AS x, 'a' AS y"}, {"query, row 1: 'a' in column y"});
    refuses({"plot", "SELECT 1, 2", "--by", "seed"}, {"--by with a query"});
    refuses({"plot", "@missing.sql"}, {"missing.sql", "no such file"});
    CHECK(files_in(path()) == before);
}
