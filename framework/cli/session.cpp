// What most commands begin with.
#include "cli/session.h"

#include <fmt/core.h>

#include <cstdint>

#include "base/special_files.h"
#include "cli/download.h"
#include "manifest/data_files/relocation.h"
#include "plugins/loader.h"
#include "store/store.h"
#include "sweep/runnable.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

/// Throws Error for a folder that does not exist: unlike those that are searched by default, it was asked for.
const Arguments& checked_plugin_paths(const Arguments& arguments) {
    std::error_code ignored;
    for (const std::filesystem::path& folder : arguments.plugin_paths)
        if (!std::filesystem::is_directory(folder, ignored))
            throw Error({"--plugin-path", fmt::format("no such folder: '{}'", folder.string()), "a folder with plugins",
                         "check the path"});
    return arguments;
}

}  // namespace

Session::Session(const Arguments& arguments)
    : quiet_(arguments.values.count("quiet") && arguments.get<bool>("quiet")),
      catalog_(plugins::load(plugins::folders(checked_plugin_paths(arguments).plugin_paths))),
      datasets_(catalog_),
      host_queries_(sweep::host_queries(catalog_, arguments.database)) {}

manifest::Plan Session::plan(const std::filesystem::path& file, const std::vector<manifest::Override>& overrides) {
    manifest::Plan plan = expand(read_text(file), file.string(), overrides);
    plan.file = std::filesystem::absolute(file).lexically_normal();
    try {
        store::check_name(plan.name);
    } catch (const Error& error) {
        Problem problem = error.problem();
        problem.where = file.string() + ": " + problem.where;
        throw Error(problem);
    }
    return plan;
}

manifest::Lookup Session::lookup_of_store(const std::filesystem::path& database, const std::filesystem::path& data,
                                          bool may_download) const {
    manifest::Lookup lookup = manifest::lookup_of_store(database);
    lookup.fetch = may_download ? fetch() : downloaded_before;
    lookup.data = data;
    return lookup;
}

manifest::Fetch Session::fetch() const {
    return [quiet = quiet_](const manifest::Remote& remote) { return download(remote, quiet); };
}

manifest::Plan Session::expand(const std::string& text, const std::string& file,
                               const std::vector<manifest::Override>& overrides) {
    manifest::Lookup lookup = manifest::Lookup::standard(file);
    lookup.fetch = fetch();
    return manifest::expand(text, file, overrides, catalog_, lookup, datasets_, host_queries_);
}

std::vector<manifest::Override> overrides_of(const Arguments& arguments) {
    std::vector<manifest::Override> overrides;
    for (const std::string& text : arguments.list("set")) overrides.push_back(manifest::parse_override(text));
    return overrides;
}

std::string read_text(const std::filesystem::path& file) {
    constexpr std::uint64_t most = 8 << 20;  // bytes; no manifest that a person could read comes near
    try {
        return base::read_file(file, "a manifest file", most);
    } catch (const Error& error) {
        Problem problem = error.problem();
        if (problem.help == "check the path") problem.help = "check the path; example manifests are in experiments/";
        if (const std::string name = file.string(); name.find('=') != name.npos && !name.starts_with('-'))
            problem.help = fmt::format("to override a setting, write --set {}", name);
        throw Error(std::move(problem));
    }
}

}  // namespace unroll::cli
