// During a sweep: attempts, and the records of their trials as they come.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/utf8.h"
#include "store/checkpoint_files.h"
#include "store/connection.h"
#include "store/results.h"
#include "store/schema.h"
#include "training/recent_losses.h"
#include "training/retention.h"
#include "trial/splits.h"

namespace unroll::store {

namespace fs = std::filesystem;

namespace {

void mark_last_checkpoint(Database& database, Id trial) {
    database
        .prepared(
            "UPDATE checkpoint SET is_last = (step = (SELECT max(step) FROM checkpoint WHERE trial_id = ?1))"
            " WHERE trial_id = ?1")
        .run(trial);
}

/// After the trial's summary: where there is a checkpoint of the best step, it is the best one and no other is.
void mark_best_checkpoint(Database& database, Id trial) {
    database
        .prepared(
            "UPDATE checkpoint SET is_best = (step = (SELECT best_step FROM trial WHERE id = ?1)) WHERE trial_id = ?1"
            " AND EXISTS (SELECT 1 FROM checkpoint AS best JOIN trial ON trial.id = best.trial_id"
            " WHERE trial.id = ?1 AND best.step = trial.best_step)")
        .run(trial);
}

/// Of a trial that will not go on: checkpoints of interruptions, which one that was never interrupted does not have.
/// Returns their files. A finished trial has none: its last checkpoint took their place.
std::vector<fs::path> drop_interruptions(Store& store, Id trial) {
    Database& database = store.database();
    std::vector<fs::path> files;
    database.prepared("SELECT path FROM checkpoint WHERE trial_id = ? AND NOT is_scheduled AND NOT is_best")
        .each([&](const Row& row) { files.push_back(checkpoint_file(store.file(), row.text(0))); }, trial);
    if (files.empty()) return files;
    database.prepared("DELETE FROM checkpoint WHERE trial_id = ? AND NOT is_scheduled AND NOT is_best").run(trial);
    mark_last_checkpoint(database, trial);
    return files;
}

}  // namespace

std::vector<fs::path> Store::write(const AttemptStart& start) {
    Database& database = connection_->database;
    const Id trial = connection_->trial(start.fingerprint);
    // Starting over keeps nothing, not even what stands at step 0.
    const std::int64_t kept = start.from_step == 0 ? -1 : static_cast<std::int64_t>(start.from_step);
    for (const std::string_view table : recorded_tables)
        database.prepared(fmt::format("DELETE FROM {} WHERE trial_id = ? AND step > ?", table)).run(trial, kept);
    database.prepared("DELETE FROM judgement WHERE judge_id = ?").run(trial);
    mark_last_checkpoint(database, trial);
    database
        .prepared(
            "UPDATE attempt SET outcome = 'interrupted', ended_at = heartbeat_at WHERE trial_id = ?"
            " AND outcome = 'running'")
        .run(trial);
    database
        .prepared(
            "INSERT INTO attempt (trial_id, number, outcome, from_step, started_at, heartbeat_at, host, pid, jobs,"
            " build, continues)"
            " SELECT ?1, 1 + ifnull(max(number), 0), 'running', ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8 FROM attempt"
            " WHERE trial_id = ?1")
        .run(trial, start.from_step, now(), start.host, start.pid, start.jobs, start.build,
             start.continues.empty() ? std::nullopt : std::optional(start.continues));
    database
        .prepared(
            "UPDATE trial SET status = 'running', step = ?, tokens = NULL, seconds = NULL, tokens_per_second = NULL,"
            " diverged_step = NULL, error = NULL, cause = NULL, ended_at = NULL, train_loss_steps = NULL WHERE id = ?")
        .run(start.from_step, trial);

    const fs::path folder = checkpoint_folder(start.fingerprint);
    if (!start.continues.empty()) take_over_part(*this, trial, start.continues, start.from_step, folder);
    summarise(database, trial, trial::TrialStatus::running);
    mark_best_checkpoint(database, trial);

    std::vector<fs::path> known, orphans;
    database.prepared("SELECT path FROM checkpoint WHERE trial_id = ?")
        .each([&](const Row& row) { known.push_back(connection_->absolute(row.text(0))); }, trial);
    for (const fs::path& file : files_of_checkpoints(folder))
        if (std::find(known.begin(), known.end(), file) == known.end()) orphans.push_back(file);
    return orphans;
}

namespace {

/// The bytes of a text that not everybody can read; none of any other.
Blob unreadable(std::string_view text) {
    return {base::is_readable(text) ? std::string_view() : text};
}

}  // namespace

/// A table for each kind of record.
struct Store::RecordWriter {
    Connection& connection;
    const Id trial;
    std::vector<fs::path>& obsolete;

    /// A value that is not finite is not stored: it makes the trial diverged at this step, however the attempt ends.
    void operator()(const training::Point& point) {
        if (!std::isfinite(point.value)) {
            connection.database
                .prepared(
                    "UPDATE trial SET status = 'diverged', diverged_step = min(?1, ifnull(diverged_step, ?1))"
                    " WHERE id = ?2")
                .run(point.step, trial);
            return;
        }
        if (!connection.add_point)
            connection.add_point.emplace(connection.database.handle(), connection.database.file(),
                                         "INSERT OR REPLACE INTO point (trial_id, series_id, step, seconds, value)"
                                         " VALUES (?, ?, ?, ?, ?)");
        connection.add_point->run(trial, connection.series(trial::name_of(point.split), point.name), point.step,
                                  point.seconds, point.value);
    }

    /// In place of all of this split; a position without a loss is left out.
    void operator()(const training::LossByPosition& record) {
        Database& database = connection.database;
        const std::string_view split = trial::name_of(record.split);
        const training::PositionMeans& means = record.means;
        database.prepared("DELETE FROM loss_by_position WHERE trial_id = ? AND split = ?").run(trial, split);
        for (std::size_t position = 0; position < means.loss.size(); ++position) {
            if (!std::isfinite(means.loss[position])) continue;
            // SQLite keeps NaN as NULL.
            const double accuracy =
                means.accuracy.empty() ? std::numeric_limits<double>::quiet_NaN() : means.accuracy[position];
            database
                .prepared(
                    "INSERT INTO loss_by_position (trial_id, split, position, step, value, accuracy)"
                    " VALUES (?, ?, ?, ?, ?, ?)")
                .run(trial, split, position, record.step, means.loss[position], accuracy);
        }
    }

    /// In place of all of this step; a norm that is not finite is left out.
    void operator()(const training::GradientByLag& gradient) {
        Database& database = connection.database;
        database.prepared("DELETE FROM gradient WHERE trial_id = ? AND step = ?").run(trial, gradient.step);
        for (std::size_t lag = 0; lag < gradient.norms.size(); ++lag)
            if (std::isfinite(gradient.norms[lag]))
                database.prepared("INSERT INTO gradient (trial_id, step, lag, norm) VALUES (?, ?, ?, ?)")
                    .run(trial, gradient.step, lag, gradient.norms[lag]);
    }

    /// One of the same key is replaced and keeps its id. A text that is not UTF-8, as models of bytes write them,
    /// stands in its column as everybody can read it, and byte by byte beside it.
    void operator()(const training::Samples& samples) {
        for (const sampling::Sample& sample : samples) {
            const sampling::SampleKey& key = sample.key;
            connection.database
                .prepared(
                    "INSERT INTO sample (trial_id, step, epoch, kind, sampler, options, temperature, prompt,"
                    " prompt_key, seed, number, length, memory, text, target, correct, image, known_word_rate,"
                    " distinct_3, repetition, longest_copy, prompt_bytes, text_bytes, target_bytes)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO "
                    "UPDATE"
                    " SET epoch = excluded.epoch, kind = excluded.kind, prompt = excluded.prompt,"
                    " text = excluded.text, target = excluded.target, correct = excluded.correct,"
                    " image = excluded.image, known_word_rate = excluded.known_word_rate,"
                    " distinct_3 = excluded.distinct_3, repetition = excluded.repetition,"
                    " longest_copy = excluded.longest_copy, prompt_bytes = excluded.prompt_bytes,"
                    " text_bytes = excluded.text_bytes, target_bytes = excluded.target_bytes")
                .run(trial, key.step, sample.epoch, sample.kind, key.sampler, key.options, key.temperature,
                     sample.prompt, key.prompt_key, key.seed, key.number, key.length, key.memory, sample.text,
                     sample.target, sample.correct, Blob{sample.image}, sample.quality.known_word_rate,
                     sample.quality.distinct_3, sample.quality.repetition, sample.quality.longest_copy,
                     unreadable(sample.prompt), unreadable(sample.text), unreadable(sample.target.value_or("")));
        }
    }

    void operator()(const training::CheckpointSaved& saved) {
        Database& database = connection.database;
        auto checkpoints = connection.checkpoints(trial);
        for (const training::CheckpointInfo& dropped : training::add_checkpoint(checkpoints, saved)) {
            database.prepared("DELETE FROM checkpoint WHERE trial_id = ? AND step = ?").run(trial, dropped.step);
            obsolete.push_back(dropped.path);
        }
        const training::CheckpointInfo& added = saved.checkpoint;
        database
            .prepared(
                "INSERT OR REPLACE INTO checkpoint (trial_id, step, path, sha256, is_last, is_best, is_scheduled,"
                " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            .run(trial, added.step, connection.relative(added.path), added.sha256, added.is_last, added.is_best,
                 added.is_scheduled, now());
        for (const training::CheckpointInfo& kept : checkpoints)
            database.prepared("UPDATE checkpoint SET is_last = ?, is_best = ? WHERE trial_id = ? AND step = ?")
                .run(kept.is_last, kept.is_best, trial, kept.step);
    }

    /// Forgotten as soon as one of the two trials is run again.
    void operator()(const training::ImageJudgement& record) {
        connection.database
            .prepared(
                "INSERT OR REPLACE INTO judgement (trial_id, step, judge_id, images, confidence, spread)"
                " VALUES (?, ?, ?, ?, ?, ?)")
            .run(trial, record.step, connection.trial(record.judge), record.judgement.images,
                 record.judgement.confidence, record.judgement.effective_classes);
    }
};

std::vector<fs::path> Store::write(const std::string& fingerprint, const training::Record& record) {
    std::vector<fs::path> obsolete;
    std::visit(RecordWriter{*connection_, connection_->trial(fingerprint), obsolete}, record);
    return obsolete;
}

std::vector<fs::path> Store::write(const AttemptEnd& end) {
    Database& database = connection_->database;
    const Id trial = connection_->trial(end.fingerprint);
    // A value that was not finite has the last word, whatever the attempt thinks of itself.
    auto diverged = database.prepared("SELECT diverged_step FROM trial WHERE id = ?").integer(trial);
    if (end.outcome == trial::TrialStatus::diverged && !diverged)
        diverged = static_cast<std::int64_t>(end.diverged_step.value_or(end.step));
    const trial::TrialStatus outcome = diverged ? trial::TrialStatus::diverged : end.outcome;
    const auto given = [](std::string_view text) {
        return text.empty() ? std::nullopt : std::optional(std::string(text));
    };
    const std::optional<std::string> error = given(end.error), cause = given(trial::to_string(end.cause));
    const std::string ended = now();
    // Imported weights were trained elsewhere: what they cost is not known here.
    const bool is_untrained = outcome == trial::TrialStatus::finished && end.step == 0;
    std::optional<decltype(end.tokens)> tokens;
    std::optional<double> seconds, speed;
    if (!is_untrained) tokens = end.tokens, seconds = end.seconds;
    if (end.tokens > 0) speed = end.tokens_per_second;
    database
        .prepared(
            "UPDATE attempt SET outcome = ?, error = ?, cause = ?, bound = ?, to_step = ?, ended_at = ?,"
            " heartbeat_at = ?"
            " WHERE id = (SELECT id FROM attempt WHERE trial_id = ? ORDER BY number DESC LIMIT 1)")
        .run(trial::to_string(outcome), error, cause, end.bound, end.step, ended, ended, trial);
    // What kept samples from being made says nothing of a training that has come to its end.
    const bool is_its_own = outcome != trial::TrialStatus::finished;
    database
        .prepared(
            "UPDATE trial SET status = ?, step = ?, tokens = ?, seconds = ?, tokens_per_second = ?, diverged_step = ?,"
            " error = ?, cause = ?, ended_at = ?, train_loss_steps = ? WHERE id = ?")
        .run(trial::to_string(outcome), end.step, tokens, seconds, speed, diverged, is_its_own ? error : std::nullopt,
             is_its_own ? cause : std::nullopt, ended,
             outcome == trial::TrialStatus::finished ? std::optional(training::RecentLosses::window(end.step))
                                                     : std::nullopt,
             trial);
    summarise(database, trial, outcome);
    std::vector<fs::path> obsolete;
    if (outcome == trial::TrialStatus::diverged) obsolete = drop_interruptions(*this, trial);
    const bool is_renewed = database.prepared("SELECT 1 FROM trial WHERE id = ? AND fingerprint <> ?")
                                .integer(trial, end.fingerprint)
                                .has_value();
    if (is_renewed && trial::is_done(outcome))
        for (fs::path& file : connection_->take_over(*this, end.fingerprint)) obsolete.push_back(std::move(file));
    return obsolete;
}

void Store::write(const Measured& measured) {
    Database& database = connection_->database;
    const Id trial = connection_->trial(measured.fingerprint);
    const auto status = database.prepared("SELECT status FROM trial WHERE id = ?").text(trial);
    summarise(database, trial, trial::parse_status(status.value_or("queued")));
    mark_best_checkpoint(database, trial);
}

void Store::heartbeat() {
    connection_->database.prepared("UPDATE attempt SET heartbeat_at = ? WHERE outcome = 'running'").run(now());
}

}  // namespace unroll::store
