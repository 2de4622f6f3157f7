// Pairs that are read from files.
#pragma once

#include <string>
#include <vector>

#include "pair.h"

/// Pairs of the files that `path` stands for: a line each, QUESTION<TAB>ANSWER, UTF-8. Throws Error, `where` "path",
/// for any other line. `digest` receives the SHA-256 of what was read.
std::vector<Pair> read_pairs(const std::string& path, std::string& digest);
