// The folder that holds a trial's checkpoints.
#pragma once

#include <filesystem>
#include <string>

namespace unroll::store {

/// <db>.d/<fingerprint>, beside the database's own file. Throws Error for a fingerprint that is no plain name, and so
/// would lead elsewhere.
std::filesystem::path checkpoint_folder(const std::filesystem::path& database, const std::string& fingerprint);

}  // namespace unroll::store
