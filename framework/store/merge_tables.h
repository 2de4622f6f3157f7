// The rows of a merge: between this store, `main`, and the other one, attached as `source`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/database.h"

namespace unroll::store {

/// Makes the temporary table `pair`: a row for each trial of `source`, with its id here (NULL: new) and what becomes of
/// it, `fate`: new; equal, replaced_equal, kept, replaced (the same trajectory); kept_other, replaced_other (another
/// one). Trials that
/// are new are added to `trial`, those that give way are rewritten, and get their ids. With `only_wanted` those alone
/// that the temporary table `wanted` names.
void pair_trials(Database& database, bool only_wanted = false);

/// Copies or unites what is known of the trials in `pair`: every table that refers to trials but `membership` and
/// `checkpoint`. Returns how many samples came along.
std::int64_t merge_results(Database& database);

struct MergedExperiments {
    std::vector<std::string> added, changed;
};

/// Experiments and memberships, with their views. `source_folder` and `folder` are those of the two files: paths of
/// manifests are relative to them. Throws Error for a name that differs from another one in case only.
MergedExperiments merge_experiments(Database& database, const std::filesystem::path& source_folder,
                                    const std::filesystem::path& folder);

}  // namespace unroll::store
