// The schema of the result store: its version, the steps that lead there, and the views that each experiment gets.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace unroll::store {

/// "UNRL": how the file tells that it is ours.
inline constexpr std::int64_t application_id = 0x554E'524C;

/// Step n brings a file of version n to version n + 1; the first one makes an empty file a store. To change the schema,
/// add a step and leave the others as they are.
using MigrationStep = void (*)(Database&);
std::span<const MigrationStep> migration_steps();

/// Brings the file up to the last step, all in one transaction. Throws Error when
/// the file is another program's or of a newer version, and then leaves it as it is.
void migrate(Database& database, std::span<const MigrationStep> steps = migration_steps());

/// Tables with the records of a trial, a row for each step (columns trial_id, step): an attempt that goes on from a
/// step drops the rows past it.
inline constexpr std::array<std::string_view, 6> recorded_tables{"point",      "sample",   "loss_by_position",
                                                                 "checkpoint", "gradient", "judgement"};

/// Throws Error as migrate() does, before anything is changed.
void refuse_foreign(Database& database);

/// For readers: throws Error unless the file is a store of this version, or of an older one that reads alike.
void check_version(Database& database);

/// Throws Error when no view can have this name, because a table or another experiment has it. Two names that differ in
/// case only count as one.
void check_experiment_name(Database& database, const std::string& name);

/// Makes or replaces the experiment's view: `result` limited to it, and a column for every unusual axis found in `axes`
/// (JSON objects). An axis that `result` has as a typed column gets no other one; a column is named as its axis, or
/// "axes.NAME" where `result` has another column of that name.
void replace_experiment_view(Database& database, const std::string& name, const std::vector<std::string>& axes);

}  // namespace unroll::store
