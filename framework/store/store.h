// The result store: one SQLite file. This floor is the only place that knows SQLite.
//
// A Store is one connection, used by one thread. During a sweep the writer thread owns it (writer.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/checkpoint_files.h"
#include "training/record.h"
#include "trial/cause.h"
#include "trial/status.h"
#include "unroll/types.h"

namespace unroll::store {

class Database;

using Id = std::int64_t;

/// The columns of `trial` that are known before it runs.
struct TrialRow {
    std::string fingerprint, config;
    std::string identity, trajectory{};  ///< as in trial::Trial
    std::uint64_t seed = 0;
    std::string task, topology, dataset, cell;  ///< cell: the plugin's name; several are joined by '+',
                                                ///< those of two equal parts named once
    Size hidden = 0;                            ///< of the last cell, which the head reads
    Size layers = 0;                            ///< of all cells, encoder and decoder together
    Size sequence_length = 0, batch = 0, steps = 0;
    std::string optimizer;
    double learning_rate = 0;
    Size parameters = 0;
    Size state_size = 0;  ///< numbers that a sequence carries from step to step
    double flops_per_step = 0;
    std::uint64_t steps_per_epoch = 1;  ///< so that views tell the epoch of a step
    std::vector<std::string> plugins;   ///< "kind/name@revision", for plugin and trial_plugin
};

struct ExperimentRow {
    std::string name, about, manifest;
    std::string metric = "validation/loss", goal = "min";  ///< goal: min | max
    std::vector<std::string> by, best;                     ///< axes that `compare` groups by, and chooses the best of
    std::filesystem::path file;                            ///< the manifest's; empty when it is from no file
};

struct Membership {
    std::string fingerprint;
    std::string axes;  ///< JSON object nested like config
};

/// What the store knows of a trial. While one is trained again (Store::renew), a store opened to write tells of the new
/// attempt, one opened to read of what it had before.
struct TrialState {
    Id id = 0;
    trial::TrialStatus status = trial::TrialStatus::queued;
    std::string fingerprint, error;
    trial::Cause cause = trial::Cause::none;            ///< of the last attempt's end; stores opened to write tell it
    std::optional<double> bound;                        ///< the limit that ended it, in seconds or bytes
    bool has_crashed = false;                           ///< likewise: an attempt at it has brought its process down
    std::string build;                                  ///< of the last attempt
    std::vector<training::CheckpointInfo> checkpoints;  ///< oldest first
    double seconds = 0;  ///< training time up to the newest checkpoint, as its points tell
};

/// How an attempt began.
struct AttemptStart {
    std::string fingerprint, build, host;
    std::int64_t pid = 0;
    Size jobs = 1;
    /// Records past it are dropped in the same transaction; 0: all.
    std::uint64_t from_step = 0;
    /// The fingerprint of a trial of the same trajectory, whose results up to from_step are taken over; "": none.
    std::string continues{};
};

/// A trial that is done lacked values, which have been measured: its summary follows.
struct Measured {
    std::string fingerprint;
};

/// What a trial is known by, as in trial::Trial.
struct TrialIdentity {
    std::string fingerprint, identity, trajectory;
};

/// How an attempt ended. The store reads losses and accuracies from its own points: the last ones are the final ones of
/// a finished trial; any other has none, so that means over `result` never mix them. The best validation loss always
/// stands.
struct AttemptEnd {
    std::string fingerprint;
    trial::TrialStatus outcome = trial::TrialStatus::finished;
    std::string error;
    std::uint64_t step = 0;
    std::uint64_t tokens = 0;
    double seconds = 0, tokens_per_second = 0;
    std::optional<std::uint64_t> diverged_step;
    trial::Cause cause = trial::Cause::none;  ///< of the error; that of a finished attempt is of its samples
    std::optional<double> bound{};            ///< the limit that ended it, in seconds or bytes
};

/// A stored trial.
struct FoundTrial {
    Id id = 0;
    std::string fingerprint, config;
    std::uint64_t seed = 0;
    trial::TrialStatus status = trial::TrialStatus::queued;
};

class Store {
public:
    enum class Mode { read, write };

    /// Write: creates or migrates the file. Read: falls back to immutable=1 where nothing can be written, and leaves no
    /// file behind. Throws Error: not a database, a newer version, not writable, no such file (read), locked by others
    /// for longer than a minute (waiting.h).
    Store(const std::filesystem::path& file, Mode mode);
    ~Store();
    Store(Store&&) noexcept;
    Store& operator=(Store&&) noexcept;

    const std::filesystem::path& file() const;  ///< its own path: absolute, without links (location.h)
    Database& database() const;                 ///< for this floor's own files

    // ---- Before a sweep, one transaction for all -------------------------------------------------------------------

    /// Writes the experiment, every trial that is not there yet as queued, and the membership: trials that this
    /// experiment had and `members` has not become current = 0 with the reason. Also replaces the experiment's view.
    /// Throws Error for a name that cannot be a view's ("result", say) and then writes nothing.
    void plan(const ExperimentRow& experiment, const std::vector<TrialRow>& trials,
              const std::vector<Membership>& members);

    /// What is known of these trials, by fingerprint; those never seen are absent.
    std::map<std::string, TrialState> states(const std::vector<std::string>& fingerprints);

    /// The trials that a version up to 5 stored, which are still known by a fingerprint of that version's rule.
    std::vector<FoundTrial> earlier_trials();

    /// Gives a stored trial its fingerprint of today's rule. When another trial has it already, the two become one: the
    /// more complete stays, takes over the other's place in experiments and, where both came from one build, what only
    /// the other has measured. Results of another build are kept under their old fingerprint.
    void identify(const std::string& fingerprint, const TrialIdentity& now);

    /// Every trial that says running is interrupted: called by the one runner, under the lock.
    void interrupt_running();

    /// The last attempt at a trial has brought its process down, or ran while the process went down: `how` says in
    /// which way. A fingerprint that is not there is passed over.
    void note_crash(const std::string& fingerprint, const std::string& how);

    std::set<sampling::SampleKey> samples(const std::string& fingerprint);
    /// Texts without figures: a version that had none has stored them.
    std::vector<sampling::Sample> unmeasured(const std::string& fingerprint);

    /// The steps at which the gradient was measured.
    std::set<std::uint64_t> gradients(const std::string& fingerprint);

    /// The steps at which one trial, a classifier, has judged the images of another.
    std::set<std::uint64_t> judgements(const std::string& fingerprint, const std::string& judge);

    /// Has a trial trained again from the start, for --fresh: it is queued again, and what is written from here on is
    /// kept apart. Its attempts, points, samples and checkpoints stay until a new attempt ends as finished or diverged,
    /// and are replaced in that transaction. What an earlier renew() has gathered is forgotten.
    void renew(const std::string& fingerprint);

    /// Where the trial's next checkpoints go: a folder in <db>.d with none that are to stay.
    std::filesystem::path checkpoint_folder(const std::string& fingerprint);

    // ---- During a sweep: called by the writer thread inside its transactions ---------------------------------------

    void begin();
    void commit();
    void rollback() noexcept;
    /// Numbers the attempt, drops what is past from_step and marks the trial as running. Returns the files in the
    /// trial's checkpoint folder that are in the table no longer, to be removed once the transaction is committed.
    std::vector<std::filesystem::path> write(const AttemptStart& start);
    /// Writes a trial's record into the table of its kind, in place of one of the same key (recording.cpp), and returns
    /// the files that no row names any longer, to be removed once the transaction is committed.
    std::vector<std::filesystem::path> write(const std::string& fingerprint, const training::Record& record);
    /// And the trial's summary columns; of an attempt that has ended before, in place of what was written then. Returns
    /// files that no row names any longer, as above.
    std::vector<std::filesystem::path> write(const AttemptEnd& end);
    void write(const Measured& measured);
    void heartbeat();  ///< of all running attempts

    // ---- After ------------------------------------------------------------------------------------------------------

    /// Takes the WAL in, so that one file is left. False when somebody reads the file just then: a WAL stays beside it,
    /// which harms nobody and which the next run takes in. The file stays in WAL mode, where readers and a run that
    /// begins do not wait for each other. The store cannot be used any more.
    bool close();

private:
    struct Connection;
    struct RecordWriter;
    std::unique_ptr<Connection> connection_;
};

/// Throws Error when no store can have an experiment of this name, because its view could not have it. Needs no file.
void check_name(const std::string& experiment);

/// A trial by its id or by the beginning of its fingerprint (4 characters at least). Throws Error when there is none,
/// or more than one.
FoundTrial find_trial(Store& store, std::string_view trial);

/// The finished trial of an experiment whose last value of the experiment's metric is the best; the earlier of two
/// equals. None when there is no such experiment, no finished trial, or none with that metric.
std::optional<FoundTrial> best_trial(Store& store, std::string_view experiment);

/// A lock on the database's own file, whatever it is called by (base/file_lock.h), that lasts until destroyed: for
/// runs, and for commands that change what is there. Makes the file when it is missing, and removes it when it is still
/// empty in the end. Who holds it stands in `<db>.lock` meanwhile.
///
/// Throws Error when it is taken (by whom, since when), when the file is on a network file system (location.h), and
/// when it cannot be written.
class RunnerLock {
public:
    explicit RunnerLock(const std::filesystem::path& database);
    ~RunnerLock();
    RunnerLock(const RunnerLock&) = delete;
    RunnerLock& operator=(const RunnerLock&) = delete;

private:
    struct Held;
    std::unique_ptr<Held> held_;
};

}  // namespace unroll::store
