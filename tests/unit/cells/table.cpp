// docs/cells.md says of every cell of this tree what its plugin and the head of its file say. With UNROLL_WRITE=1 in the
// environment, as scripts/cell-table sets it, the table is written anew instead.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "layer.h"

using namespace unroll;

namespace {

namespace fs = std::filesystem;

constexpr Size width = 128, steps = 128;  // D = H, and the context

std::string read(const fs::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The file of a cell below the repository's folder; empty: it is none of this tree.
std::string source_of(const std::string& name) {
    const fs::path root(UNROLL_SOURCE);
    for (const auto& entry : fs::recursive_directory_iterator(root / "plugins/cells"))
        if (entry.path().filename() == name + ".cpp") return entry.path().lexically_relative(root).string();
    return "";
}

struct Line {
    Size indentation;
    std::string text;
};

/// The comment at the top of a file.
std::vector<Line> head_of(const std::string& source) {
    std::vector<Line> lines;
    std::istringstream text(read(fs::path(UNROLL_SOURCE) / source));
    for (std::string line; std::getline(text, line) && line.starts_with("//");) {
        line.erase(0, 2);
        const Size first = line.find_first_not_of(' ');
        if (first == std::string::npos)
            lines.push_back({0, ""});
        else
            lines.push_back({first, line.substr(first)});
    }
    return lines;
}

/// Runs of spaces become one.
std::string squeezed(const std::string& text) {
    return std::regex_replace(text, std::regex(" +"), " ");
}

/// The formulas of a head: its first indented lines, or those of one preset. A line that is indented further goes on
/// from the one before.
std::string formulas(const std::vector<Line>& head, const std::string& preset) {
    std::string all;
    Size margin = 0;
    bool within = preset.empty();
    for (const Line& line : head) {
        if (line.indentation < 4) {
            if (!all.empty()) break;
            continue;
        }
        if (margin == 0) margin = line.indentation;
        const bool begins = line.indentation == margin;
        std::string text = line.text;
        if (!preset.empty() && begins) {
            within = text.starts_with(preset + " ");
            if (within) text.erase(0, preset.size());
        }
        if (!within) continue;
        all += (all.empty() ? "" : begins ? "; " : " ") + squeezed(text);
    }
    all.erase(0, all.find_first_not_of(' '));
    return std::regex_replace(all, std::regex("\\|"), "\\|");
}

/// The articles that a text names.
std::string articles(const std::string& text) {
    std::string all;
    const std::regex number("[0-9]{4}\\.[0-9]{5}|[0-9]{4}\\.[0-9]{4}(?![0-9])");
    for (std::sregex_iterator i(text.begin(), text.end(), number), end; i != end; ++i)
        all += fmt::format("{}[{}](https://arxiv.org/abs/{})", all.empty() ? "" : ", ", i->str(), i->str());
    return all.empty() ? text.find("PyTorch") != std::string::npos ? "PyTorch" : "see the file" : all;
}

std::string row(const std::string& name, const std::string& preset) {
    const Plugin& plugin = tests::built_plugin("cells", name);
    Options chosen;
    if (!preset.empty()) chosen.set("preset", preset);
    CellSpec spec;
    spec.input = spec.hidden = width;
    spec.context = steps;
    const auto cell = plugin.make_cell_float(spec, tests::with_defaults(plugin, chosen));
    const CellLayout& layout = cell->layout();
    const bool at_once = std::none_of(layout.weights.begin(), layout.weights.end(), [](const Weight& weight) {
        return weight.role == Weight::Role::recurrent && weight.shape.size() == 2;
    });
    const std::vector<Line> head = head_of(source_of(name));
    std::string prose;
    for (const Line& line : head) prose += line.text + " ";
    const std::string formula = formulas(head, preset);
    return fmt::format("| [`{}`](../{}){} | {} | {} | {} | {:.0f} | {} | {} | `{{ \"plugin\": \"{}\"{} }}` |\n", name,
                       source_of(name), preset.empty() ? "" : ", " + preset, formula, layout.weight_count(),
                       layout.state_size(), cell->flops(steps, 1) / (6.0 * double(steps)), at_once ? "yes" : "no",
                       articles(preset.empty() ? prose : formula), name,
                       preset.empty() ? "" : fmt::format(", \"preset\": \"{}\"", preset));
}

std::vector<std::string> presets_of(const Plugin& plugin) {
    for (const Option& option : plugin.options)
        if (std::string_view(option.name) == "preset") {
            std::vector<std::string> all;
            std::istringstream choices{std::string(option.choices)};
            for (std::string choice; std::getline(choices, choice, '|');) all.push_back(choice);
            return all;
        }
    return {""};
}

std::string table() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(UNROLL_PLUGINS "/cells"))
        if (entry.path().extension() == ".so" && !source_of(entry.path().stem()).empty())
            names.push_back(entry.path().stem());
    std::sort(names.begin(), names.end());
    std::string text =
        "| cell | formula | weights | state | multiply-adds | at once | article | in a manifest |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for (const std::string& name : names)
        for (const std::string& preset : presets_of(tests::built_plugin("cells", name))) text += row(name, preset);
    return text;
}

}  // namespace

TEST_CASE("docs/cells.md has every cell as its plugin and its file tell of it") {
    const fs::path path = fs::path(UNROLL_SOURCE) / "docs/cells.md";
    std::string page = read(path);
    const Size begin = page.find("| cell |");
    REQUIRE(begin != std::string::npos);
    const std::string wanted = page.substr(0, begin) + table();
    if (std::getenv("UNROLL_WRITE"))
        std::ofstream(path) << wanted;
    else
        CHECK(page == wanted);
}
