// unroll verify: train trials again and compare the losses bit for bit.
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <set>

#include "analysis/verification.h"
#include "base/diagnostics.h"
#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/message.h"
#include "cli/print.h"
#include "cli/stored_trial.h"
#include "store/listing.h"
#include "sweep/build_id.h"
#include "training/trainer.h"
#include "trial/splits.h"
#include "unroll/error.h"
#include "unroll/random.h"

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

void tell(const std::vector<analysis::Mismatch>& mismatches) {
    constexpr Size most_shown = 10;
    for (Size i = 0; i < std::min(mismatches.size(), most_shown); ++i) {
        const auto& [point, stored, repeated] = mismatches[i];
        print("{}/{} at step {}: {}, {}\n", point.split, point.name, point.step,
              stored ? fmt::format("stored {}", *stored) : "not in the store",
              repeated ? fmt::format("now {}", *repeated) : "now absent");
    }
    if (mismatches.size() > most_shown) print("… and {} more\n", mismatches.size() - most_shown);
}

/// Trains it again. success, unmet or interrupted.
int verify_trial(const StoredTrial& trial, store::Store& store, const Session& session) {
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
    const std::set<std::uint64_t> evaluated = evaluated_at(stored);
    job.evaluate_at = [&](std::uint64_t step) { return evaluated.contains(step); };
    if (trial.runnable.start) job.start = [&](float* weights) { trial.runnable.start(weights); };
    const training::Outcome outcome = training::train(job, listener, catch_interrupts());
    if (outcome.status == trial::TrialStatus::interrupted) return interrupted;

    leave_out_further(stored, again, evaluated, trial.runnable.trial.training.log_every);
    const auto mismatches = analysis::mismatches(stored, again);
    tell(mismatches);
    if (!mismatches.empty()) {
        print("trial {}: {} of {} values differ\n", trial.found.id, mismatches.size(), stored.size());
        return unmet;
    }
    print("trial {}: OK: all {} values are equal to the last bit\n", trial.found.id, stored.size());
    return success;
}

/// Finished and diverged trials of an experiment: `count` of them, drawn by seed, in the order of the manifest.
std::vector<store::Id> drawn(store::Store& store, const std::string& experiment, Size count, std::uint64_t seed) {
    std::vector<store::Id> done;
    for (const store::ListedTrial& trial : store::list_trials(store, experiment))
        if (trial.current && trial::is_done(trial.status)) done.push_back(trial.id);
    if (done.empty())
        throw Error({experiment, "an experiment without a finished trial", "trials that are trained to their end",
                     "run its manifest first"});
    if (done.size() < count)
        message("note: experiment '{}' has {} finished trials, and all of them are trained again\n", experiment,
                done.size());
    std::vector<Size> places(done.size());
    std::iota(places.begin(), places.end(), Size{0});
    RandomStream draw(seed, "trials to verify");
    const Size wanted = std::min<Size>(count, done.size());
    for (Size i = 0; i < wanted; ++i) std::swap(places[i], places[i + draw.below(places.size() - i)]);
    std::sort(places.begin(), places.begin() + std::ptrdiff_t(wanted));
    std::vector<store::Id> chosen;
    for (Size i = 0; i < wanted; ++i) chosen.push_back(done[places[i]]);
    return chosen;
}

int verify_sample(const Arguments& arguments, const std::string& experiment, store::Store& store, Session& session) {
    const Size count = whole_number(arguments, "sample", 1, 1'000'000, "as in --sample 5");
    const std::uint64_t seed = whole_number(arguments, "seed", 0, largest_seed, "leave it out for 1");
    Size equal = 0;
    const std::vector<store::Id> chosen = drawn(store, experiment, count, seed);
    for (const store::Id id : chosen) try {
            const int code = verify_trial(stored_trial(store, std::to_string(id), session, arguments), store, session);
            if (code == interrupted) return interrupted;
            equal += code == success;
            std::fflush(stdout);  // one trial may take an hour
        } catch (const base::Problems& problems) {
            message("unroll: trial {} cannot be trained again: {}\n", id, problems.what());
        } catch (const Error& error) {
            message("unroll: trial {} cannot be trained again: {}\n", id, error.what());
        }
    print("{}: {} of {} trials (drawn with seed {}) are equal to the last bit\n", experiment, equal, chosen.size(),
          seed);
    return equal == chosen.size() ? success : unmet;
}

}  // namespace

Command verify_command() {
    Command command;
    command.usage =
        "unroll verify TRIAL [--data PATH] [--download] | unroll verify EXPERIMENT --sample N [--seed S] [--data PATH] "
        "[--download]";
    command.about =
        "Trains a finished or diverged trial again, in memory, and compares every loss with the stored one, bit for "
        "bit. With --sample, N finished trials of an experiment, drawn by seed: the same seed draws the same ones. "
        "Equal bits are guaranteed for the same build on the same SIMD instruction set; with another one, this shows "
        "how far the results differ.\n"
        "Exit codes: 0 all values are equal; 1 values differ, or a trial that was drawn cannot be trained again; 2 "
        "invalid request; 130 interrupted.";
    command.options.add_options()("sample", po::value<std::int64_t>()->value_name("N"),
                                  "number of trials of the experiment to train again")(
        "seed", po::value<std::int64_t>()->value_name("S")->default_value(1), "seed that they are drawn with");
    add_data_option(command);
    command.positional = {"trial"};
    return command;
}

int verify(const Words& words) {
    const auto arguments = parse(verify_command(), words);
    if (!arguments) return success;
    const bool draws = arguments->has("sample");
    const std::string name =
        draws ? exactly(*arguments, "trial", 1, "the name of an experiment", "list them with: unroll list")[0]
              : exactly(*arguments, "trial", 1, an_id_or_fingerprint, list_of_trials)[0];
    if (!draws && arguments->has("seed"))
        throw Error({"--seed", "without --sample", "trials to draw", "add --sample N and the name of an experiment"});

    Session session(*arguments);
    store::Store store(arguments->database, store::Store::Mode::read);
    if (draws) return verify_sample(*arguments, name, store, session);
    const StoredTrial trial = stored_trial(store, name, session, *arguments);
    if (!trial::is_done(trial.found.status))
        throw Error({fmt::format("trial {}", trial.found.id), std::string(trial::to_string(trial.found.status)),
                     "a finished or diverged trial", "run its manifest to the end first"});
    return verify_trial(trial, store, session);
}

}  // namespace unroll::cli
