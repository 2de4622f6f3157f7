// Before a sweep: experiments, trials and their membership; what is known of each.
#include <fmt/format.h>

#include "json/write.h"
#include "store/connection.h"
#include "store/schema.h"
#include "store/trial_rows.h"

namespace unroll::store {

namespace {

std::string json_array(const std::vector<std::string>& texts) {
    return json::dump(json::Array(texts.begin(), texts.end()));
}

void add_plugins(Database& database, Id trial, const std::vector<std::string>& plugins) {
    for (const std::string_view plugin : plugins) {
        const std::size_t slash = plugin.find('/'), at = plugin.rfind('@');
        const auto kind = plugin.substr(0, slash), name = plugin.substr(slash + 1, at - slash - 1),
                   revision = plugin.substr(at + 1);
        database.prepared("INSERT OR IGNORE INTO plugin (kind, name, revision) VALUES (?, ?, ?)")
            .run(kind, name, revision);
        database
            .prepared(
                "INSERT OR IGNORE INTO trial_plugin (trial_id, plugin_id)"
                " SELECT ?, id FROM plugin WHERE kind = ? AND name = ? AND revision = ?")
            .run(trial, kind, name, revision);
    }
}

void add_trial(Database& database, const TrialRow& row) {
    const auto id =
        database
            .prepared(
                "INSERT INTO trial (fingerprint, status, config, seed, task, topology, dataset, cell, hidden, layers,"
                " sequence_length, batch, steps, optimizer, learning_rate, parameters, flops_per_step,"
                " steps_per_epoch, created_at, identity, trajectory, state_size, start)"
                " VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                " json_extract(?2, '$.start')) ON CONFLICT (fingerprint) DO NOTHING RETURNING id")
            .integer(row.fingerprint, row.config, row.seed, row.task, row.topology, row.dataset, row.cell, row.hidden,
                     row.layers, row.sequence_length, row.batch, row.steps, row.optimizer, row.learning_rate,
                     row.parameters, row.flops_per_step, row.steps_per_epoch, now(), row.identity, row.trajectory,
                     row.state_size);
    if (id)
        add_plugins(database, *id, row.plugins);
    else  // a trial of a file that did not know state sizes
        database.prepared("UPDATE trial SET state_size = ? WHERE fingerprint = ? AND state_size IS NULL")
            .run(row.state_size, row.fingerprint);
}

void write_members(Database& database, Id experiment, const std::vector<Membership>& members) {
    database
        .prepared(
            "UPDATE membership SET current = 0, why = 'the manifest of ' || ? || ' does not ask for it'"
            " WHERE experiment_id = ? AND current")
        .run(now(), experiment);
    std::int64_t place = 0;
    for (const auto& member : members)
        database
            .prepared(
                "INSERT INTO membership (experiment_id, trial_id, place, axes, current)"
                " SELECT ?, id, ?, ?, 1 FROM trial WHERE fingerprint = ?"
                " ON CONFLICT (experiment_id, trial_id) DO UPDATE"
                " SET place = excluded.place, axes = excluded.axes, current = 1, why = NULL")
            .run(experiment, place++, member.axes, member.fingerprint);
}

}  // namespace

void Store::plan(const ExperimentRow& experiment, const std::vector<TrialRow>& trials,
                 const std::vector<Membership>& members) {
    Database& database = connection_->database;
    Transaction transaction(database);
    check_experiment_name(database, experiment.name);
    const auto id =
        database
            .prepared(
                "INSERT INTO experiment (name, about, manifest, metric, goal, compare_by, compare_best,"
                " created_at, updated_at, manifest_path) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)"
                " ON CONFLICT (name) DO UPDATE SET about = excluded.about, manifest = excluded.manifest,"
                " metric = excluded.metric, goal = excluded.goal, compare_by = excluded.compare_by,"
                " compare_best = excluded.compare_best, updated_at = excluded.updated_at, "
                " manifest_path = excluded.manifest_path"
                " RETURNING id")
            .integer(experiment.name, experiment.about, experiment.manifest, experiment.metric, experiment.goal,
                     json_array(experiment.by), json_array(experiment.best), now(),
                     experiment.file.empty() ? std::nullopt : std::optional(connection_->relative(experiment.file)));
    for (const auto& trial : trials) add_trial(database, trial);
    for (const auto& member : members) connection_->trial(member.fingerprint);  // throws for one that is not there
    write_members(database, *id, members);
    std::vector<std::string> axes;
    for (const auto& member : members) axes.push_back(member.axes);
    replace_experiment_view(database, experiment.name, axes);
    transaction.commit();
}

void add_trials(Store& store, const std::vector<TrialRow>& rows) {
    Transaction transaction(store.database());
    for (const TrialRow& row : rows) add_trial(store.database(), row);
    transaction.commit();
}

std::map<std::string, TrialState> Store::states(const std::vector<std::string>& fingerprints) {
    Database& database = connection_->database;
    std::map<std::string, TrialState> result;
    for (const auto& fingerprint : fingerprints) {
        const auto trial = connection_->find(fingerprint);
        if (!trial) continue;
        TrialState state;
        state.id = database.prepared("SELECT id FROM trial WHERE fingerprint = ?").integer(fingerprint).value_or(0);
        database.prepared("SELECT status, error FROM trial WHERE id = ?")
            .each(
                [&](const Row& row) {
                    state.status = trial::parse_status(row.text(0));
                    state.error = row.text(1);
                },
                *trial);
        state.fingerprint = fingerprint;
        state.build = database.prepared("SELECT build FROM attempt WHERE trial_id = ? ORDER BY number DESC LIMIT 1")
                          .text(*trial)
                          .value_or("");
        // Only a store that is written has been brought up to date for sure.
        if (connection_->for_runs)
            database.prepared("SELECT cause, bound FROM attempt WHERE trial_id = ? ORDER BY number")
                .each(
                    [&](const Row& row) {
                        state.cause = trial::parse_cause(row.text(0));
                        state.bound = row.optional_real(1);
                        state.has_crashed = state.has_crashed || state.cause == trial::Cause::crash;
                    },
                    *trial);
        state.checkpoints = connection_->checkpoints(*trial);
        if (!state.checkpoints.empty())
            database.prepared("SELECT max(seconds) FROM point WHERE trial_id = ? AND step <= ?")
                .each([&](const Row& row) { state.seconds = row.real(0); }, *trial, state.checkpoints.back().step);
        result.emplace(fingerprint, std::move(state));
    }
    return result;
}

std::vector<training::CheckpointInfo> Store::Connection::checkpoints(Id trial) {
    std::vector<training::CheckpointInfo> list;
    // A file of a version that did not tell those of interruptions is read, too.
    if (!tells_scheduled)
        tells_scheduled =
            database.prepared("SELECT count(*) FROM pragma_table_info('checkpoint') WHERE name = 'is_scheduled'")
                .integer();
    const std::string scheduled = tells_scheduled == 1 ? "is_scheduled" : "1";
    database
        .prepared("SELECT step, path, sha256, is_last, is_best, " + scheduled +
                  " FROM checkpoint WHERE trial_id = ? ORDER BY step")
        .each(
            [&](const Row& row) {
                list.push_back({static_cast<std::uint64_t>(row.integer(0)), absolute(row.text(1)), row.text(2),
                                row.integer(3) != 0, row.integer(4) != 0, row.integer(5) != 0});
            },
            trial);
    return list;
}

std::set<std::uint64_t> Store::gradients(const std::string& fingerprint) {
    std::set<std::uint64_t> steps;
    connection_->database.prepared("SELECT DISTINCT step FROM gradient WHERE trial_id = ?")
        .each([&](const Row& row) { steps.insert(static_cast<std::uint64_t>(row.integer(0))); },
              connection_->find(fingerprint));
    return steps;
}

std::set<std::uint64_t> Store::judgements(const std::string& fingerprint, const std::string& judge) {
    std::set<std::uint64_t> steps;
    connection_->database.prepared("SELECT step FROM judgement WHERE trial_id = ? AND judge_id = ?")
        .each([&](const Row& row) { steps.insert(static_cast<std::uint64_t>(row.integer(0))); },
              connection_->trial(fingerprint), connection_->trial(judge));
    return steps;
}

std::set<sampling::SampleKey> Store::samples(const std::string& fingerprint) {
    std::set<sampling::SampleKey> keys;
    connection_->database
        .prepared(
            "SELECT step, sampler, options, temperature, prompt_key, seed, number, length, memory FROM sample"
            " WHERE trial_id = ?")
        .each(
            [&](const Row& row) {
                const auto whole = [&](int column) { return static_cast<std::uint64_t>(row.integer(column)); };
                keys.insert({whole(0), row.text(1), row.text(2), row.optional_real(3), row.text(4), whole(5), whole(6),
                             whole(7), row.text(8)});
            },
            connection_->find(fingerprint));
    return keys;
}

std::vector<sampling::Sample> Store::unmeasured(const std::string& fingerprint) {
    std::vector<sampling::Sample> samples;
    connection_->database
        .prepared(
            "SELECT step, sampler, options, temperature, prompt_key, seed, number, length, memory, epoch, kind,"
            " ifnull(prompt_bytes, prompt), ifnull(text_bytes, text) FROM sample WHERE trial_id = ? AND kind = 'text' "
            "AND text IS NOT NULL AND longest_copy IS NULL"
            " ORDER BY id")
        .each(
            [&](const Row& row) {
                const auto whole = [&](int column) { return static_cast<std::uint64_t>(row.integer(column)); };
                sampling::Sample& sample = samples.emplace_back();
                sample.key = {whole(0), row.text(1), row.text(2), row.optional_real(3), row.text(4),
                              whole(5), whole(6),    whole(7),    row.text(8)};
                sample.epoch = row.real(9);
                sample.kind = row.text(10);
                sample.prompt = row.text(11);
                sample.text = row.text(12);
            },
            connection_->find(fingerprint));
    return samples;
}

void Store::interrupt_running() {
    Database& database = connection_->database;
    Transaction transaction(database);
    std::vector<Id> trials;
    database.prepared("SELECT id FROM trial WHERE status = 'running'").each([&](const Row& row) {
        trials.push_back(row.integer(0));
    });
    database
        .prepared(
            "UPDATE attempt SET outcome = 'interrupted', ended_at = heartbeat_at,"
            " to_step = (SELECT max(step) FROM point WHERE point.trial_id = attempt.trial_id) WHERE outcome = "
            "'running'")
        .run();
    for (const Id trial : trials) {
        database
            .prepared(
                "UPDATE trial SET status = 'interrupted',"
                " step = (SELECT max(step) FROM point WHERE trial_id = trial.id),"
                " seconds = (SELECT max(seconds) FROM point WHERE trial_id = trial.id),"
                " ended_at = (SELECT max(ended_at) FROM attempt WHERE trial_id = trial.id) WHERE id = ?")
            .run(trial);
        summarise(database, trial, trial::TrialStatus::interrupted);
    }
    transaction.commit();
}

void Store::note_crash(const std::string& fingerprint, const std::string& how) {
    Database& database = connection_->database;
    const auto trial = connection_->find(fingerprint);
    if (!trial) return;
    Transaction transaction(database);
    const auto last =
        database.prepared("SELECT id FROM attempt WHERE trial_id = ? ORDER BY number DESC LIMIT 1").integer(*trial);
    if (last)
        database.prepared("UPDATE attempt SET cause = ?, error = ? WHERE id = ?")
            .run(trial::to_string(trial::Cause::crash), how, *last);
    else  // it had not come to training yet
        database
            .prepared(
                "INSERT INTO attempt (trial_id, number, outcome, error, cause, from_step, to_step, started_at,"
                " heartbeat_at, ended_at, host, pid, jobs, build)"
                " VALUES (?1, 1, 'interrupted', ?2, ?3, 0, 0, ?4, ?4, ?4, '', 0, 1, '')")
            .run(*trial, how, trial::to_string(trial::Cause::crash), now());
    database
        .prepared(
            "UPDATE trial SET error = ?, cause = ?, status = iif(status = 'queued', 'interrupted', status)"
            " WHERE id = ? AND status IN ('queued', 'interrupted')")
        .run(how, trial::to_string(trial::Cause::crash), *trial);
    transaction.commit();
}

}  // namespace unroll::store
