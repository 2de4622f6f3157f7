// Queries on command lines: a SELECT itself, or @FILE.
#pragma once

#include <chrono>
#include <string>

#include "cli/arguments.h"

namespace unroll::cli {

/// The argument, or the content of the file that it names behind an @. Throws Error when there is no such file.
std::string query_in(const std::string& argument);

/// The option --timeout, declared as po::value<double>() of seconds. Throws Error when it is none.
std::chrono::milliseconds timeout_in(const Arguments& arguments);

}  // namespace unroll::cli
