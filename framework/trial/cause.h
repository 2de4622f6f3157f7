// Why an attempt at a trial ended before its time.
#pragma once

#include <string_view>

namespace unroll::trial {

/// The words of the result store are those of to_string(); none is NULL.
enum class Cause {
    none,
    trial,         ///< its settings, its data or one of its plugins: another attempt would end alike
    machine,       ///< a full disk, no memory, a file or a process that is gone: another attempt may do better
    crash,         ///< it brought its process down
    time_limit,    ///< training.time_limit
    memory_limit,  ///< training.memory_limit
};

/// "" for none.
std::string_view to_string(Cause cause);
/// Throws std::invalid_argument for a word that is none of them.
Cause parse_cause(std::string_view word);

}  // namespace unroll::trial
