// The files of checkpoints: where they may be, and how they come and go. Paths in a store are not believed: a store may
// be somebody else's, so that none of them leads out of the folders of checkpoints beside it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace unroll::store {

/// A trial's folder is <db>.d/<fingerprint> (checkpoint_folder.h); after it was trained again it may be that name with
/// ".2" (Store::checkpoint_folder). No other folder is written to or removed from, and none is read from that is not
/// beside the database.

/// The file that a row of `checkpoint` names: relative to the database's folder or, after the database was renamed
/// together with its folder of checkpoints, in that folder. Empty for a path that leads over a link, or that is not
/// FOLDER.d/TRIAL/NAME.safetensors beside the database.
std::filesystem::path checkpoint_file(const std::filesystem::path& database, const std::string& stored);

/// What a trial's folder holds of checkpoints, whole or not: plain files alone. Empty when the folder is none, or a
/// link.
std::vector<std::filesystem::path> files_of_checkpoints(const std::filesystem::path& folder);

/// Removes those that are plain files of checkpoints in the database's own folder of checkpoints, and trials' folders
/// there that are empty. What cannot be removed stays, and harms nobody: no row names it any longer.
void remove_checkpoints(const std::filesystem::path& database, const std::vector<std::filesystem::path>& paths);

/// Makes `to`, in a folder that is made when it is not there, the same file as `from`, or a copy where the file system
/// has no hard links. One that is there is replaced. False when neither can be done; nothing is left behind then.
bool link_checkpoint(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace unroll::store
