// The table of settings as a reference: for people, and for editors.
#pragma once

#include <string>

#include "json/value.h"
#include "plugins/catalog.h"

namespace unroll::manifest {

/// A JSON Schema (draft 2020-12) of manifests that use the plugins at hand. It refuses none that can be expanded. It
/// cannot know what needs more than the text: what a sweep comes to, the dataset's task, files, how cells fit.
json::Value json_schema(const plugins::Catalog& catalog);

/// Every setting and every plugin's options as Markdown tables: key, value, default, meaning.
std::string markdown(const plugins::Catalog& catalog);

}  // namespace unroll::manifest
