// Checking one object of a manifest against the table of settings, or a plugin's object against its declaration.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/diagnostics.h"
#include "json/value.h"
#include "manifest/data_files/files.h"
#include "manifest/schema.h"
#include "plugins/catalog.h"
#include "trial/trial.h"

namespace unroll::manifest {

/// What a manifest is checked with, and what does not have to be found out twice.
class Checker {
public:
    Checker(std::string file, const plugins::Catalog& catalog, const Lookup& lookup)
        : file_(std::move(file)), catalog_(catalog), files_(lookup) {}

    const plugins::Catalog& catalog() const { return catalog_; }
    const std::string& file() const { return file_; }

    /// "FILE:LINE: PATH", or "--set: PATH" for a value that came from there.
    std::string where(json::Position at, std::string_view path) const;

    /// The settings of `given` (null: none), checked and in the table's order, with every default that the table has. A
    /// setting without default that was not given is null. `path` is how messages name the object, `parent` what
    /// messages about a missing one point at; `task` is a Topology::settings or, when unknown, "".
    /// Keys that the section does not have are problems, except in a section with a plugin: see check_plugin.
    json::Value check(const Section& section, const json::Value* given, const std::string& path, json::Position parent,
                      std::string_view task, base::Diagnostics& diagnostics);

    /// As check(), for a section that names a plugin: the result has the section's settings and then the plugin's
    /// options, as declared; `choice` receives the same options typed, with paths looked up (and fetched, where the
    /// manifest says from where: files.h). Null when the plugin is not there.
    const Plugin* check_plugin(const Section& section, Plugin::Kind kind, const json::Value* given,
                               const std::string& path, json::Position parent, base::Diagnostics& diagnostics,
                               json::Value& checked, trial::PluginChoice& choice);

    /// One value against one setting of any shape but sections: the value in its normal form, or null and a problem.
    json::Value check_value(const Setting& setting, const json::Value& given, const std::string& path,
                            base::Diagnostics& diagnostics) const;

    /// From now on a required setting that is missing is no problem: the part of the manifest that may set it is
    /// damaged.
    void tolerate_missing() { tolerant_ = true; }
    bool tolerates_missing() const { return tolerant_; }

    Problem unknown_key(const Section& section, const json::Member& member, const std::string& path) const;
    Problem unknown_option(const Section& section, const Plugin& plugin, const json::Member& member,
                           const std::string& path) const;

private:
    Problem wrong_option(const Option& option, const json::Value& given, const std::string& path) const;
    /// That a setting that must be given was not. Of a plugin's name: which ones there are.
    /// `given`: the object that it is missing from, or null.
    Problem missing(const Section& section, const Setting& setting, const json::Value* given, std::string where) const;
    const json::Value& standard(const Setting& setting);
    /// The defaults of a plugin's options, in normal form.
    const json::Value& defaults(const Plugin& plugin);
    /// The options that `given` has, in normal form; what is wrong with them is added to `diagnostics`.
    json::Value given_options(const Section& section, const Plugin& plugin, const json::Value& given,
                              const std::string& path, base::Diagnostics& diagnostics) const;
    /// Reads what stands beside a path into `wanted`, which has the path. False when something is wrong with it.
    bool read_remote(const RemoteKeys& keys, const json::Value& given, const std::string& path, FileRequest& wanted,
                     base::Diagnostics& diagnostics) const;
    /// Makes `value`, that of a path option, absolute; returns what stands beside it, in its normal form. `given` is
    /// the plugin's object, `path` its path; messages about a path that stands nowhere point to `otherwise`.
    json::Object look_up(const Plugin& plugin, const Option& option, const json::Value& given, json::Position otherwise,
                         const std::string& path, json::Value& value, base::Diagnostics& diagnostics);

    std::string file_;
    const plugins::Catalog& catalog_;
    Files files_;
    bool tolerant_ = false;
    std::unordered_map<const Setting*, json::Value> standards_;
    std::unordered_map<const Plugin*, json::Value> defaults_;
};

/// A setting that has a condition which its section does not meet: `so_far` has the values of the selectors.
Problem out_of_place(const Section& section, const std::string& path, const json::Member& member,
                     const json::Value& so_far, std::string where);

/// "PATH.NAME"; NAME alone when path is "".
std::string child(std::string_view path, std::string_view name);

}  // namespace unroll::manifest
