// The launchers there are.
#include "launch/launcher.h"

#include <fmt/format.h>

#include "unroll/error.h"

namespace unroll::launch {

std::unique_ptr<Launcher> make_launcher(const std::string& name) {
    if (name == "local") return make_local_launcher();
    if (name == "slurm") return make_slurm_launcher();
    throw Error({"launcher", fmt::format("'{}'", name), "local or slurm", "choose one of these"});
}

std::vector<std::string> task_command(const RunFolder& folder, const RunPlan& plan, const std::string& task) {
    return {plan.program.string(), "worker", folder.root().string(), "--task", task};
}

std::vector<std::string> check_command(const RunFolder& folder, const RunPlan& plan, Size round) {
    return {plan.program.string(), "worker", folder.root().string(), "--check", std::to_string(round)};
}

}  // namespace unroll::launch
