// Options of `unroll run --launcher`, and how a run is named on other command lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "launch/launch.h"
#include "manifest/plan.h"

namespace unroll::cli {

/// What stands behind `--` is not for this program.
struct SplitWords {
    Words own, others;
};
SplitWords split_at_dashes(const Words& words);

/// Adds --launcher and what goes with it.
void add_launch_options(Command& command);

/// None without --launcher. Throws Error for options that mean nothing without it, or nothing with it.
std::optional<launch::Options> launch_options(const Arguments& arguments, const Words& for_scheduler,
                                              const std::vector<manifest::Plan>& plans);

/// The folder of a run: one that is named, or that of the experiment of this name. Throws Error when there is none.
launch::RunFolder run_folder_of(const Arguments& arguments, const std::string& run);

}  // namespace unroll::cli
