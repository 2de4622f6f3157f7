// A plugin as the host loads it, and its options as a manifest would write them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "json/parse.h"
#include "plugins/loader.h"
#include "plugins/options_check.h"
#include "unroll/plugin.h"

/// The plugin in ROOT/FOLDER/NAME.so, where FOLDER is "cells", "datasets" or "samplers". Throws why it was refused.
inline const unroll::Plugin& load_plugin(const std::string& folder, const std::string& name,
                                         const std::string& root = UNROLL_PLUGINS) {
    const unroll::plugins::Catalog catalog = unroll::plugins::load_file(root + "/" + folder + "/" + name + ".so");
    if (!catalog.refused().empty()) throw unroll::Error(catalog.refused().front().problem);
    return *catalog.found().at(0).plugin;
}

/// The defaults, with some values given as JSON; throws the first problem as an Error.
inline unroll::Options plugin_options(const unroll::Plugin& plugin,
                                      const std::map<std::string, std::string>& json = {}) {
    unroll::json::Object values;
    for (const auto& [name, text] : json) values.push_back({name, {}, unroll::json::try_parse(text).value()});
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
