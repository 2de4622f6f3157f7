// Finding plugins: folders, libraries, and the order in which a library is believed.
#include "plugins/loader.h"

#include <dlfcn.h>
#include <fmt/core.h>

#include <algorithm>
#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <variant>

#include "plugins/options_check.h"

namespace unroll::plugins {

namespace {

namespace fs = std::filesystem;
using boost::dll::shared_library;

constexpr const char* symbol = "unroll_plugin";
constexpr const char* rebuild =
    "build the plugin again against this program: its headers, its compiler, its sanitizers";

/// Keeps a library for good: a plugin's code and constants may be in use anywhere until the process ends.
void keep(shared_library library) {
    static std::mutex mutex;
    static auto& libraries = *new std::vector<shared_library>;  // never destroyed, so never unloaded
    const std::lock_guard lock(mutex);
    libraries.push_back(std::move(library));
}

/// What the dynamic linker has against the file, without the file's own name.
std::string linker_message(const fs::path& file, const std::error_code& error) {
    const char* text = dlerror();
    std::string message = text ? text : error.message();
    if (const std::string prefix = file.string() + ": "; message.rfind(prefix, 0) == 0) message.erase(0, prefix.size());
    return message;
}

Problem not_loadable(const fs::path& file, const std::string& message) {
    if (message.find("undefined symbol") != message.npos)
        return {file.string(), message, "symbols that are defined in libunroll or in a library that the plugin links",
                "link the library that has the symbol, or build the plugin again if it was made for another Unroll"};
    return {file.string(), message, "a shared library that this machine can load",
            "remove the file from the folder, or build it again"};
}

/// Loads the file and finds its symbol. Nothing of the plugin has been read after this.
std::variant<const Plugin*, Problem> open(const fs::path& file) {
    std::error_code error;
    shared_library library;
    library.load(file, error, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    if (error) return not_loadable(file, linker_message(file, error));
    const Plugin* plugin = library.has(symbol) ? &library.get<const Plugin>(symbol) : nullptr;
    keep(std::move(library));
    if (plugin) return plugin;
    return Problem{file.string(), fmt::format("no symbol '{}'", symbol), "a plugin: a library that exports it",
                   "define 'constinit const unroll::Plugin unroll_plugin' after including unroll/plugin.h, or remove "
                   "the file from the folder"};
}

/// The two fields that every version of the SDK has in the same place.
std::optional<Problem> check_build(const fs::path& file, const Plugin& plugin) {
    if (plugin.sdk_version != sdk_version)
        return Problem{file.string(), fmt::format("SDK version {}", plugin.sdk_version),
                       fmt::format("SDK version {}", sdk_version), rebuild};
    if (std::memcmp(plugin.build_hash, UNROLL_BUILD_HASH, sizeof plugin.build_hash) == 0) return std::nullopt;
    std::string hash(plugin.build_hash, strnlen(plugin.build_hash, sizeof plugin.build_hash));
    std::replace_if(
        hash.begin(), hash.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return Problem{file.string(), fmt::format("build {}", hash), fmt::format("build {}", UNROLL_BUILD_HASH), rebuild};
}

/// What the plugin says of itself, now that its layout is known to be ours.
std::optional<Problem> check_description(const fs::path& file, const Plugin& plugin) {
    const std::string where = file.string();
    const std::string wanted_symbol = "a description made by unroll::cell_plugin, dataset_plugin or sampler_plugin";
    if (plugin.kind > Plugin::Kind::sampler)
        return Problem{where, fmt::format("kind {}", static_cast<unsigned>(plugin.kind)), "cell, dataset or sampler",
                       wanted_symbol};
    if (!plugin.name || !plugin.summary)
        return Problem{where, "no name or no summary", "both", "give " + wanted_symbol};
    if (file.stem() != plugin.name)
        return Problem{where, fmt::format("a {} named '{}'", to_string(plugin.kind), plugin.name),
                       fmt::format("the name '{}', as the file's", file.stem().string()),
                       "give plugin, source file and CMake target one name"};
    if (plugin.revision < 1)
        return Problem{where, fmt::format("revision {}", plugin.revision), "a revision of 1 or more",
                       "start at 1 and raise it whenever results change"};
    const bool makes = plugin.kind == Plugin::Kind::cell      ? plugin.make_cell_float && plugin.make_cell_double
                       : plugin.kind == Plugin::Kind::dataset ? plugin.make_dataset != nullptr
                                                              : plugin.make_sampler != nullptr;
    if (!makes)
        return Problem{where, fmt::format("a {} without its maker", to_string(plugin.kind)),
                       plugin.kind == Plugin::Kind::cell ? "makers for float and double" : "a maker",
                       "give " + wanted_symbol};
    if (auto problem = check_declarations(plugin)) {
        problem->where = fmt::format("{}, {}", where, problem->where);
        return problem;
    }
    return std::nullopt;
}

void add(Catalog& catalog, const fs::path& file) {
    const auto opened = open(file);
    if (const auto* problem = std::get_if<Problem>(&opened)) return catalog.refuse({file, std::nullopt, *problem});
    const Plugin& plugin = *std::get<const Plugin*>(opened);
    if (auto problem = check_build(file, plugin)) return catalog.refuse({file, std::nullopt, *problem});
    if (auto problem = check_description(file, plugin)) return catalog.refuse({file, std::nullopt, *problem});
    catalog.add({&plugin, file});
}

/// The libraries of a folder and of the folders directly in it, in the order of their names.
std::vector<fs::path> libraries(const fs::path& folder, int depth = 1) {
    std::vector<fs::path> files, inner;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code gone;
        if (entry->is_directory(gone))
            inner.push_back(entry->path());
        else if (entry->path().extension() == ".so")
            files.push_back(entry->path());
    }
    std::sort(files.begin(), files.end());
    std::sort(inner.begin(), inner.end());
    if (depth > 0)
        for (const fs::path& subfolder : inner)
            for (fs::path& file : libraries(subfolder, depth - 1)) files.push_back(std::move(file));
    return files;
}

/// The file behind links, so that one that is reached twice is loaded once.
fs::path behind_links(const fs::path& file) {
    std::error_code error;
    const fs::path result = fs::canonical(file, error);
    return error ? file : result;
}

}  // namespace

std::vector<Folder> folders(const std::vector<fs::path>& given) {
    std::vector<Folder> result;
    for (const fs::path& path : given) result.push_back({path, "--plugin-path", true});

    if (const char* variable = std::getenv("UNROLL_PLUGIN_PATH")) {
        std::string_view rest = variable;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(':'), rest.size());
            if (end > 0) result.push_back({fs::path(rest.substr(0, end)), "UNROLL_PLUGIN_PATH", true});
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }

    std::error_code error;
    const fs::path program = boost::dll::program_location(error).parent_path();
    if (!error) {
        result.push_back({program / "plugins", "beside the program", false});
        result.push_back({(program / "../lib/unroll/plugins").lexically_normal(), "installed", false});
    }
    return result;
}

Catalog load(const std::vector<Folder>& folders) {
    Catalog catalog;
    std::set<fs::path> seen;
    for (const Folder& folder : folders) {
        std::error_code error;
        const bool there = fs::is_directory(folder.path, error);
        if (!there && folder.expected)
            catalog.refuse({folder.path,
                            std::nullopt,
                            {folder.path.string(), "no such folder", fmt::format("a folder, as {} says", folder.why),
                             "correct the path, or create the folder"}});
        if (!there) continue;
        for (const fs::path& file : libraries(fs::absolute(folder.path).lexically_normal()))
            if (seen.insert(behind_links(file)).second) add(catalog, file);
    }
    return catalog;
}

Catalog load_file(const fs::path& file) {
    Catalog catalog;
    const fs::path absolute = fs::absolute(file).lexically_normal();
    std::error_code error;
    if (fs::exists(absolute, error))
        add(catalog, absolute);
    else
        catalog.refuse({absolute,
                        std::nullopt,
                        {absolute.string(), "no such file", "a plugin's shared library",
                         "check the path; 'unroll plugins' lists the files of those that are found"}});
    return catalog;
}

}  // namespace unroll::plugins
