// A plugin as its shared library gives it, and its options as a manifest would write them.
#pragma once

#include <dlfcn.h>

#include <cstring>
#include <map>
#include <stdexcept>
#include <string>

#include "plugins/options_check.h"
#include "unroll/plugin.h"

/// The plugin in UNROLL_PLUGINS/FOLDER/NAME.so, where FOLDER is "cells", "datasets" or "samplers". Never unloaded.
inline const unroll::Plugin& load_plugin(const std::string& folder, const std::string& name) {
    const std::string file = std::string(UNROLL_PLUGINS) + "/" + folder + "/" + name + ".so";
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) throw std::runtime_error(dlerror());
    const auto* plugin = static_cast<const unroll::Plugin*>(dlsym(library, "unroll_plugin"));
    if (!plugin) throw std::runtime_error(dlerror());
    if (std::strcmp(plugin->build_hash, UNROLL_BUILD_HASH) != 0)
        throw std::runtime_error(file + " is of another build");
    return *plugin;
}

/// The defaults, with some values given as JSON; throws the first problem as an Error.
inline unroll::Options plugin_options(const unroll::Plugin& plugin,
                                      const std::map<std::string, std::string>& json = {}) {
    std::map<std::string, unroll::plugins::Given> values;
    for (const auto& [name, text] : json) values.emplace(name, unroll::plugins::given(text, name).value());
    std::vector<unroll::Problem> problems;
    unroll::Options options = unroll::plugins::check(plugin, values, plugin.name, problems);
    if (!problems.empty()) throw unroll::Error(problems.front());
    return options;
}

/// What `action` throws, as the user would read it; "" when it throws nothing.
template <class Action>
std::string error_of(Action&& action) {
    try {
        action();
    } catch (const unroll::Error& error) {
        return error.what();
    }
    return "";
}
