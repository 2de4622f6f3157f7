// The words in which the program speaks: phrases that the field has a better one for are in no help text or message.
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "../program/program.h"
#include "catch.h"
#include "string_literals.h"

namespace {

struct Phrase {
    std::string text, better;
};

/// A phrase a line, `PHRASE -> REPLACEMENT`; lines that begin with # are comments.
const std::vector<Phrase>& phrases() {
    static const std::vector<Phrase> all = [] {
        std::vector<Phrase> read;
        std::ifstream file(UNROLL_SOURCE "/tests/words/phrases.txt");
        for (std::string line; std::getline(file, line);) {
            if (line.empty() || line[0] == '#') continue;
            const std::size_t arrow = line.find(" -> ");
            if (arrow == line.npos) throw std::runtime_error("no arrow in: " + line);
            read.push_back({line.substr(0, arrow), line.substr(arrow + 4)});
        }
        return read;
    }();
    return all;
}

/// Line breaks and runs of spaces as one space: a phrase may be broken anywhere.
std::string on_one_line(const std::string& text) {
    std::string line;
    for (const char c : text) {
        const bool space = std::isspace(static_cast<unsigned char>(c));
        if (!space || line.empty() || line.back() != ' ') line += space ? ' ' : c;
    }
    return line;
}

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

/// Whether the phrase is in the text, not as a part of longer words.
bool contains(const std::string& text, const std::string& phrase) {
    for (std::size_t at = 0; (at = text.find(phrase, at)) != text.npos; ++at) {
        const std::size_t end = at + phrase.size();
        const bool begins = at == 0 || !is_word(phrase.front()) || !is_word(text[at - 1]);
        const bool ends = end == text.size() || !is_word(phrase.back()) || !is_word(text[end]);
        if (begins && ends) return true;
    }
    return false;
}

/// A line for each phrase that the text has.
std::string found_in(const std::string& text, const std::string& where) {
    std::string found;
    for (const Phrase& phrase : phrases())
        if (contains(on_one_line(text), phrase.text))
            found += where + ": \"" + phrase.text + "\": write " + phrase.better + "\n";
    return found;
}

}  // namespace

TEST_CASE("literals are found whole, and nothing else is") {
    const auto literals = string_literals(R"--(#include "file.h"
// "a comment"
const char* a = "one \"two\"" /* "no" */
    " three";
f('"', "x\ny", 1'000, R"(raw "text")", u8"(é)");
)--");
    REQUIRE(literals.size() == 4);
    CHECK(literals[0].text == "one \"two\" three");
    CHECK(literals[0].line == 3);
    CHECK(literals[1].text == "x\ny");
    CHECK(literals[1].line == 5);
    CHECK(literals[2].text == "raw \"text\"");
    CHECK(literals[3].text == "(é)");
}

TEST_CASE("a phrase is found across a line break, and not within a word") {
    REQUIRE(phrases().size() > 50);
    CHECK(contains(on_one_line("the\n  rule of"), "the rule"));
    CHECK_FALSE(contains("the ruler", "the rule"));
    CHECK_FALSE(contains("bathe rule", "the rule"));
    CHECK(contains("wanted: x", "wanted:"));
}

TEST_CASE("no string literal of the sources has a phrase that was replaced") {
    std::string found;
    std::size_t files = 0;
    for (const char* folder : {"framework", "plugins"})
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(std::filesystem::path(UNROLL_SOURCE) / folder)) {
            const auto extension = entry.path().extension();
            if (extension != ".cpp" && extension != ".h") continue;
            ++files;
            const std::string name = entry.path().lexically_relative(UNROLL_SOURCE).string();
            for (const StringLiteral& literal : string_literals(content_of(entry.path())))
                found += found_in(literal.text, name + ":" + std::to_string(literal.line));
        }
    CHECK(files > 300);
    INFO(found);
    CHECK(found.empty());
}

TEST_CASE("no help text and no list of plugins has a phrase that was replaced") {
    const TemporaryFolder place;
    std::string found;
    const Ended help = unroll(place, {"--help"});
    found += found_in(help.out, "unroll --help");
    std::size_t commands = 0;
    std::istringstream lines(help.out);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("  ")) continue;
        const std::string command = line.substr(2, line.find(' ', 2) - 2);
        const Ended ended = unroll(place, {command, "--help"});
        CHECK(ended.code == 0);
        found += found_in(ended.out, "unroll " + command + " --help");
        ++commands;
    }
    CHECK(commands >= 9);
    const Ended json = unroll(place, {"plugins", "--format", "json"});
    const boost::json::value plugins = boost::json::parse(json.out);
    CHECK(plugins.at("found").as_array().size() > 15);
    found += found_in(json.out, "unroll plugins --format json");
    found += found_in(unroll(place, {"plugins"}).out, "unroll plugins");
    INFO(found);
    CHECK(found.empty());
}
