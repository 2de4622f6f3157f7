// Whether others than the user could change what stands at a path: a plugin runs with the user's rights.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "unroll/error.h"

namespace unroll::plugins {

/// Trusted are root, the user who runs the program and whoever owns the program itself. What everybody may write to is
/// doubted, and so is what a group may write to that has other members. Folders on the way to a path are asked, too:
/// who may rename in one of them can put another file at the path. Two kinds are not: a folder with the sticky bit, as
/// /tmp, where names belong to their owners; and one that leads to the program itself, whose writers could as well
/// change the program. For one thread.
class Trust {
public:
    Trust();

    /// Why a library at this path must not be loaded; none when it may be. The path is absolute.
    std::optional<Problem> doubt(const std::filesystem::path& library);

    /// Why nothing in this folder must be loaded. A sticky bit does not help here: anybody could add a library.
    std::optional<Problem> doubt_folder(const std::filesystem::path& folder);

private:
    std::optional<std::string> reason(const std::filesystem::path& place, bool sticky_helps);
    std::optional<std::string> reason_on_the_way(const std::filesystem::path& path, bool sticky_helps);
    std::optional<Problem> doubt(const std::filesystem::path& path, bool sticky_helps);
    bool has_other_members(gid_t group);

    std::set<uid_t> users_;
    std::set<std::filesystem::path> program_folders_;
    std::map<gid_t, bool> groups_;
    std::map<std::filesystem::path, std::optional<std::string>> known_;  ///< of folders on the way
};

/// Whether the user has said that plugins are to be loaded whoever may write to them: UNROLL_TRUST_PLUGINS=1.
bool trusts_everybody();

/// As if UNROLL_TRUST_PLUGINS were 1 from here on, in child processes too. Before there are threads.
void trust_everybody();

}  // namespace unroll::plugins
