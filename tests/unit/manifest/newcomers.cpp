// What somebody who knows PyTorch, Keras or Hugging Face writes at first: each manifest of fixtures/newcomers is refused
// with the help that its last lines say, and every term of the table leads to a setting that is there.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/text.h"
#include "catch.h"
#include "fixtures.h"
#include "manifest/suggestion.h"
#include "manifest/terms.h"
#include "plugins/loader.h"
#include "plugins/options_check.h"

namespace unroll::manifest::test {
namespace {

namespace fs = std::filesystem;

/// The plugins that come along.
const plugins::Catalog& shipped() {
    static const plugins::Catalog loaded = plugins::load({{UNROLL_PLUGINS, "tests", true}});
    return loaded;
}

std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The lines that begin with `prefix`, without it.
std::string lines_with(const std::string& text, const std::string& prefix) {
    std::string found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(prefix)) found += line.substr(prefix.size()) + "\n";
    return found;
}

/// Whether a setting of the table or an option of a plugin that comes along has this path.
bool is_there(const std::string& path) {
    const std::size_t point = path.rfind('.');
    const Section& place = section(point == path.npos ? "" : path.substr(0, point));
    const std::string name = path.substr(path.rfind('.') + 1);
    for (const Setting& setting : place.settings)
        if (setting.option.name == name) return true;
    for (const plugins::Found& found : shipped().found())
        if (place.plugin && found.plugin->kind == plugin_kind(place) && plugins::find_option(*found.plugin, name))
            return true;
    return false;
}

TEST_CASE("each newcomer's manifest is refused with the help that leads to the remedy") {
    const fs::path fixtures = UNROLL_FIXTURES;
    int count = 0;
    for (const auto& entry : fs::directory_iterator(fixtures / "newcomers")) {
        INFO(entry.path().string());
        const std::string text = content(entry.path());
        DatasetCache datasets(shipped());
        std::string refused;
        try {
            manifest::expand(text, "mine.json", {}, shipped(), Lookup{{fixtures}}, datasets, host_queries());
        } catch (const base::Problems& problems) {
            refused = std::string(problems.what()) + "\n";
        }
        CHECK(lines_with(refused, "  help: ") == lines_with(text, "// help: "));
        CHECK(!refused.empty());
        ++count;
    }
    CHECK(count >= 20);
}

TEST_CASE("on the command line the help is a command line") {
    const auto help = [](const std::string& path, const std::string& value) {
        return lines_with(problems(with(""), {{path, value}}) + "\n", "  help: ");
    };
    CHECK(help("training.lr", "0.1") ==
          "did you mean \"training.optimizer.learning_rate\"? write --set 'training.optimizer.learning_rate=0.1'\n");
    CHECK(help("training.batch", "[1, 2]") == "to try each value, write --set 'sweep.training.batch=[1, 2]'\n");
    CHECK(help("lr", "[0.1, 0.2]") ==
          "did you mean \"training.optimizer.learning_rate\"? "
          "to try each value, write --set 'sweep.training.optimizer.learning_rate=[0.1, 0.2]'\n");
}

TEST_CASE("every term leads to a setting, and means one thing in a section") {
    std::map<std::string, int> seen;
    for (const Term& term : terms()) {
        CAPTURE(term.names, term.path);
        if (*term.path) CHECK(is_there(term.path));
        CHECK((*term.path || *term.advice));
        for (const std::string& section : base::split(term.within, '|'))
            for (const std::string& name : base::split(term.names, '|')) {
                CAPTURE(name);
                CHECK(++seen[section + " " + bare_name(name)] == 1);
                CHECK(find_term(name, section) == &term);
            }
    }
    CHECK(find_term("Batch-Size", "training") == find_term("batch_size", "dataset"));
    CHECK(find_term("type", "") == nullptr);
}

}  // namespace
}  // namespace unroll::manifest::test
