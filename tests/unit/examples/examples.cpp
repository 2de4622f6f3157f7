// What docs/ shows: the code there is the code that is built and tested here, and it does what is said of it.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

#include "catch.h"
#include "conformance/conformance.h"
#include "plugin.h"

using namespace unroll;

namespace {

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

const std::filesystem::path source = UNROLL_SOURCE;

bool shows(const char* page, const char* code) {
    return read(source / "docs" / page).find("```cpp\n" + read(source / code) + "```\n") != std::string::npos;
}

const Plugin& example(const std::string& folder, const std::string& name) {
    return load_plugin(folder, name, UNROLL_EXAMPLES);
}

}  // namespace

TEST_CASE("the pages show the tested code, word for word") {
    CHECK(shows("writing-a-cell.md", "plugins/cells/minimal-gated.cpp"));
    CHECK(shows("writing-a-cell.md", "tests/fixtures/examples/leaky.cpp"));
    CHECK(shows("writing-a-dataset-or-sampler.md", "tests/fixtures/examples/parity.cpp"));
    CHECK(shows("writing-a-dataset-or-sampler.md", "tests/fixtures/examples/min-p.cpp"));
}

TEST_CASE("what the pages link to is there") {
    for (const auto& page : std::filesystem::directory_iterator(source / "docs")) {
        const std::string text = read(page.path());
        for (Size at = text.find("]("); at != std::string::npos; at = text.find("](", at + 2)) {
            std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
            target = target.substr(0, target.find('#'));
            if (target.empty() || target.find("://") != std::string::npos) continue;
            CAPTURE(page.path(), target);
            CHECK(std::filesystem::exists(page.path().parent_path() / target));
        }
    }
}

TEST_CASE("the examples keep the promises of the SDK") {
    for (const auto& [folder, name] : {std::pair("cells", "leaky"), {"datasets", "parity"}, {"samplers", "min-p"}}) {
        const conformance::Report report = conformance::check(example(folder, name));
        CAPTURE(conformance::to_string(report));
        CHECK(report.passed());
    }
}

TEST_CASE("leaky: the memory fades by its leak") {
    const Plugin& plugin = example("cells", "leaky");
    const auto cell = plugin.make_cell_double({.input = 1, .hidden = 1}, plugin_options(plugin, {{"leak", "0.5"}}));
    const std::vector<double> weights = {2, 0}, x = {1, 0, 0};
    std::vector<double> prepared(cell->prepared_size()), y(3), state(1), workspace(cell->workspace_size(3, 1));
    cell->prepare(weights.data(), prepared.data());
    cell->forward({.T = 3,
                   .B = 1,
                   .weights = weights.data(),
                   .prepared = prepared.data(),
                   .x = {.values = x.data()},
                   .y = y.data(),
                   .next_state = state.data(),
                   .workspace = workspace.data()});
    CHECK(y == std::vector<double>{1, 0.5, 0.25});
    CHECK(state == std::vector<double>{0.25});
}

TEST_CASE("parity: the label is the parity of the bits") {
    const Plugin& plugin = example("datasets", "parity");
    const auto dataset = plugin.make_dataset(plugin_options(plugin, {{"length", "5"}}));
    CHECK(dataset->task().kind == Task::Kind::label);
    int ones = 0;
    for (Size i = 0; i < 200; ++i) {
        std::vector<Token> tokens(5), targets(5);
        std::vector<float> weights(5);
        Example out{.tokens = tokens.data(), .target_tokens = targets.data(), .weights = weights.data()};
        dataset->example(Split::validation, i, out);
        int sum = 0;
        for (Token bit : tokens) sum += bit;
        CHECK(targets[4] == sum % 2);
        CHECK(weights == std::vector<float>{0, 0, 0, 0, 1});
        CHECK(out.length == 5);
        ones += targets[4];
    }
    CHECK(std::abs(ones - 100) < 35);  // 5 standard deviations
}

TEST_CASE("min-p: tokens that are too much less probable are never picked") {
    const Plugin& plugin = example("samplers", "min-p");
    const auto sampler = plugin.make_sampler(plugin_options(plugin, {{"p", "0.5"}}));
    const std::vector<float> logits = {0, -0.5f, -0.8f, -3};
    std::vector<double> scratch(4);
    RandomStream stream(1, "min-p");
    std::vector<int> counts(4);
    for (int i = 0; i < 1000; ++i) ++counts[static_cast<Size>(sampler->pick({logits, 1, {}, stream, scratch}))];
    CHECK(counts[0] > counts[1]);
    CHECK(counts[1] > 200);
    CHECK(counts[2] + counts[3] == 0);
}
