// The plans of a run: the names that their experiments have in the store, and what they change there.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/session.h"
#include "manifest/plan.h"

namespace unroll::cli {

/// Every manifest's plan, under the name that it is stored by: the manifest's; that of --as; or, with --set, the
/// manifest's with four digits that depend on what is set, as in `quickstart+3f2a`. Throws Error when two manifests
/// would be one experiment, and for --as with several.
std::vector<manifest::Plan> plans_to_run(const Arguments& arguments, Session& session);

/// Stores a plan as the experiment `name`. Throws Error for a name that no experiment can have.
void name_as(manifest::Plan& plan, const std::string& name);

/// Says what the run takes out of experiments that the store has, and what --fresh will replace. False when the user
/// does not want it. Throws Error for an experiment that another manifest file has made, unless --yes is given or the
/// user agrees. Changes no results.
bool changes_accepted(const Arguments& arguments, const std::vector<manifest::Plan>& plans);

}  // namespace unroll::cli
