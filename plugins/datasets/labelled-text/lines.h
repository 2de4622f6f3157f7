// The examples as they stand in files: a text and its class each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../common/files.h"
#include "unroll/types.h"

struct Line {
    std::string_view text;  ///< points into the bytes
    unroll::Size label;     ///< place in `classes`
    const Bytes::File* file;
    unroll::Size number;  ///< in its file, from 1
};

struct Lines {
    std::vector<std::string> classes;  ///< sorted by code points
    std::vector<Line> lines;           ///< in the files' order; without blank ones
};

/// One file has lines of a label, a tab and a text. Of several, each is a class, and a line is an example; the class is
/// named by the file's stem or, where files have one stem in common, by what follows its point (`x.neg`, `x.pos`).
/// `bytes` must outlive the lines. Throws Error, `where` "path"; when `utf8`, also for what is not UTF-8 text.
Lines read_lines(const Bytes& bytes, bool utf8);

/// "FILE, line N".
std::string place_of(const Line& line);
