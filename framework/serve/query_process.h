// Queries of a page's SQL box, each in a process of its own: its memory, its time and its end are nobody else's.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "serve/answer.h"

namespace unroll::serve {

/// What a query of a page may use; less than one of a command line.
inline constexpr std::chrono::seconds query_time{10};
inline constexpr std::size_t query_rows = 1000;
inline constexpr long long query_memory = 256LL << 20;
inline constexpr std::size_t query_bytes = std::size_t{8} << 20;  ///< of the rows as JSON

/// Runs one SELECT under the guard of store::query() in a process that `command` starts (and which calls
/// answer_query()). The answer is {"columns": […], "rows": [[…]…], "is_cut": whether there were more rows}, or the
/// Error as JSON. `stop` ends it early.
Answer query(const std::vector<std::string>& command, const std::filesystem::path& database, const std::string& sql,
             const std::atomic<bool>& stop);

/// The other side, in the process that was started for it by the process `parent`. Never returns.
[[noreturn]] void answer_query(pid_t parent);

}  // namespace unroll::serve
