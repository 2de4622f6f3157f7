// Parts of a sweep: cores, distinct trials, missing samples.
#include "catch.h"
#include "small_sweep.h"
#include "sweep/build_id.h"
#include "sweep/cores.h"
#include "sweep/pending.h"
#include "training/length.h"
#include "trial/due.h"

using namespace unroll;

namespace {

Size cores(const TemporaryFolder& folder) {
    return sweep::available_cores(folder.path() / "groups", folder.path() / "membership");
}

manifest::Override set(const std::string& text) {
    return manifest::parse_override(text);
}

}  // namespace

TEST_CASE("cores are cut to the quota of any control group around this process") {
    const Size all = cores(TemporaryFolder());
    REQUIRE(all >= 1);
    {
        const TemporaryFolder folder;
        folder.write("membership", "0::/outer/inner\n");
        folder.write("groups/outer/inner/cpu.max", "max 100000\n");
        CHECK(cores(folder) == all);
        folder.write("groups/outer/cpu.max", "30000 100000\n");
        CHECK(cores(folder) == 1);
        folder.write("groups/outer/cpu.max", "1000000000 100000\n");
        CHECK(cores(folder) == all);
        folder.write("groups/cpu.max", "100000 100000\n");
        CHECK(cores(folder) == 1);
    }
    {
        const TemporaryFolder folder;
        folder.write("membership", "8:pids:/\n4:cpu,cpuacct:/box\n0::/\nnonsense\n");
        folder.write("groups/cpu,cpuacct/box/cpu.cfs_quota_us", "-1\n");
        folder.write("groups/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
        CHECK(cores(folder) == all);
        folder.write("groups/cpu,cpuacct/box/cpu.cfs_quota_us", "50000\n");
        CHECK(cores(folder) == 1);
    }
    if (all > 1) {
        const TemporaryFolder folder;
        folder.write("groups/cpu.max", "110000 100000\n");
        CHECK(cores(folder) == 2);  // rounded up
    }
}

TEST_CASE("trials that two plans share are one") {
    std::string other = small_manifest;
    other.replace(other.find("\"small\""), 7, "\"other\"");
    other.replace(other.find("[0.5, 1.0]"), 10, "[0.5, 2.0]");
    other.replace(other.find("[1, 2, 3, 4]"), 12, "[3, 4, 5]");
    const SmallSweep both({small_manifest, other});
    CHECK(both.workload.size() == 10);
    Size shared = 0;
    for (const sweep::TrialPlan& work : both.workload) {
        CHECK(work.cost == work.row.flops_per_step * 20);
        CHECK(work.row.steps == 20);
        CHECK(work.row.steps_per_epoch == 24);
        CHECK(work.row.cell == "small-gated");
        CHECK(work.row.task == "next-token");
        CHECK(work.row.plugins == std::vector<std::string>{"cell/small-gated@1", "dataset/small-corpus@1"});
        CHECK(work.row.layers == 2);
        shared += work.sampling.size() == 8;
        CHECK((work.sampling.size() == 8 || work.sampling.size() == 4));
        // What both ask for is wanted once: three temperatures, two prompts, two texts each.
        const auto wanted = sampling::plan_samples(*work.trial, work.sampling, *work.dataset, 10, 0);
        CHECK(wanted.size() == (work.sampling.size() == 8 ? 12 : 8));
    }
    CHECK(shared == 4);
    for (const manifest::Plan& plan : both.plans) {
        const auto members = sweep::memberships(plan);
        CHECK(members.size() == plan.trials.size());
        CHECK(sweep::experiment_row(plan).name == plan.name);
    }
}

TEST_CASE("a fingerprint knows what changes losses from what does not") {
    const auto first = [](const std::vector<manifest::Override>& overrides) {
        return SmallSweep({small_manifest}, overrides).workload.at(0).row.fingerprint;
    };
    const std::string base = first({});
    CHECK(base.size() == 64);
    for (const char* same : {"sampling.length=9", "name=\"x\"", "sampling=false"}) CHECK(first({set(same)}) == base);
    for (const char* different : {"training.steps=21", "cell.dropout=0.1", "dataset.train=601"})
        CHECK(first({set(different)}) != base);
}

TEST_CASE("missing samples are those that are due, wanted and not there") {
    const SmallSweep small;
    const sweep::TrialPlan& work = small.workload.at(0);
    const auto pending = [&](const std::set<sampling::SampleKey>& present,
                             const std::vector<training::CheckpointInfo>& checkpoints) {
        return sweep::pending_samples(*work.trial, *work.dataset, work.sampling, present, checkpoints);
    };
    const training::CheckpointInfo at10{10, "10", "", false, false}, at20{20, "20", "", true, false};
    const auto all = pending({}, {at10, at20});
    REQUIRE(all.makeable.size() == 2);
    CHECK(all.makeable[0].checkpoint.step == 10);
    CHECK(all.makeable[0].samples.size() == 8);
    CHECK(all.makeable[1].checkpoint.step == 20);
    CHECK(all.lost == 0);
    CHECK(all.makeable[0].samples[0].sample.epoch == Catch::Approx(10 / 24.0));

    std::set<sampling::SampleKey> present;
    for (const auto& at : all.makeable)
        for (const auto& wanted : at.samples) present.insert(wanted.sample.key);
    CHECK(present.size() == 16);
    CHECK(pending(present, {at10, at20}).makeable.empty());
    present.erase(present.begin());
    const auto one = pending(present, {at10, at20});
    REQUIRE(one.makeable.size() == 1);
    CHECK(one.makeable[0].samples.size() == 1);

    CHECK(pending({}, {at20}).lost == 8);
    CHECK(pending({}, {}).lost == 16);
    // A trial that ended early wants nothing after its end.
    const training::CheckpointInfo at13{13, "13", "", true, false};
    const auto early = pending({}, {at10, at13});
    REQUIRE(early.makeable.size() == 2);
    CHECK(early.makeable[1].checkpoint.step == 13);
    CHECK(early.lost == 0);
}

TEST_CASE("a build is told by the program, and is the same each time") {
    const plugins::Catalog catalog = small::catalog();
    const std::string build = sweep::Builds(catalog).of(small::trial(small::gated_cell));
    CHECK(build == sweep::Builds(catalog).of(small::trial(small::gated_cell)));
    CHECK(build.size() > 13);
    CHECK(build.substr(12) == " " + kernel_set());
}
