// What a terminal of some width gets: tables that fit, and colour unless NO_COLOR is set.
#include <poll.h>
#include <pty.h>
#include <utmp.h>

#include <map>

#include "catch.h"
#include "program.h"

namespace {

/// What the program writes to a terminal so many columns wide, in a folder, with these environment variables besides.
std::string on_terminal(const TemporaryFolder& folder, Words words, unsigned short columns,
                        const std::map<std::string, std::string>& environment = {}) {
    words.insert(words.begin(), UNROLL_PROGRAM);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 24;
    int terminal = -1,
        end = -1;  // its end stays open here, so that what a program wrote last is not lost when it exits
    if (::openpty(&terminal, &end, nullptr, nullptr, &size) != 0) throw std::runtime_error("no terminal can be made");
    const pid_t id = ::fork();
    if (id < 0) throw std::runtime_error("no process can be made");
    if (id == 0) {
        ::close(terminal);
        ::login_tty(end);
        for (const char* variable : {"NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "UNROLL_PLUGIN_PATH"})
            ::unsetenv(variable);
        ::setenv("TERM", "xterm", 1);
        ::setenv("LC_ALL", "C.UTF-8", 1);
        for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
        if (::chdir(folder.path().c_str()) == 0) ::execv(UNROLL_PROGRAM, arguments.data());
        ::_exit(127);
    }
    std::string text;
    char buffer[4096];
    int status = 0;
    for (bool ended = false;;) {
        pollfd waiting{terminal, POLLIN, 0};
        if (::poll(&waiting, 1, 20) > 0) {
            const ssize_t count = ::read(terminal, buffer, sizeof buffer);
            if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
        } else if (ended) {
            break;  // nothing more came since
        } else {
            ended = ::waitpid(id, &status, WNOHANG) == id;
        }
    }
    ::close(end);
    ::close(terminal);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    std::erase(text, '\r');
    return text;
}

std::string without_color(const std::string& text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at)
        if (text[at] == '\033')
            at = text.find('m', at);
        else
            plain += text[at];
    return plain;
}

/// Columns that a line takes: two for a Chinese character, which UTF-8 begins with E4 to E9.
std::size_t columns_of(const std::string& line) {
    std::size_t columns = 0;
    for (const char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0) != 0x80) columns += byte >= 0xE4 && byte <= 0xE9 ? 2 : 1;
    }
    return columns;
}

const Workplace& place() {
    static const Workplace place;
    static const bool done = [] {
        Manifest manifest;
        manifest.sweep = R"({ "cell.plugin": ["self-attention", "gru"], "training.sequence_length": [4, 8],
                              "seed": [1, 2] })";
        manifest.more = R"("compare": { "by": ["cell.plugin", "training.sequence_length"] })";
        place.put("tiny.json", manifest);
        return unroll(place, {"run", "tiny.json", "--quiet"}).code == 0;
    }();
    if (!done) throw std::runtime_error("the run failed");
    return place;
}

}  // namespace

TEST_CASE("whatever a terminal is shown fits it at 60, 80 and 120 columns") {
    for (const Words& words : {Words{"compare", "tiny", "--plot"},
                               {"plan", "tiny.json", "--set", "sweep.seed=[1,2,3]"},
                               {"curve", "tiny"},
                               {"diff", "1", "3"},
                               {"show", "tiny.json"},
                               {"list"},
                               {"list", "tiny"},
                               {"sql", "SELECT * FROM result LIMIT 2"},
                               {"sql", "SELECT cell, text FROM sample JOIN trial ON trial.id = trial_id"},
                               {"help", "sample"},
                               {"--help"}})
        for (const unsigned short columns : {60, 80, 120}) {
            const std::string text = without_color(on_terminal(place(), words, columns));
            INFO(words[0] << " at " << columns << "\n" << text);
            CHECK(text.size() > 50);
            std::istringstream lines(text);
            for (std::string line; std::getline(lines, line);) {
                INFO(line);
                CHECK(columns_of(line) <= columns);
            }
        }
}

TEST_CASE("COLUMNS says how wide a terminal is, and a pipe has no width") {
    const Words query{"sql", "SELECT '" + std::string(300, 'x') + "' AS text"};
    CHECK(on_terminal(place(), query, 200, {{"COLUMNS", "60"}}).find(std::string(60, 'x') + "\n") != std::string::npos);
    CHECK(unroll(place(), query).prints(std::string(300, 'x')));
}

TEST_CASE("a terminal has colour unless NO_COLOR is set, a pipe only when it is forced") {
    const Words words{"compare", "tiny"};
    CHECK(on_terminal(place(), words, 80).find("\033[1m") != std::string::npos);
    CHECK(on_terminal(place(), words, 80, {{"NO_COLOR", "1"}}).find('\033') == std::string::npos);
    CHECK(on_terminal(place(), words, 80, {{"TERM", "dumb"}}).find('\033') == std::string::npos);
    CHECK(unroll(place(), words).out.find('\033') == std::string::npos);
    ::setenv("CLICOLOR_FORCE", "1", 1);
    CHECK(unroll(place(), words).out.find("\033[1m") != std::string::npos);
    ::unsetenv("CLICOLOR_FORCE");
}

TEST_CASE("a live line keeps the loss on a narrow terminal") {
    const Workplace narrow;
    Manifest manifest;
    manifest.training = R"({ "sequence_length": 8, "batch": 4, "steps": 40000, "evaluate_every": 20000 })";
    manifest.sweep = R"({ "training.optimizer.learning_rate": [0.001], "training.sequence_length": [8], "seed": [1] })";
    narrow.put("tiny.json", manifest);
    const std::string text = on_terminal(narrow, {"run", "tiny.json"}, 40);
    INFO(text);
    CHECK(text.find("/40000  loss ") != std::string::npos);
}
