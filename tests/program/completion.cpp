// Completion in shells, by the shells themselves where they are installed, and the manual page.
#include "catch.h"
#include "program.h"

namespace {

bool has_program(const std::string& name) {
    return std::system(("command -v " + name + " > /dev/null 2>&1").c_str()) == 0;
}

/// What a shell command prints, to either stream, in a folder; its exit code must be 0.
std::string shell(const TemporaryFolder& folder, const std::string& command) {
    const std::string line = "cd '" + folder.path().string() + "' && { " + command + "; } > out.txt 2>&1";
    INFO(command);
    const int code = std::system(line.c_str());
    const std::string text = content_of(folder.path() / "out.txt");
    INFO(text);
    CHECK(code == 0);
    return text;
}

/// A folder with the program's script for a shell, a store of one experiment, and a manifest.
const Workplace& place() {
    static const Workplace place;
    static const bool done = [] {
        Manifest manifest;
        manifest.name = "\"tiny-names\"";
        place.put("tiny.json", manifest);
        place.write("notes.txt", "no manifest\n");
        for (const char* name : {"bash", "zsh", "fish"}) place.write(name, unroll(place, {"completion", name}).out);
        return unroll(place, {"run", "tiny.json", "--quiet"}).code == 0;
    }();
    if (!done) throw std::runtime_error("the run failed");
    return place;
}

/// The words that bash offers at the end of a line, in their order, each followed by a space.
std::string offered(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) line += " '" + word + "'";
    place().write("line.sh", "source ./bash\nCOMP_WORDS=(" UNROLL_PROGRAM + line + ")\nCOMP_CWORD=" +
                                 std::to_string(words.size()) + "\n_unroll\nprintf '%s ' \"${COMPREPLY[@]}\"\n");
    return shell(place(), "bash --norc --noprofile line.sh");
}

}  // namespace

TEST_CASE("bash completes commands, options, choices and names") {
    if (!has_program("bash")) return;
    CHECK(offered({"comp"}) == "compare completion ");
    CHECK(offered({"--v"}) == "--version ");
    CHECK(offered({"compare", "--g"}) == "--goal ");
    CHECK(offered({"compare", "--goal", ""}) == "min max ");
    CHECK(offered({"compare", "--goal", "=", "ma"}) == "max ");
    CHECK(offered({"compare", "--format", "="}) == "table csv json markdown ");
    CHECK(offered({"run", "--qui"}) == "--quiet ");
    CHECK(offered({"run", "--plugin-pa"}) == "--plugin-path ");
    CHECK(offered({"help", "sch"}) == "schema ");
    CHECK(offered({"completion", ""}) == "bash zsh fish experiments plugins ");
    CHECK(offered({"compare", "t"}) == "tiny-names ");
    CHECK(offered({"curve", "--db", "results/unroll.db", ""}) == "tiny-names ");
    CHECK(offered({"curve", "--db", "nowhere.db", ""}) == " ");
    CHECK(offered({"plugins", "self"}) == "self-attention ");
    CHECK(offered({"run", "t"}) == "tiny.json ");
    CHECK(offered({"run", "n"}) == " ");
    CHECK(offered({"compare", "--db", "n"}) == "notes.txt ");
    CHECK(offered({"verify", ""}) == " ");
}

TEST_CASE("every option of every command is completed") {
    const std::string bash = content_of(place() / "bash"), zsh = content_of(place() / "zsh"),
                      fish = content_of(place() / "fish");
    std::istringstream lines(unroll(place(), {"--help"}).out);
    std::size_t commands = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("  ")) continue;
        const std::string command = line.substr(2, line.find(' ', 2) - 2);
        ++commands;
        INFO(command);
        CHECK(bash.find("            " + command + ") _unroll_words '--") != bash.npos);
        CHECK(zsh.find("        " + command + ")\n            _arguments") != zsh.npos);
        const std::string help = unroll(place(), {command, "--help"}).out;
        std::istringstream words(help.substr(help.find("Options")));
        for (std::string word; words >> word;)
            if (word.starts_with("--") && word.size() > 2) {
                INFO(word);
                const std::string name = word.substr(2, word.find_first_of("]|,.:;", 2) - 2);
                CHECK(bash.find("--" + name) != bash.npos);
                CHECK(zsh.find("--" + name) != zsh.npos);
                CHECK(fish.find(" -l " + name + " ") != fish.npos);
            }
    }
    CHECK(commands >= 12);
}

TEST_CASE("the scripts are correct for their shells") {
    if (has_program("bash")) CHECK(shell(place(), "bash -n bash").empty());
    if (has_program("zsh")) CHECK(shell(place(), "zsh -n zsh").empty());
    if (has_program("fish")) CHECK(shell(place(), "fish --no-execute fish").empty());
}

TEST_CASE("names are asked for without a word where there is no store") {
    const Workplace empty;
    const Ended experiments = unroll(empty, {"completion", "experiments"});
    CHECK(experiments.code == 0);
    CHECK(experiments.out.empty());
    CHECK(experiments.err.empty());
    const Ended unknown = unroll(empty, {"completion", "powershell"});
    CHECK(unknown.code == 2);
    CHECK(unknown.says("bash, zsh, fish, experiments or plugins"));
}

TEST_CASE("the manual page explains every command and renders without a warning") {
    const std::string page = unroll(place(), {"manual"}).out;
    place().write("unroll.1", page);
    CHECK(page.starts_with(".TH UNROLL 1 "));
    for (const char* part : {".SH NAME", ".SH SYNOPSIS", ".SH EXIT STATUS", ".SH ENVIRONMENT", ".SS compare",
                             ".SS manual", "\\fB\\-\\-goal\\fR \\fImin|max\\fR", "NO_COLOR"}) {
        INFO(part);
        CHECK(page.find(part) != page.npos);
    }
    CHECK(std::all_of(page.begin(), page.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    if (has_program("groff")) {
        CHECK(shell(place(), "groff -man -ww -b -z -Tutf8 unroll.1").empty());
        const std::string text = shell(place(), "groff -man -Tutf8 -P-cbou unroll.1");
        CHECK(text.find("unroll - train and compare sequence models") != text.npos);
        CHECK(text.find("--goal min|max") != text.npos);
    }
    if (has_program("mandoc")) CHECK(shell(place(), "mandoc -Tlint -Wwarning unroll.1").empty());
}
