// A trial is rebuilt from its stored config alone, and is the same trial.
#include <fstream>
#include <iterator>
#include <regex>

#include "catch.h"
#include "plugins/loader.h"
#include "small_sweep.h"
#include "sweep/runnable.h"

using namespace unroll;

namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Whether a manifest names no file but those that stand beside it.
bool needs_no_data(const std::filesystem::path& manifest) {
    static const std::regex file("\"(path|images|labels|url)\": \"([^\"]+)\"");
    const std::string text = text_of(manifest);
    for (std::sregex_iterator match(text.begin(), text.end(), file), end; match != end; ++match)
        if (!std::filesystem::exists(manifest.parent_path() / (*match)[2].str())) return false;
    return true;
}

void check_same(const trial::Trial& planned, const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    const sweep::RunnableTrial rebuilt = sweep::rebuild(planned.config, catalog, datasets);
    CHECK(rebuilt.trial.fingerprint == planned.fingerprint);
    CHECK(rebuilt.trial.identity == planned.identity);
    CHECK(rebuilt.trial.config == planned.config);
    CHECK(rebuilt.dataset == datasets.load(planned.dataset));
    CHECK(rebuilt.model.parameters().size() > 0);
}

}  // namespace

TEST_CASE("every trial of a small sweep is rebuilt from its config") {
    SmallSweep small;
    for (const sweep::TrialPlan& trial : small.workload) check_same(*trial.trial, small.catalog(), small.datasets());
}

TEST_CASE("trials of the manifests in experiments/ are rebuilt from their configs") {
    plugins::Folder folder;
    folder.path = UNROLL_PLUGINS;
    const plugins::Catalog catalog = plugins::load({folder});
    manifest::DatasetCache datasets(catalog);
    Size manifests = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(UNROLL_SOURCE "/experiments")) {
        const std::filesystem::path& file = entry.path();
        if (file.extension() != ".json" || !needs_no_data(file)) continue;
        const manifest::Plan plan =
            manifest::expand(text_of(file), file.string(), {}, catalog, manifest::Lookup::standard(file), datasets,
                             sweep::host_queries(catalog));
        INFO(file);
        REQUIRE(!plan.trials.empty());
        check_same(plan.trials.front().trial, catalog, datasets);
        check_same(plan.trials.back().trial, catalog, datasets);
        ++manifests;
    }
    CHECK(manifests >= 5);
}

TEST_CASE("a trial whose data has changed is not taken for the one that was stored") {
    SmallSweep small;
    const trial::Trial& trial = *small.workload.at(0).trial;
    const std::string message = error_of([&] {
        sweep::rebuild(trial.config, small.workload.at(1).row.fingerprint, "trial 7", small.catalog(), small.datasets(),
                       {});
    });
    CHECK(message.find("trial 7: its dataset, or the revision of one of its plugins, has changed") == 0);
}
