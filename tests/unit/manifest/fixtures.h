// Plugins for the tests of this floor, whose names no shipped plugin has, and short ways to expand a manifest with
// them.
#pragma once

#include <string>
#include <vector>

#include "manifest/expand.h"
#include "plugins/catalog.h"

namespace unroll::manifest::test {

/// Datasets `letters` (a corpus over "abcdefgh \n"), `file` (the same, read from a path), `pairs` (examples of reals),
/// `riddles` (target sequences) and `dots` (images); cells `echo`, `other`, `looker` (limited context, H a multiple of its
/// heads), `silent` (the same, but does not say so), `seer` (looks ahead) and `keeper` (a state; reads a memory), `limited` (likewise, looks back), each of
/// H D weights; samplers `pick` (uses temperature) and `best` (does not).
const plugins::Catalog& catalog();

/// How many datasets were made so far.
int datasets_made();

/// The folder of the manifests and of what they name.
std::filesystem::path folder();

/// What the program's own floors tell.
const HostQueries& host_queries();

Plan expand(const std::string& text, const std::vector<Override>& overrides = {});

/// What expand() throws, rendered; "" when it throws nothing.
std::string problems(const std::string& text, const std::vector<Override>& overrides = {});

/// A manifest that is right, with further members (as in `"sweep": {…}`) added; those of the same name are replaced.
std::string with(const std::string& members);

}  // namespace unroll::manifest::test
