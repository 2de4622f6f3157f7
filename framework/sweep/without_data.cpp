// A stored trial where its data is not.
#include "sweep/without_data.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>

#include "json/parse.h"
#include "json/write.h"
#include "manifest/data_files/remote.h"
#include "plugins/make.h"
#include "plugins/options_check.h"
#include "training/checkpoint_file.h"
#include "training/saved_dataset.h"
#include "unroll/error.h"

namespace unroll::sweep {

namespace {

/// What the stand-in makes its dataset of: makers are plain functions.
struct Kept {
    const training::Metadata* metadata;
    const Plugin* plugin;
    std::filesystem::path text;  ///< to be written; the path in its options
};
thread_local const Kept* kept = nullptr;

std::unique_ptr<Dataset> make_kept(const Options& options) {
    auto dataset = training::saved_dataset(*kept->metadata, [&](const std::string& text) -> std::unique_ptr<Dataset> {
        std::ofstream(kept->text, std::ios::binary) << text;
        try {
            return plugins::make_dataset(*kept->plugin, options);
        } catch (const Error&) {  // no dataset of a text
            return nullptr;
        }
    });
    if (!dataset)
        throw Error({"dataset", "a checkpoint without its vocabulary", "a vocabulary", "put the data where it was"});
    return dataset;
}

/// An empty file, until it ends.
class TemporaryFile {
public:
    TemporaryFile() {
        std::string name = (std::filesystem::temp_directory_path() / "unroll-XXXXXX").string();
        const int file = mkstemp(name.data());
        if (file < 0) throw Error({name, "a file that cannot be made", "a folder to write to", "name one in TMPDIR"});
        close(file);
        path = name;
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
    std::filesystem::path path;
};

/// The catalog with another maker of this dataset.
plugins::Catalog with(const plugins::Catalog& catalog, const Plugin& stand_in) {
    plugins::Catalog changed;
    for (const plugins::Found& found : catalog.found()) {
        const bool is_it =
            found.plugin->kind == Plugin::Kind::dataset && std::string_view(found.plugin->name) == stand_in.name;
        changed.add({is_it ? &stand_in : found.plugin, found.file});
    }
    return changed;
}

/// The config with paths to a file that is there, and nothing to be fetched.
std::string with_paths_to(const std::filesystem::path& file, const std::string& config, const Plugin& plugin) {
    json::Value changed = json::parse(config, "stored config");
    json::Value& dataset = *changed.find("dataset");
    for (const Option& option : plugin.options)
        if (json::Value* path = dataset.find(option.name);
            option.type == Option::Type::path && path && path->text() && !path->text()->empty())
            *path = json::Value(file.string());
    std::erase_if(*dataset.object(),
                  [&](const json::Member& member) { return manifest::is_remote_key(plugin, member.key); });
    return json::dump(changed);
}

const Plugin* dataset_of(const std::string& config, const plugins::Catalog& catalog) {
    const json::Value whole = json::parse(config, "stored config");
    const json::Value* dataset = whole.find("dataset");
    const json::Value* name = dataset ? dataset->find("plugin") : nullptr;
    return name && name->text() ? catalog.find(Plugin::Kind::dataset, *name->text()) : nullptr;
}

}  // namespace

std::optional<RunnableTrial> rebuild_without_data(const std::string& config, const std::string& fingerprint,
                                                  const std::string& name, const plugins::Catalog& catalog,
                                                  const training::CheckpointInfo& checkpoint) {
    const Plugin* plugin = dataset_of(config, catalog);
    if (!plugin) return std::nullopt;
    const training::Metadata metadata = training::open_checkpoint(checkpoint).metadata();
    const TemporaryFile text;
    const Kept what{&metadata, plugin, text.path};
    kept = &what;
    Plugin stand_in = *plugin;
    stand_in.make_dataset = make_kept;
    const plugins::Catalog changed = with(catalog, stand_in);
    manifest::DatasetCache datasets(changed);
    RunnableTrial trial = rebuild(with_paths_to(text.path, config, *plugin), fingerprint, name, changed, datasets, {});
    trial.start = {};  // refers to the catalog and the cache, which end here
    return trial;
}

}  // namespace unroll::sweep
