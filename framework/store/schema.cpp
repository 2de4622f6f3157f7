// The schema of the result store: its version and the steps that lead there.
#include "store/schema.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "store/schema_check.h"
#include "unroll/error.h"

namespace unroll::store {

namespace {

/// Version 1. Everyday settings are typed columns of `trial`; `config` has all of them.
void create(Database& database) {
    database.execute(R"sql(
CREATE TABLE experiment (
  id           INTEGER PRIMARY KEY,
  name         TEXT NOT NULL UNIQUE,
  about        TEXT NOT NULL,
  manifest     TEXT NOT NULL,
  metric       TEXT NOT NULL,                  -- SPLIT/NAME
  goal         TEXT NOT NULL CHECK (goal IN ('min', 'max')),
  compare_by   TEXT NOT NULL,                  -- JSON array of axes
  compare_best TEXT NOT NULL,                  -- JSON array of axes
  created_at   TEXT NOT NULL,
  updated_at   TEXT NOT NULL
) STRICT;

CREATE TABLE trial (
  id                   INTEGER PRIMARY KEY,
  fingerprint          TEXT NOT NULL UNIQUE,
  status               TEXT NOT NULL
                       CHECK (status IN ('queued', 'running', 'finished', 'failed', 'diverged', 'interrupted')),
  config               TEXT NOT NULL,          -- JSON
  seed                 INTEGER NOT NULL,
  task                 TEXT NOT NULL,
  topology             TEXT NOT NULL,
  dataset              TEXT NOT NULL,
  cell                 TEXT NOT NULL,
  hidden               INTEGER NOT NULL,
  layers               INTEGER NOT NULL,
  sequence_length      INTEGER NOT NULL,
  batch                INTEGER NOT NULL,
  steps                INTEGER NOT NULL,
  optimizer            TEXT NOT NULL,
  learning_rate        REAL NOT NULL,
  parameters           INTEGER NOT NULL,
  flops_per_step       REAL NOT NULL,
  steps_per_epoch      INTEGER NOT NULL,
  step                 INTEGER,                -- reached
  tokens               INTEGER,
  seconds              REAL,
  tokens_per_second    REAL,
  train_loss           REAL,                   -- final values: NULL unless finished
  validation_loss      REAL,
  test_loss            REAL,
  train_accuracy       REAL,
  validation_accuracy  REAL,
  test_accuracy        REAL,
  best_validation_loss REAL,
  best_step            INTEGER,
  diverged_step        INTEGER,
  error                TEXT,
  created_at           TEXT NOT NULL,
  ended_at             TEXT
) STRICT;

CREATE TABLE membership (
  experiment_id INTEGER NOT NULL REFERENCES experiment,
  trial_id      INTEGER NOT NULL REFERENCES trial,
  place         INTEGER NOT NULL,              -- in the order of the axes
  axes          TEXT NOT NULL,                 -- JSON nested like config
  current       INTEGER NOT NULL CHECK (current IN (0, 1)),
  why           TEXT,                          -- it is no longer current
  PRIMARY KEY (experiment_id, trial_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_trial ON membership (trial_id);

CREATE TABLE attempt (
  id           INTEGER PRIMARY KEY,
  trial_id     INTEGER NOT NULL REFERENCES trial,
  number       INTEGER NOT NULL,               -- from 1
  outcome      TEXT NOT NULL CHECK (outcome IN ('running', 'finished', 'failed', 'diverged', 'interrupted')),
  error        TEXT,
  from_step    INTEGER NOT NULL,
  to_step      INTEGER,
  started_at   TEXT NOT NULL,
  heartbeat_at TEXT NOT NULL,
  ended_at     TEXT,
  host         TEXT NOT NULL,
  pid          INTEGER NOT NULL,
  jobs         INTEGER NOT NULL,
  build        TEXT NOT NULL,
  UNIQUE (trial_id, number)
) STRICT;
CREATE INDEX attempt_running ON attempt (trial_id) WHERE outcome = 'running';

CREATE TABLE series (
  id    INTEGER PRIMARY KEY,
  split TEXT NOT NULL,
  name  TEXT NOT NULL,
  UNIQUE (split, name)
) STRICT;

CREATE TABLE point (
  trial_id  INTEGER NOT NULL REFERENCES trial,
  series_id INTEGER NOT NULL REFERENCES series,
  step      INTEGER NOT NULL,
  seconds   REAL NOT NULL,
  value     REAL NOT NULL,
  PRIMARY KEY (trial_id, series_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE sample (
  id              INTEGER PRIMARY KEY,
  trial_id        INTEGER NOT NULL REFERENCES trial,
  step            INTEGER NOT NULL,
  epoch           REAL NOT NULL,
  kind            TEXT NOT NULL,
  sampler         TEXT NOT NULL,
  options         TEXT NOT NULL,               -- JSON
  temperature     REAL,
  prompt          TEXT NOT NULL,
  prompt_key      TEXT NOT NULL,               -- what the manifest asked for, JSON
  seed            INTEGER NOT NULL,
  number          INTEGER NOT NULL,            -- from 0
  length          INTEGER NOT NULL,            -- tokens
  memory          TEXT NOT NULL,
  text            TEXT,
  target          TEXT,
  correct         INTEGER,
  image           BLOB,
  known_word_rate REAL,
  distinct_3      REAL,
  repetition      REAL,
  longest_copy    INTEGER
) STRICT;
CREATE UNIQUE INDEX sample_key ON sample
  (trial_id, step, sampler, options, ifnull(temperature, -1), prompt_key, seed, number, length, memory);

CREATE TABLE checkpoint (
  trial_id   INTEGER NOT NULL REFERENCES trial,
  step       INTEGER NOT NULL,
  path       TEXT NOT NULL,                    -- relative to this file's folder
  sha256     TEXT NOT NULL,
  is_last    INTEGER NOT NULL CHECK (is_last IN (0, 1)),
  is_best    INTEGER NOT NULL CHECK (is_best IN (0, 1)),
  created_at TEXT NOT NULL,
  PRIMARY KEY (trial_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin (
  id       INTEGER PRIMARY KEY,
  kind     TEXT NOT NULL,
  name     TEXT NOT NULL,
  revision TEXT NOT NULL,
  UNIQUE (kind, name, revision)
) STRICT;

CREATE TABLE trial_plugin (
  trial_id  INTEGER NOT NULL REFERENCES trial,
  plugin_id INTEGER NOT NULL REFERENCES plugin,
  PRIMARY KEY (trial_id, plugin_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE gradient (
  trial_id INTEGER NOT NULL REFERENCES trial,
  step     INTEGER NOT NULL,
  lag      INTEGER NOT NULL,
  norm     REAL NOT NULL,
  PRIMARY KEY (trial_id, step, lag)
) STRICT, WITHOUT ROWID;

CREATE TABLE loss_by_position (
  trial_id INTEGER NOT NULL REFERENCES trial,
  split    TEXT NOT NULL,
  position INTEGER NOT NULL,                   -- from 0
  step     INTEGER NOT NULL,
  value    REAL NOT NULL,
  PRIMARY KEY (trial_id, split, position)
) STRICT, WITHOUT ROWID;

CREATE VIEW metric AS
SELECT point.trial_id, point.step, point.step * 1.0 / trial.steps_per_epoch AS epoch, series.split, series.name, point.value,
       point.seconds
FROM point JOIN series ON series.id = point.series_id JOIN trial ON trial.id = point.trial_id;

CREATE VIEW result AS
SELECT experiment.name AS experiment, membership.axes, membership.place, trial.id AS trial_id, trial.*
FROM membership JOIN experiment ON experiment.id = membership.experiment_id JOIN trial ON trial.id = membership.trial_id
WHERE membership.current;

CREATE VIEW curve AS
SELECT experiment.name AS experiment, membership.axes, membership.place, trial.id AS trial_id, trial.fingerprint,
       trial.status, trial.seed, trial.task, trial.topology, trial.dataset, trial.cell, trial.hidden, trial.layers,
       trial.sequence_length, trial.batch, trial.optimizer, trial.learning_rate, trial.parameters, series.split, series.name,
       point.step, point.step * 1.0 / trial.steps_per_epoch AS epoch, point.value, point.seconds
FROM membership JOIN experiment ON experiment.id = membership.experiment_id JOIN trial ON trial.id = membership.trial_id
     JOIN point ON point.trial_id = trial.id JOIN series ON series.id = point.series_id
WHERE membership.current;
)sql");
}

/// Accuracy by position, beside the loss; NULL when targets are real numbers.
void add_accuracy_by_position(Database& database) {
    database.execute("ALTER TABLE loss_by_position ADD COLUMN accuracy REAL");
}

/// What a classifier, another trial, makes of the images of a trial.
void add_judgements(Database& database) {
    database.execute(R"sql(
CREATE TABLE judgement (
  trial_id   INTEGER NOT NULL REFERENCES trial,
  step       INTEGER NOT NULL,
  judge_id   INTEGER NOT NULL REFERENCES trial,
  images     INTEGER NOT NULL,
  confidence REAL NOT NULL,
  spread     REAL NOT NULL,
  PRIMARY KEY (trial_id, step, judge_id)
) STRICT, WITHOUT ROWID;
)sql");
}

/// Takes a constraint out of a table's definition, which has no bearing on what is in the file: the way that SQLite's
/// manual gives for it (ALTER TABLE, "Making Other Kinds Of Table Schema Changes").
void remove_constraint(Database& database, std::string_view table, std::string_view constraint) {
    database
        .prepared(
            "UPDATE sqlite_schema SET sql = replace(sql, ?1, '') WHERE type = 'table' AND name = ?2"
            " AND instr(sql, ?1) > 0")
        .run(constraint, table);
    if (sqlite3_changes(database.handle()) != 1)
        throw Error({database.file(), fmt::format("a table '{}' that no unroll has made", table),
                     "a result store that unroll made", "name another file with --db; this one was left as it is"});
}

/// A connection on which definitions can be changed directly, as long as this lives.
class Undefended {
public:
    explicit Undefended(sqlite3* connection) : connection_(connection) { set(0); }
    ~Undefended() { set(1); }
    Undefended(const Undefended&) = delete;
    Undefended& operator=(const Undefended&) = delete;

private:
    void set(int defended) { sqlite3_db_config(connection_, SQLITE_DBCONFIG_DEFENSIVE, defended, nullptr); }

    sqlite3* connection_;
};

/// Which statuses there are is for the program to know: a new one then needs no new version of the file.
void leave_statuses_open(Database& database) {
    const auto version = database.prepared("PRAGMA schema_version").integer().value_or(0);
    const Undefended undefended(database.handle());
    database.execute("PRAGMA writable_schema = ON");
    remove_constraint(
        database, "trial",
        "\n                       CHECK (status IN ('queued', 'running', 'finished', 'failed', 'diverged',"
        " 'interrupted'))");
    remove_constraint(database, "attempt",
                      " CHECK (outcome IN ('running', 'finished', 'failed', 'diverged', 'interrupted'))");
    database.forget_statements();
    database.execute(fmt::format("PRAGMA schema_version = {}; PRAGMA writable_schema = RESET", version + 1));
}

/// The manifest file that an experiment was last run from, relative to this file's folder; NULL when not known.
void add_manifest_path(Database& database) {
    database.execute("ALTER TABLE experiment ADD COLUMN manifest_path TEXT");
}

/// What a trial is known by, so that a later rule can be applied to it; how many steps its training loss is the mean
/// of; what it began with. Trials of an earlier version get their identity when they are met with their data
/// (Store::identify); their training loss stays the mean over what was left of log_every steps.
void add_identities(Database& database) {
    database.execute(R"sql(
ALTER TABLE trial ADD COLUMN identity TEXT;
ALTER TABLE trial ADD COLUMN trajectory TEXT;
ALTER TABLE trial ADD COLUMN train_loss_steps INTEGER;
ALTER TABLE trial ADD COLUMN start TEXT;
ALTER TABLE attempt ADD COLUMN continues TEXT;
CREATE INDEX trial_trajectory ON trial (trajectory);
UPDATE trial SET train_loss_steps =
  1 + (step - 1) % max(1, ifnull(json_extract(config, '$.training.log_every'), 10))
WHERE train_loss IS NOT NULL AND step > 0;
)sql");
}

/// Why an attempt ended before its time, and which limit it came up against.
void add_causes(Database& database) {
    database.execute(R"sql(
ALTER TABLE trial ADD COLUMN cause TEXT;
ALTER TABLE attempt ADD COLUMN cause TEXT;
ALTER TABLE attempt ADD COLUMN bound REAL;
)sql");
}

/// Whether checkpoint_every asked for a checkpoint: one that was written at an interruption is only there to go on
/// from.
void add_scheduled_checkpoints(Database& database) {
    database.execute(
        "ALTER TABLE checkpoint ADD COLUMN is_scheduled INTEGER NOT NULL DEFAULT 1 CHECK (is_scheduled IN (0, 1))");
}

/// Replaces texts of a column that not everybody can read, and keeps their bytes in `kept` where there is such a
/// column.
void make_readable(Database& database, const std::string& table, const std::string& column, const std::string& kept) {
    std::vector<std::pair<std::int64_t, std::string>> unreadable;
    database.prepared(fmt::format("SELECT id, {0} FROM {1} WHERE {0} IS NOT NULL", column, table))
        .each([&](const Row& row) {
            if (std::string text = row.text(1); !base::is_readable(text))
                unreadable.emplace_back(row.integer(0), std::move(text));
        });
    Statement& replace = database.prepared(fmt::format("UPDATE {0} SET {1} = ?1{2} WHERE id = ?2", table, column,
                                                       kept.empty() ? "" : ", " + kept + " = ?3"));
    for (const auto& [id, text] : unreadable) kept.empty() ? replace.run(text, id) : replace.run(text, id, Blob{text});
}

/// Texts that are not UTF-8 stand as every program reads them, the bytes of samples beside them: strict readers, as
/// Python's, refuse a whole query for one such text.
void add_bytes_of_samples(Database& database) {
    for (const std::string column : {"prompt", "text", "target"}) {
        database.execute(fmt::format("ALTER TABLE sample ADD COLUMN {}_bytes BLOB", column));
        make_readable(database, "sample", column, column + "_bytes");
    }
    make_readable(database, "trial", "error", "");
    make_readable(database, "attempt", "error", "");
    database.forget_statements();
}

/// Numbers that a sequence carries from step to step; NULL for trials of an earlier version until a run meets them.
void add_state_size(Database& database) {
    database.execute("ALTER TABLE trial ADD COLUMN state_size INTEGER");
}

constexpr std::array<MigrationStep, 10> all_steps{
    create,     add_accuracy_by_position,  add_judgements,       leave_statuses_open, add_manifest_path, add_identities,
    add_causes, add_scheduled_checkpoints, add_bytes_of_samples, add_state_size};

/// Since this one, versions read alike.
constexpr std::int64_t oldest_readable = 3;

/// The file's version; 0 for an empty file. Throws Error when it is another program's or newer than `newest`.
std::int64_t version_of(Database& database, std::size_t newest) {
    const auto application =
        Statement(database.handle(), database.file(), "PRAGMA application_id").integer().value_or(0);
    const auto version = Statement(database.handle(), database.file(), "PRAGMA user_version").integer().value_or(0);
    const auto objects =
        Statement(database.handle(), database.file(), "SELECT count(*) FROM sqlite_schema").integer().value_or(0);
    if (application != application_id && (application != 0 || version != 0 || objects != 0))
        throw Error({database.file(), "an SQLite file of another program", "a result store that unroll made",
                     "name another file with --db; this one was left as it is"});
    if (version > static_cast<std::int64_t>(newest))
        throw Error({database.file(), fmt::format("a result store of version {}", version),
                     fmt::format("version {} or older", newest),
                     "use the newer unroll that wrote it, or name another file with --db; this one was left as it is"});
    return version;
}

}  // namespace

std::span<const MigrationStep> migration_steps() {
    return all_steps;
}

void migrate(Database& database, std::span<const MigrationStep> steps) {
    const auto newest = static_cast<std::int64_t>(steps.size()), found = version_of(database, steps.size());
    if (found > 0) check_objects(database, steps.first(static_cast<std::size_t>(found)));
    if (found == newest) return;
    Transaction transaction(database);
    // Another process may have done it while this one waited for the lock.
    const auto version = version_of(database, steps.size());
    for (const auto step : steps.subspan(static_cast<std::size_t>(version))) step(database);
    database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", application_id, newest));
    transaction.commit();
}

void refuse_foreign(Database& database) {
    version_of(database, migration_steps().size());
}

void check_version(Database& database) {
    const std::size_t newest = migration_steps().size();
    const auto version = version_of(database, newest);
    if (version == 0)
        throw Error({database.file(), "an empty file", "a result store that unroll made",
                     "run a manifest first, or name another file with --db"});
    if (version < oldest_readable)
        throw Error({database.file(), fmt::format("a result store of version {}", version),
                     fmt::format("version {} to {}, which this unroll reads", oldest_readable, newest),
                     "run any manifest with this --db: that brings the file up to date and keeps everything"});
    check_objects(database, migration_steps().first(static_cast<std::size_t>(version)));
}

}  // namespace unroll::store
