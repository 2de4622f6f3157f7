// What a user wants of a scheduler without saying it each time: a small file in the configuration folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "unroll/types.h"

namespace unroll::launch {

struct Configuration {
    std::vector<std::string> options;  ///< for sbatch
    std::string time;
    Size cpus = 0, nodes_at_most = 0;   ///< 0: not said
    std::filesystem::path run_folders;  ///< where the folders of runs are made; "": beside the result store
};

/// XDG_CONFIG_HOME/unroll, else ~/.config/unroll; empty when neither is set.
std::filesystem::path configuration_folder();

/// slurm.json of that folder, if there is one. Of partition, account, qos and time, what a variable of sbatch says
/// (SBATCH_PARTITION, …) stands above it. Throws Error for a file that is not as it should be.
Configuration slurm_configuration();

}  // namespace unroll::launch
