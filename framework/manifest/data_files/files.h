// The files that a manifest names: found, verified and, where need be, fetched.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <variant>

#include "manifest/data_files/lookup.h"
#include "unroll/error.h"

namespace unroll::manifest {

/// A path option and what stands beside it; "" for what does not. `url` is never without `sha256`.
struct FileRequest {
    std::string path, url, sha256;
};

class Files {
public:
    /// The absolute path of what is wanted; or why there is none, `where` being "path", "url" or "sha256", whichever is
    /// to be blamed.
    using Found = std::variant<std::filesystem::path, Problem>;

    explicit Files(const Lookup& lookup) : lookup_(lookup) {}

    /// What lookup finds, when it has the SHA-256 that is wanted; a file that is nowhere is fetched. Nothing is looked
    /// for twice.
    const Found& find(const FileRequest& wanted);

private:
    Found search(const FileRequest& wanted) const;
    Found verified(const std::filesystem::path& file, const FileRequest& wanted) const;
    Found fetched(const FileRequest& wanted) const;
    std::string nowhere(const std::string& path) const;
    std::string neighbour(const std::filesystem::path& path) const;

    const Lookup& lookup_;
    std::map<std::tuple<std::string, std::string, std::string>, Found> found_;
};

}  // namespace unroll::manifest
