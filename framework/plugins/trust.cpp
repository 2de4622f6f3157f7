// Owners, permissions and groups on the way to a plugin.
#include "plugins/trust.h"

#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <boost/dll/runtime_symbol_info.hpp>
#include <cstdlib>
#include <string_view>

namespace unroll::plugins {

namespace {

namespace fs = std::filesystem;

constexpr const char* variable = "UNROLL_TRUST_PLUGINS";

std::string name_of_user(uid_t id) {
    const passwd* const entry = ::getpwuid(id);
    return entry ? fmt::format("user '{}'", entry->pw_name) : fmt::format("user {}", id);
}

std::string name_of_group(gid_t id) {
    const group* const entry = ::getgrgid(id);
    return entry ? fmt::format("group '{}'", entry->gr_name) : fmt::format("group {}", id);
}

/// Where it has an access control list, the group's bits of the mode are only the most that the list may grant.
bool has_access_list(const fs::path& path) {
    return ::getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

}  // namespace

Trust::Trust() : users_{0, ::geteuid()} {
    std::error_code error;
    const fs::path program = fs::canonical(boost::dll::program_location(error), error);
    struct stat file {};
    if (error || ::stat(program.c_str(), &file) != 0) return;
    users_.insert(file.st_uid);
    for (fs::path folder = program.parent_path();; folder = folder.parent_path())
        if (!program_folders_.insert(folder).second) break;
}

bool Trust::has_other_members(gid_t group_id) {
    const auto [known, is_new] = groups_.try_emplace(group_id, false);
    if (!is_new) return known->second;
    if (const group* const entry = ::getgrgid(group_id))
        for (char** member = entry->gr_mem; *member; ++member) {
            const passwd* const user = ::getpwnam(*member);
            if (!user || !users_.contains(user->pw_uid)) return known->second = true;
        }
    ::setpwent();
    while (const passwd* const user = ::getpwent())
        if (user->pw_gid == group_id && !users_.contains(user->pw_uid)) known->second = true;
    ::endpwent();
    return known->second;
}

std::optional<std::string> Trust::reason(const fs::path& place, bool sticky_helps) {
    struct stat found {};
    if (::lstat(place.c_str(), &found) != 0) return std::nullopt;  // whoever loads it will say so
    if (!users_.contains(found.st_uid)) return fmt::format("belongs to {}", name_of_user(found.st_uid));
    if (S_ISLNK(found.st_mode)) return std::nullopt;
    if (S_ISDIR(found.st_mode) && sticky_helps && (found.st_mode & S_ISVTX)) return std::nullopt;
    const unsigned mode = found.st_mode & 07777;
    if (mode & S_IWOTH) return fmt::format("may be written to by everybody (mode {:04o})", mode);
    if (!(mode & S_IWGRP)) return std::nullopt;
    if (has_access_list(place)) return fmt::format("may be written to by others (mode {:04o} and an ACL)", mode);
    if (!has_other_members(found.st_gid)) return std::nullopt;
    return fmt::format("may be written to by {} (mode {:04o})", name_of_group(found.st_gid), mode);
}

std::optional<std::string> Trust::reason_on_the_way(const fs::path& path, bool sticky_helps) {
    fs::path place;
    for (auto part = path.begin(); part != path.end(); ++part) {
        place /= *part;
        if (place == path) break;
        if (program_folders_.contains(place)) continue;
        const auto [known, is_new] = known_.try_emplace(place);
        if (is_new)
            if (auto why = reason(place, true))
                known->second = fmt::format("lies in {}, which {}", place.string(), *why);
        if (known->second) return known->second;
    }
    return program_folders_.contains(path) ? std::nullopt : reason(path, sticky_helps);
}

std::optional<Problem> Trust::doubt(const fs::path& path, bool sticky_helps) {
    if (trusts_everybody()) return std::nullopt;
    std::error_code error;
    const fs::path behind_links = fs::canonical(path, error);
    auto why = reason_on_the_way(path, sticky_helps);
    if (!why && !error && behind_links != path) why = reason_on_the_way(behind_links, sticky_helps);
    if (!why) return std::nullopt;
    return Problem{path.string(), *why, "plugins that nobody else can change: they run with your rights",
                   fmt::format("take the others' rights away, as with: chmod -R go-w '{}'; or, if you trust them, load "
                               "it all the same with --trust-plugins or {}=1",
                               path.string(), variable)};
}

std::optional<Problem> Trust::doubt(const fs::path& library) {
    return doubt(library, true);
}

std::optional<Problem> Trust::doubt_folder(const fs::path& folder) {
    return doubt(folder, false);
}

bool trusts_everybody() {
    const char* const value = std::getenv(variable);
    return value && *value && std::string_view(value) != "0";
}

void trust_everybody() {
    ::setenv(variable, "1", 1);
}

}  // namespace unroll::plugins
