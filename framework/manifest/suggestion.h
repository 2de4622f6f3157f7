// What to write instead of a key or value that a manifest may not have: the `help` of a problem, ready to be pasted.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "manifest/schema.h"
#include "plugins/catalog.h"
#include "unroll/plugin.h"

namespace unroll::manifest {

/// What the plugins of a section are.
Plugin::Kind plugin_kind(const Section& section);

/// Instead of a key that `section` does not have. It may be another library's name for a setting, a setting of another
/// section or an option of another plugin, or misspelled. `plugin`: whose options stand beside the section's settings,
/// null for none; `known`: all keys that may stand there.
std::string instead_of_key(const json::Member& member, const Section& section, const Plugin* plugin,
                           const std::vector<std::string>& known, const plugins::Catalog& catalog);

/// Instead of a path that no setting and no option has, as an axis or in --set: the one that was meant, or "" when the
/// path is known or nothing like it is.
std::string instead_of_path(std::string_view path, const plugins::Catalog& catalog);

/// The path that is meant by a key of another library, or by a path in the wrong section; "" when it is right already,
/// or nothing like it is known.
std::string path_meant(std::string_view path, const plugins::Catalog& catalog);

/// Instead of a value that the setting at `path` may not have, `accepts` being what it may: of a list, the axis of a
/// sweep; of a number in quotes, the number; of 0, what turns the setting off; of another library's word, ours; and the
/// like. "" when nothing is known to be meant.
std::string instead_of_value(const json::Value& given, std::string_view path,
                             const std::function<bool(const json::Value&)>& accepts);

/// Instead of the name of a plugin that is none, but a setting, as an embedding layer is; "" when it is neither.
std::string instead_of_plugin(std::string_view name, const Section& section, const plugins::Catalog& catalog);

/// Instead of a value that is no object where a section must be one.
std::string instead_of_section(const json::Value& given, const Section& section, const std::string& path,
                               const plugins::Catalog& catalog);

}  // namespace unroll::manifest
