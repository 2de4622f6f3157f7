// A trial's summary columns, read from its points.
#include "store/connection.h"

namespace unroll::store {

void clear_outcome(Database& database, Id trial) {
    database
        .prepared(
            "UPDATE trial SET status = 'queued', step = NULL, tokens = NULL, seconds = NULL,"
            " tokens_per_second = NULL, diverged_step = NULL, error = NULL, cause = NULL, ended_at = NULL,"
            " train_loss_steps = NULL WHERE id = ?")
        .run(trial);
    summarise(database, trial, trial::TrialStatus::queued);
}

void summarise(Database& database, Id trial, trial::TrialStatus status) {
    const auto last = [&](std::string_view split, std::string_view name) {
        std::optional<double> value;
        if (status == trial::TrialStatus::finished)
            database
                .prepared(
                    "SELECT value FROM point WHERE trial_id = ? AND series_id ="
                    " (SELECT id FROM series WHERE split = ? AND name = ?) ORDER BY step DESC LIMIT 1")
                .each([&](const Row& row) { value = row.real(0); }, trial, split, name);
        return value;
    };
    std::optional<double> best;
    std::optional<std::int64_t> best_step;
    database
        .prepared(
            "SELECT value, step FROM point WHERE trial_id = ? AND series_id ="
            " (SELECT id FROM series WHERE split = 'validation' AND name = 'loss') ORDER BY value, step LIMIT 1")
        .each(
            [&](const Row& row) {
                best = row.real(0);
                best_step = row.integer(1);
            },
            trial);
    database
        .prepared(
            "UPDATE trial SET train_loss = ?, validation_loss = ?, test_loss = ?, train_accuracy = ?,"
            " validation_accuracy = ?, test_accuracy = ?, best_validation_loss = ?, best_step = ? WHERE id = ?")
        .run(last("train", "loss"), last("validation", "loss"), last("test", "loss"), last("train", "accuracy"),
             last("validation", "accuracy"), last("test", "accuracy"), best, best_step, trial);
}

}  // namespace unroll::store
