// Pages of docs/ that one can follow: their files are written and their commands run, in a folder of their own and in
// the pages' order. Python's blocks need torch, pandas and matplotlib; where those are missing, the test says so.
#include <map>

#include "catch.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;

/// What a page has to be followed.
struct Page {
    std::map<std::string, std::string> files;  ///< after a line "File `NAME`:"
    std::vector<std::string> commands;         ///< blocks marked sh
};

Page read_page(const std::string& name) {
    Page page;
    std::istringstream lines(content_of(fs::path(UNROLL_SOURCE) / "docs" / name));
    std::string file, block, kind;
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (inside && line == "```") {
            inside = false;
            if (!file.empty())
                page.files[std::exchange(file, "")] = block;
            else if (kind == "sh")
                page.commands.push_back(block);
        } else if (inside) {
            block += line + "\n";
        } else if (line.starts_with("```")) {
            inside = true;
            kind = line.substr(3);
            block.clear();
        } else if (line.starts_with("File `") && line.ends_with("`:")) {
            file = line.substr(6, line.size() - 8);
        }
    }
    return page;
}

/// A smaller number for one of the page's, which must be there: what takes minutes then takes a second.
void shorten(std::string& text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != text.npos);
    text.replace(at, from.size(), to);
}

/// Runs a script as somebody in this folder would, `unroll` and `python3` being found.
Ended run_script(const TemporaryFolder& folder, const std::string& script, const std::string& python) {
    const std::string build = fs::path(UNROLL_PROGRAM).parent_path();
    folder.write("script", "export PATH='" + build + "':\"$PATH\" MPLBACKEND=agg MPLCONFIGDIR=\"$PWD\"\n" +
                               "unset UNROLL_DATA UNROLL_PLUGIN_PATH\n" + "python3() { " + python + " \"$@\"; }\n" +
                               script);
    const int status =
        std::system(("cd '" + folder.path().string() + "' && bash -euo pipefail script >out 2>err").c_str());
    return {WEXITSTATUS(status), content_of(folder / "out"), content_of(folder / "err")};
}

/// A Python that has the module; "" when there is none.
std::string python_with(const std::string& module) {
    for (const char* python : {"python3", "/usr/bin/python3"})
        if (std::system((std::string(python) + " -c 'import " + module + "' >/dev/null 2>&1").c_str()) == 0)
            return python;
    WARN("skipped: no Python has " + module + " (Debian: python3-" + module + ")");
    return "";
}

/// Follows the page in the folder; what its commands printed, one after the other.
std::string follow(const TemporaryFolder& folder, const Page& page, const std::string& python) {
    for (const auto& [name, text] : page.files) folder.write(name, text);
    std::string printed;
    for (const std::string& command : page.commands) {
        const Ended ended = run_script(folder, command, python);
        INFO(command << ended.out << ended.err);
        REQUIRE(ended.code == 0);
        printed += ended.out;
    }
    return printed;
}

}  // namespace

TEST_CASE("docs/own-text.md, pandas.md and checkpoints.md can be followed") {
    const Workplace folder;
    folder.write("mine.txt", harbour_text());
    Page own = read_page("own-text.md");
    REQUIRE(own.files.count("own.json") == 1);
    shorten(own.files["own.json"], "\"steps\": 2000", "\"steps\": 12");
    shorten(own.files["own.json"], "[0.001, 0.003, 0.01, 0.03]", "[0.003, 0.01]");
    shorten(own.files["own.json"], "\"batch\": 32", "\"batch\": 4");
    shorten(own.files["own.json"], "\"parameters\": 50000", "\"parameters\": 10000");
    const std::string printed = follow(folder, own, "python3");
    for (const char* cell : {"lstm", "gru", "self-attention"}) CHECK(printed.find(cell) != printed.npos);
    CHECK(value(folder, "SELECT count(*) FROM result WHERE status = 'finished' AND test_loss IS NOT NULL") == 18);

    if (const std::string python = python_with("matplotlib, pandas"); !python.empty()) {
        const std::string tables = follow(folder, read_page("pandas.md"), python);
        CHECK(tables.find("test_loss") != tables.npos);
        CHECK(content_of(folder / "curves.png").starts_with("\x89PNG"));
        CHECK(content_of(folder / "trials.csv").starts_with("trial_id,cell,learning_rate,seed,"));
    }
    if (const std::string python = python_with("torch"); !python.empty()) {
        const Page page = read_page("checkpoints.md");
        const std::string losses = follow(folder, page, python);
        CHECK(losses.find("OK") != losses.npos);  // unroll verify of what was imported
        CHECK(value(folder, "SELECT count(*) FROM result WHERE experiment = 'from-torch'") == 1);
        const double ours = value(folder,
                                  "SELECT validation_loss FROM result"
                                  " WHERE cell = 'gru' AND learning_rate = 0.01 AND seed = 1")
                                .as_double();
        CHECK(std::stod(losses) == Approx(ours).epsilon(1e-5));
        std::string lstm = page.commands.at(0);
        shorten(lstm, "'gru'", "'lstm'");
        const Ended other =
            run_script(folder, lstm + "python3 torch_loss.py \"results/$(cat path.txt)\" mine.txt\n", python);
        INFO(other.err);
        const double its = value(folder,
                                 "SELECT validation_loss FROM result"
                                 " WHERE cell = 'lstm' AND learning_rate = 0.01 AND seed = 1")
                               .as_double();
        REQUIRE(other.code == 0);
        CHECK(std::stod(other.out) == Approx(its).epsilon(1e-5));
    }
}
