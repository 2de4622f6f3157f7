// What a plugin's maker has thrown, as a problem of the manifest.
#pragma once

#include <string>

#include "json/value.h"
#include "manifest/checker.h"
#include "unroll/error.h"
#include "unroll/plugin.h"

namespace unroll::manifest {

/// Of the exception that is being handled. `given` is the object that named the plugin, `path` its path.
Problem maker_problem(const Checker& checker, const Plugin& plugin, const json::Value& given, const std::string& path);

}  // namespace unroll::manifest
