// The lines in which a sweep's progress is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "training/record.h"
#include "training/trainer.h"
#include "unroll/types.h"

namespace unroll::cli {

/// Losses that a trial has recorded, each the last one; absent before the first, and for tasks that have none.
struct RecordedLosses {
    std::optional<double> train, validation;
};

/// "12 s", "3 min 05 s", "2 h 10 min".
std::string duration(double seconds);

/// "train 2.134  validation 2.561"; empty without either.
std::string losses_text(const RecordedLosses& losses);

/// A trial that runs, in no more than `columns`: label, step, loss of the last batch, tokens/s. What does not fit goes
/// in this order: the names within the label, its last parts, tokens/s, the label, the step. The loss always stays.
std::string running_line(const std::string& label, const training::StepProgress& now, Size columns);

/// A trial that has ended: how, at which step, its losses, and the mean rate of all its attempts. `last` is the loss of
/// the last batch, told where a task records none; absent when no step was done.
std::string ended_line(const std::string& label, const training::Outcome& outcome, const RecordedLosses& losses,
                       const std::optional<double>& last);

}  // namespace unroll::cli
