// unroll verify TRIAL: train it again and compare the losses bit for bit.
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>

#include "analysis/verification.h"
#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/message.h"
#include "cli/stored_trial.h"
#include "sweep/build_id.h"
#include "sweep/cores.h"
#include "training/trainer.h"
#include "trial/splits.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

/// A folder of its own that is gone when this is.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "unroll-verify-XXXXXX").string();
        if (!mkdtemp(pattern.data()))
            throw Error({pattern, fmt::format("cannot be created: {}", std::strerror(errno)),
                         "a folder for temporary files", "set TMPDIR to a folder that is writable"});
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::set<std::uint64_t> evaluated_at(const analysis::Points& points) {
    std::set<std::uint64_t> steps;
    for (const auto& [key, value] : points)
        if (key.split == "validation") steps.insert(key.step);
    return steps;
}

/// Leaves out what depends on when one measured: evaluations that the store does not have, and points of the training
/// curve that another trial, whose first part this one took over, recorded at other steps.
void leave_out_further(analysis::Points& stored, analysis::Points& again, const std::set<std::uint64_t>& evaluated,
                       Size log_every) {
    std::erase_if(again, [&](const auto& point) {
        return point.first.split == "validation" && !evaluated.contains(point.first.step);
    });
    std::erase_if(stored, [&](const auto& point) {
        return point.first.split == "train" && point.first.step % log_every != 0 && !again.contains(point.first);
    });
}

void print(const std::vector<analysis::Mismatch>& mismatches) {
    constexpr Size most_shown = 10;
    for (Size i = 0; i < std::min(mismatches.size(), most_shown); ++i) {
        const auto& [point, stored, repeated] = mismatches[i];
        fmt::print("{}/{} at step {}: {}, {}\n", point.split, point.name, point.step,
                   stored ? fmt::format("stored {}", *stored) : "not in the store",
                   repeated ? fmt::format("now {}", *repeated) : "now absent");
    }
    if (mismatches.size() > most_shown) fmt::print("… and {} more\n", mismatches.size() - most_shown);
}

}  // namespace

Command verify_command() {
    Command command;
    command.usage = "unroll verify TRIAL";
    command.about =
        "Trains a finished or diverged trial again, in memory, and compares every loss with the stored one, bit for "
        "bit. Equal bits are guaranteed for the same build on the same SIMD instruction set; with another one, this "
        "shows how far the results differ.";
    command.positional = {"trial"};
    return command;
}

int verify(const Words& words) {
    const auto arguments = parse(verify_command(), words);
    if (!arguments) return success;
    const std::string name = exactly(*arguments, "trial", 1, an_id_or_fingerprint, list_of_trials)[0];

    Session session(*arguments);
    store::Store store(arguments->database, store::Store::Mode::read);
    const StoredTrial trial = stored_trial(store, name, session);
    if (!trial::is_done(trial.found.status))
        throw Error({fmt::format("trial {}", trial.found.id), std::string(trial::to_string(trial.found.status)),
                     "a finished or diverged trial", "run its manifest to the end first"});
    const std::string build = sweep::Builds(session.catalog()).of(trial.runnable.trial);
    if (build != trial.state.build)
        message("note: trained with build {}, this is build {}: equal bits are not guaranteed\n", trial.state.build,
                build);

    const TemporaryFolder folder;
    analysis::Points again;
    training::Listener listener([&](const training::Record& record) {
        const auto* point = std::get_if<training::Point>(&record);
        if (point && analysis::is_reproducible(point->name))
            again[{std::string(trial::name_of(point->split)), point->name, point->step}] = point->value;
    });
    training::Job job{
        trial.runnable.trial, *trial.runnable.dataset, trial.runnable.model, session.catalog(), {}, folder.path(), {}};
    analysis::Points stored = analysis::reproducible_points(store, trial.found.id);
    job.evaluate_at = evaluated_at(stored);
    if (trial.runnable.start) job.start = [&](float* weights) { trial.runnable.start(weights); };
    const training::Outcome outcome = training::train(job, listener, catch_interrupts());
    if (outcome.status == trial::TrialStatus::interrupted) return interrupted;

    leave_out_further(stored, again, job.evaluate_at, trial.runnable.trial.training.log_every);
    const auto mismatches = analysis::mismatches(stored, again);
    print(mismatches);
    if (!mismatches.empty()) {
        fmt::print("trial {}: {} of {} values differ\n", trial.found.id, mismatches.size(), stored.size());
        return unmet;
    }
    fmt::print("trial {}: OK: all {} values are equal to the last bit\n", trial.found.id, stored.size());
    return success;
}

}  // namespace unroll::cli
