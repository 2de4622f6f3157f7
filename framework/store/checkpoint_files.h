// A checkpoint's file under a second name.
#pragma once

#include <filesystem>

namespace unroll::store {

/// Makes `to`, in a folder that is made when it is not there, the same file as `from`, or a copy where the file system
/// has no hard links. One that is there is replaced. False when neither can be done; nothing is left behind then.
bool link_checkpoint(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace unroll::store
