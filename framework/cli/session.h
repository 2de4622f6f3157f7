// What most commands begin with: the plugins, the datasets, and plans made of manifests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "manifest/dataset_cache.h"
#include "manifest/expand.h"
#include "plugins/catalog.h"

namespace unroll::cli {

/// Plugins and datasets of one command. Not copied or moved: the datasets refer to the catalog.
class Session {
public:
    explicit Session(const Arguments& arguments);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    const plugins::Catalog& catalog() const { return catalog_; }
    manifest::DatasetCache& datasets() { return datasets_; }

    /// Reads and checks a manifest file; downloads data files that are not there. Throws manifest::Problems, Error or
    /// fetch::Interrupted.
    manifest::Plan plan(const std::filesystem::path& file, const std::vector<manifest::Override>& overrides);

    /// Where data of the store's trials is looked for. `data`: as the user named it, or empty. A url of the store is
    /// asked only when `may_download`: the store may be a stranger's.
    manifest::Lookup lookup_of_store(const std::filesystem::path& database, const std::filesystem::path& data,
                                     bool may_download) const;

private:
    manifest::Fetch fetch() const;
    manifest::Plan expand(const std::string& text, const std::string& file,
                          const std::vector<manifest::Override>& overrides);

    bool quiet_;
    plugins::Catalog catalog_;
    manifest::DatasetCache datasets_;
    manifest::HostQueries host_queries_;
};

/// The values of --set, each PATH=JSON.
std::vector<manifest::Override> overrides_of(const Arguments& arguments);

/// The whole file. Throws Error when it cannot be read.
std::string read_text(const std::filesystem::path& file);

}  // namespace unroll::cli
