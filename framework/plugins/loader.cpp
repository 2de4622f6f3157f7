// Finding plugins: folders, libraries, and the order in which a library is believed.
#include "plugins/loader.h"

#include <dlfcn.h>
#include <fmt/core.h>

#include <algorithm>
#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <variant>

#include "plugins/library_file.h"
#include "plugins/options_check.h"
#include "plugins/probe.h"
#include "plugins/trust.h"

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
    if (plugin.initializer > Initializer::normal)
        return Problem{where, fmt::format("initializer {}", static_cast<int>(plugin.initializer)),
                       "an initializer of unroll/cell.h", "give " + wanted_symbol};
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

/// Loads a library and reads what it says of itself; the plugin, or why it is refused.
std::variant<const Plugin*, Refused> inspect(const fs::path& file) {
    const auto opened = open(file);
    if (const auto* problem = std::get_if<Problem>(&opened)) return Refused{file, std::nullopt, *problem};
    const Plugin& plugin = *std::get<const Plugin*>(opened);
    if (auto problem = check_build(file, plugin)) return Refused{file, std::nullopt, std::move(*problem)};
    if (auto problem = check_description(file, plugin)) return Refused{file, std::nullopt, std::move(*problem)};
    return &plugin;
}

/// Files that this process has loaded already, and that need no child process to try them.
bool is_loaded(const fs::path& file) {
    void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD);
    if (handle) ::dlclose(handle);
    return handle != nullptr;
}

/// Adds what these files are, in their order. Of a file that is no sound library nothing is ever run in this process.
void add(Catalog& catalog, const std::vector<fs::path>& files, Trust& trust) {
    std::map<fs::path, Problem> problems;
    std::vector<fs::path> unknown;
    for (const fs::path& file : files) {
        auto problem = check_library_file(file);
        if (!problem) problem = trust.doubt(file);
        if (problem)
            problems.emplace(file, std::move(*problem));
        else if (!is_loaded(file))
            unknown.push_back(file);
    }
    const std::vector<std::string> harms = probe(unknown, [](const fs::path& file) { inspect(file); });
    for (std::size_t i = 0; i < unknown.size(); ++i)
        if (!harms[i].empty())
            problems.emplace(unknown[i], Problem{unknown[i].string(), harms[i], "a library that can be loaded",
                                                 "it is damaged, or its static objects do this: build it again, or "
                                                 "remove the file from the folder"});
    for (const fs::path& file : files) {
        if (const auto problem = problems.find(file); problem != problems.end()) {
            catalog.refuse({file, std::nullopt, problem->second});
            continue;
        }
        auto inspected = inspect(file);
        if (auto* refused = std::get_if<Refused>(&inspected))
            catalog.refuse(std::move(*refused));
        else
            catalog.add({std::get<const Plugin*>(inspected), file});
    }
}

constexpr std::size_t most_libraries = 1000;

/// Adds the libraries of a folder and of the folders directly in it to `files`, in the order of their names. A folder
/// that cannot be read, or that others may write to, is refused with all that is in it.
void find_libraries(const fs::path& folder, int depth, Catalog& catalog, Trust& trust, std::vector<fs::path>& files) {
    if (auto doubt = trust.doubt_folder(folder)) return catalog.refuse({folder, std::nullopt, std::move(*doubt)});
    std::vector<fs::path> own, inner;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code gone;
        const bool is_named_library = entry->path().extension() == ".so";
        if (entry->is_directory(gone) && !is_named_library)
            inner.push_back(entry->path());
        else if (is_named_library)
            own.push_back(entry->path());
    }
    if (error)
        catalog.refuse({folder,
                        std::nullopt,
                        {folder.string(), fmt::format("cannot be read: {}", error.message()),
                         "a folder of plugins that you may read", "change its permissions"}});
    std::sort(own.begin(), own.end());
    std::sort(inner.begin(), inner.end());
    files.insert(files.end(), own.begin(), own.end());
    if (files.size() > most_libraries) {
        catalog.refuse({folder,
                        std::nullopt,
                        {folder.string(), fmt::format("more than {} libraries", most_libraries), "a folder of plugins",
                         "name the folder that has the plugins alone"}});
        files.resize(most_libraries);
        return;
    }
    if (depth > 0)
        for (const fs::path& subfolder : inner) find_libraries(subfolder, depth - 1, catalog, trust, files);
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
    Trust trust;
    std::set<fs::path> seen;
    std::vector<fs::path> files;
    for (const Folder& folder : folders) {
        std::error_code error;
        const bool there = fs::is_directory(folder.path, error);
        if (!there && folder.expected)
            catalog.refuse({folder.path,
                            std::nullopt,
                            {folder.path.string(), "no such folder", fmt::format("a folder, as {} says", folder.why),
                             "correct the path, or create the folder"}});
        if (!there) continue;
        std::vector<fs::path> found;
        find_libraries(fs::absolute(folder.path).lexically_normal(), 1, catalog, trust, found);
        for (fs::path& file : found)
            if (seen.insert(behind_links(file)).second) files.push_back(std::move(file));
    }
    add(catalog, files, trust);
    return catalog;
}

Catalog load_file(const fs::path& file) {
    Catalog catalog;
    Trust trust;
    const fs::path absolute = fs::absolute(file).lexically_normal();
    std::error_code error;
    if (fs::exists(absolute, error))
        add(catalog, {absolute}, trust);
    else
        catalog.refuse({absolute,
                        std::nullopt,
                        {absolute.string(), "no such file", "a plugin's shared library",
                         "check the path; 'unroll plugins' lists the files of those that are found"}});
    return catalog;
}

}  // namespace unroll::plugins
