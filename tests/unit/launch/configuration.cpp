// Defaults of the user's configuration folder.
#include "launch/configuration.h"

#include <cstdlib>

#include "catch.h"
#include "temporary_folder.h"

using namespace unroll;
using namespace unroll::launch;

namespace {

Configuration read(const std::string& text) {
    const TemporaryFolder folder;
    ::setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1);
    std::filesystem::create_directory(folder.path() / "unroll");
    if (!text.empty()) folder.write("unroll/slurm.json", text);
    return slurm_configuration();
}

using Options = std::vector<std::string>;

}  // namespace

TEST_CASE("defaults become options, and variables of sbatch stand above them") {
    CHECK(read("").options.empty());
    const std::string text = R"({"partition": "cpu", "account": "lab", "time": "2:00:00", // hours
        "cpus_per_task": 4, "nodes_at_most": 9, "run_folders": "/scratch", "options": ["--mem=8G"]})";
    const Configuration all = read(text);
    CHECK(all.options == Options{"--partition=cpu", "--account=lab", "--mem=8G"});
    CHECK(all.time == "2:00:00");
    CHECK(all.cpus == 4);
    CHECK(all.nodes_at_most == 9);
    CHECK(all.run_folders == "/scratch");
    ::setenv("SBATCH_PARTITION", "gpu", 1);
    ::setenv("SBATCH_TIMELIMIT", "5", 1);
    CHECK(read(text).options == Options{"--account=lab", "--mem=8G"});
    CHECK(read(text).time == "");
    ::unsetenv("SBATCH_PARTITION");
    ::unsetenv("SBATCH_TIMELIMIT");
}

TEST_CASE("a file that is not as it should be is refused, with its line") {
    CHECK_THROWS_WITH(read("{\n\"partitoin\": \"x\"}"),
                      Catch::Contains("slurm.json:2") && Catch::Contains("did you mean \"partition\"?"));
    CHECK_THROWS_WITH(read(R"({"cpus_per_task": "four"})"), Catch::Contains("a whole number from 1"));
    CHECK_THROWS_WITH(read(R"({"options": "--mem=8G"})"), Catch::Contains("a list of options"));
    CHECK_THROWS_WITH(read("[]"), Catch::Contains("an object"));
    CHECK_THROWS(read("{"));
}
