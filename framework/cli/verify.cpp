// unroll verify TRIAL: run it again and compare the losses bit for bit.
#include <fmt/core.h>

#include <bit>
#include <map>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/stored_trial.h"
#include "store/query.h"
#include "sweep/build.h"
#include "sweep/cores.h"
#include "training/trainer.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

using Key = std::tuple<std::string, std::string, std::uint64_t>;  // split, name, step

/// Wall-clock figures are exempt from the promise.
bool is_promised(std::string_view name) {
    return name != "tokens_per_second";
}

/// Keeps the points of a trial in memory.
class Memory final : public training::Records {
public:
    std::map<Key, double> points;

private:
    void point(const training::Point& point) override {
        if (is_promised(point.name))
            points[{std::string(point.split), std::string(point.name), point.step}] = point.value;
    }
    void by_position(std::uint64_t, std::string_view, const training::PositionMeans&) override {}
    void gradient(std::uint64_t, training::GradientNorms) override {}
    void samples(std::vector<sampling::Sample>) override {}
    void checkpoint(training::CheckpointRecord) override {}
    void progress(std::uint64_t, std::uint64_t, double, double) override {}
};

std::map<Key, double> stored_points(store::Store& store, store::Id trial) {
    std::map<Key, double> points;
    for (const auto& row :
         store::query(store, "SELECT split, name, step, value FROM metric WHERE trial_id = ?", {trial}).rows)
        if (is_promised(std::get<std::string>(row[1])))
            points[{std::get<std::string>(row[0]), std::get<std::string>(row[1]),
                    std::uint64_t(std::get<std::int64_t>(row[2]))}] = std::get<double>(row[3]);
    return points;
}

/// A folder of its own that is gone when this is.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "unroll-verify-XXXXXX").string();
        if (!mkdtemp(pattern.data()))
            throw Error(
                {pattern, "a folder that cannot be made", "room for temporary files", "set TMPDIR to such a folder"});
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

/// Prints what differs; returns how many values do.
Size compare(const std::map<Key, double>& stored, const std::map<Key, double>& again) {
    constexpr Size most_shown = 10;
    Size different = 0;
    const auto tell = [&](const Key& key, const std::string& what) {
        if (++different <= most_shown)
            fmt::print("{}/{} at step {}: {}\n", std::get<0>(key), std::get<1>(key), std::get<2>(key), what);
    };
    for (const auto& [key, value] : stored) {
        const auto other = again.find(key);
        if (other == again.end())
            tell(key, fmt::format("stored {}, now absent", value));
        else if (std::bit_cast<std::uint64_t>(value) != std::bit_cast<std::uint64_t>(other->second))
            tell(key, fmt::format("stored {}, now {}", value, other->second));
    }
    for (const auto& [key, value] : again)
        if (!stored.contains(key)) tell(key, fmt::format("absent in the store, now {}", value));
    if (different > most_shown) fmt::print("… and {} more\n", different - most_shown);
    return different;
}

}  // namespace

int verify(const Words& words) {
    Command command;
    command.usage = "unroll verify TRIAL";
    command.about =
        "Trains a finished trial again, in memory, and compares every loss with the store's, bit for bit. The promise "
        "is for\n"
        "the same build and kernel set; with another one this tells how far the results are apart.";
    command.positional = {"trial"};
    const auto arguments = parse(std::move(command), words);
    if (!arguments) return well;
    if (!arguments->has("trial") || arguments->get<std::vector<std::string>>("trial").size() != 1)
        throw Error({"command line", "not one trial", "a trial's id or the beginning of its fingerprint",
                     "list them with: unroll sql 'SELECT id, cell, status FROM trial'"});

    Session session(*arguments);
    store::Store store(arguments->database, store::Store::Mode::read);
    const StoredTrial trial = stored_trial(store, arguments->get<std::vector<std::string>>("trial")[0], session);
    if (trial.found.status != store::Status::finished && trial.found.status != store::Status::diverged)
        throw Error({fmt::format("trial {}", trial.found.id), std::string(store::to_string(trial.found.status)),
                     "a finished or diverged trial", "run its manifest to the end first"});
    const std::string build = sweep::Builds(session.catalog()).of(trial.planned.trial);
    if (build != trial.state.build)
        fmt::print(stderr, "note: trained with build {}, this is {}: equal bits are not promised\n", trial.state.build,
                   build);

    const TemporaryFolder folder;
    Memory again;
    const training::Job job{trial.planned.trial, *trial.dataset, trial.model, session.catalog(), {}, folder.path(), {}};
    const training::Outcome outcome = training::train(job, again, catch_interrupts());
    if (outcome.kind == training::Outcome::Kind::interrupted) return interrupted;

    const auto stored = stored_points(store, trial.found.id);
    if (const Size different = compare(stored, again.points)) {
        fmt::print("trial {}: {} of {} values differ\n", trial.found.id, different, stored.size());
        return unmet;
    }
    fmt::print("trial {}: all {} values are equal to the last bit\n", trial.found.id, stored.size());
    return well;
}

}  // namespace unroll::cli
