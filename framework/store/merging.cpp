// Bringing the experiments of another store into this one.
#include "store/merging.h"

#include <fmt/format.h>
#include <unistd.h>

#include "store/connection.h"
#include "store/location.h"
#include "store/merge_checkpoints.h"
#include "store/merge_tables.h"
#include "store/schema.h"
#include "store/upkeep.h"
#include "unroll/error.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

bool is_current(const fs::path& file, Database::Access access = Database::Access::read) {
    Database database(file, access);
    check_version(database);
    return database.prepared("PRAGMA user_version").integer() == std::int64_t(migration_steps().size());
}

void require_settled(const fs::path& source) {
    if (!is_current(source, Database::Access::immutable))
        throw Error({source, "a result store of another version of the program",
                     fmt::format("version {}", migration_steps().size()),
                     "let the version that wrote it finish, or remove it"});
}

/// The trials that are wanted, as temp.wanted.
void note_wanted(Database& database, const std::vector<std::string>& fingerprints) {
    database.execute("CREATE TEMP TABLE wanted (fingerprint TEXT PRIMARY KEY)");
    for (const std::string& fingerprint : fingerprints)
        database.prepared("INSERT OR IGNORE INTO temp.wanted VALUES (?)").run(fingerprint);
}

/// Keeps runs away from the other store as long as it lives, where its folder can be written; brings it up to date.
std::unique_ptr<RunnerLock> hold(const fs::path& source, const Store& into) {
    std::error_code ignored;
    if (!fs::is_regular_file(source, ignored))
        throw Error({source, "no such file", "a result store to merge", "correct the path"});
    if (fs::equivalent(source, into.file(), ignored))
        throw Error({source, "the store that is merged into", "another store",
                     "leave it out, or name the store that is to have everything with --db"});
    const bool writable = ::access(source.parent_path().c_str(), W_OK) == 0 && ::access(source.c_str(), W_OK) == 0;
    if (writable) {
        auto lock = std::make_unique<RunnerLock>(source);
        fs::path wal = source;  // what a killed run has left there is part of the store
        wal += "-wal";
        if (fs::exists(wal, ignored) || !is_current(source)) Store(source, Store::Mode::write).close();
        return lock;
    }
    if (!is_current(source))
        throw Error({source, "a result store of an earlier version that cannot be written",
                     fmt::format("version {}", migration_steps().size()),
                     "copy it, with the folder of its checkpoints, to where it can be brought up to date"});
    return nullptr;
}

std::string uri(const fs::path& file, const char* mode) {
    std::string encoded;
    for (const char c : file.string())
        encoded += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02x}", static_cast<unsigned char>(c))
                                                    : std::string(1, c);
    return fmt::format("file:{}?{}", encoded, mode);
}

/// The other store as `source`, only to be read.
class Attached {
public:
    Attached(Database& database, const fs::path& file, bool locked) : database_(database) {
        database_.prepared("ATTACH ? AS source").run(uri(file, locked ? "mode=ro" : "immutable=1"));
    }
    ~Attached() {
        database_.rollback();
        database_.forget_statements();
        sqlite3_exec(database_.handle(),
                     "DROP TABLE IF EXISTS temp.pair; DROP TABLE IF EXISTS temp.series_map;"
                     "DROP TABLE IF EXISTS temp.plugin_map; DROP TABLE IF EXISTS temp.wanted; DETACH source",
                     nullptr, nullptr, nullptr);
    }
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;

private:
    Database& database_;
};

/// Leaves no file beside the other store, when all that reads it has closed.
struct Tidy {
    fs::path file;
    ~Tidy() { remove_empty_wal(file); }
};

void count_fates(Database& database, MergeReport& report) {
    database.prepared("SELECT fate, count(*) FROM temp.pair GROUP BY fate").each([&](const Row& row) {
        const std::string fate = row.text(0);
        const std::int64_t trials = row.integer(1);
        report.trials += trials;
        if (fate == "new") report.added += trials;
        if (fate == "equal" || fate == "replaced_equal") report.equal += trials;
        if (fate == "replaced" || fate == "replaced_other") report.replaced += trials;
        if (fate == "kept" || fate == "kept_other") report.kept += trials;
        if (fate.ends_with("_other")) report.different += trials;
    });
}

}  // namespace

MergeReport merge(Store& into, const fs::path& source, const MergeScope& scope) {
    const fs::path file = real_location(source);
    const auto lock = scope.is_settled || scope.is_held ? nullptr : hold(file, into);
    if (scope.is_settled) require_settled(file);
    Database& database = into.database();
    MergeReport report;
    const Tidy tidy{file};
    const Attached attached(database, file, lock != nullptr || scope.is_held);
    CheckpointMerge checkpoints(into, file, scope.is_settled);
    // Not BEGIN IMMEDIATE, which wants to write to the other store, too. What goes wrong is rolled back by `attached`.
    database.execute("BEGIN");
    if (scope.trials) note_wanted(database, *scope.trials);
    pair_trials(database, scope.trials.has_value());
    count_fates(database, report);
    report.samples = merge_results(database);
    checkpoints.run();
    MergedExperiments experiments;
    if (scope.experiments) experiments = merge_experiments(database, file.parent_path(), into.file().parent_path());
    if (!scope.is_settled && !scope.is_held) into.interrupt_running();
    database.commit();
    checkpoints.finish();
    report.new_experiments = std::move(experiments.added);
    report.changed_experiments = std::move(experiments.changed);
    report.checkpoints = checkpoints.copied();
    report.missing_checkpoints = checkpoints.missing();
    report.bytes = checkpoints.bytes();
    return report;
}

}  // namespace unroll::store
