// training and training.stop.
#include <cmath>

#include "manifest/settings/rows.h"

namespace unroll::manifest::settings {
namespace {

using Shape = Setting::Shape;
using Training = trial::TrainingSettings;
using Stop = trial::StopSettings;

constexpr Setting training_rows[] = {
    integer<&Training::sequence_length>("sequence_length", "64", 1, million, "T, time steps of a training window")
        .unless_given("64, or the length of the dataset's examples"),
    integer<&Training::batch>("batch", "64", 1, million, "batch size B, in sequences"),
    integer<&Training::steps>(
        "steps", "", 0, largest_count,
        "training steps (batches); give this or epochs; when raised, a finished trial goes on from its last "
        "checkpoint, unless its schedule depends on the number of steps; 0: with start, trained weights are measured "
        "as they are"),
    integer<&Training::epochs>("epochs", "", 1, largest_count, "passes over the training split; give this or steps"),
    choice<&Training::windows>("windows", "\"random\"", "random|strided|streams",
                               "how windows are drawn from a corpus: \"random\": at random offsets; \"strided\": every "
                               "window at a multiple of stride, shuffled; \"streams\": contiguous streams, the state "
                               "carried from batch to batch (stateful, truncated BPTT)")
        .only_for("task", corpus),
    integer<&Training::stride>("stride", "1", 1, million, "tokens between the starts of neighbouring windows")
        .only_for("windows", "strided"),
    choice<&Training::predict>("predict", "\"every\"", "every|last",
                               "positions of a window whose next token is predicted: every one, or the last alone")
        .only_for("task", corpus),
    shaped("optimizer", Shape::section, "", "optimizer and its hyperparameters"),
    shaped("schedule", Shape::section, "", "learning-rate schedule"),
    shaped<&Training::clip>("clip", Shape::clip, "null",
                            "gradient clipping: maximum global norm, or {\"element\": X} for per-element clipping to "
                            "[-X, X]"),
    shaped("stop", Shape::section_or_null, "null", "early stopping"),
    integer<&Training::evaluate_length>("evaluate_length", "", 1, million, "T of the windows of validation and test")
        .only_for("task", corpus)
        .unless_given("sequence_length"),
    integer<&Training::log_every>("log_every", "10", 1, largest_count,
                                  "training steps between two points of the training curve, each the mean since the "
                                  "last one; the final training loss does not depend on it")
        .outside_identity(),
    shaped<&Training::evaluate_every>("evaluate_every", Shape::when_or_never, "{\"times\": 10}",
                                      "when the validation split is evaluated, and at the end the test split, too; "
                                      "{\"times\": 10}: ten times, after every tenth of the training")
        .outside_identity_without("stop"),
    shaped<&Training::checkpoint_every>(
        "checkpoint_every", Shape::when_or_timed, "",
        "when a checkpoint is saved; {\"minutes\": 5}: every five minutes, to resume from; of these only the newest is "
        "kept, "
        "and only until the trial ends, so that results do not depend on the machine's speed")
        .unless_given("evaluate_every")
        .outside_identity(),
    integer<&Training::keep_checkpoints>("keep_checkpoints", "2", 1, largest_count,
                                         "number of most recent checkpoints kept; the best one is kept, too")
        .outside_identity(),
    shaped<&Training::time_limit>("time_limit", Shape::duration, "null",
                                  "longest time that one attempt at a trial may take: it ends after its step with a "
                                  "checkpoint, as failed, and goes on when the limit is raised; with run --isolate one "
                                  "that hangs is ended, too")
        .outside_identity(),
    shaped<&Training::memory_limit>(
        "memory_limit", Shape::memory, "null",
        "most memory that the process of a trial may take (RLIMIT_DATA); with run --isolate "
        "only")
        .outside_identity(),
};

constexpr Setting stop_rows[] = {
    choice<&Stop::metric>("metric", "\"validation/loss\"", "validation/loss|validation/accuracy", "monitored metric"),
    number<&Stop::target>("target", "", -HUGE_VAL, HUGE_VAL, "stop as soon as the metric is at least this good")
        .unless_given("no target"),
    integer<&Stop::patience>("patience", "0", 0, largest_count,
                             "stop after this many evaluations without improvement; 0: never"),
};

}  // namespace

std::span<const Setting> training() {
    return training_rows;
}

std::span<const Setting> stop() {
    return stop_rows;
}

}  // namespace unroll::manifest::settings
