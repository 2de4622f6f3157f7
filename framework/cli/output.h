// Standard output, on which a command's result is delivered.
#pragma once

#include <functional>
#include <string>

namespace unroll::cli {

/// Before anything else: a closed pipe and a limit on the size of files are told by the call that writes, and do not
/// end the program; a standard stream that is closed is held by a descriptor which refuses what the stream is for, so
/// that no file of the program's takes its number and is written to by mistake.
void hold_standard_streams();

/// What became of standard output.
struct Delivery {
    std::string problem;           ///< why not all of it could be written; "": it was
    bool reader_has_left = false;  ///< the problem is a closed pipe: nobody wants more
    bool whole() const { return problem.empty(); }
};

/// Writes out what is buffered.
Delivery deliver();

/// What became of standard output so far has been told: deliver() tells of nothing more.
void settle_output();

/// Calls `print`, which writes to standard output, for those who may read it: that it cannot be written is no reason to
/// stop. What else it throws comes through.
void print_if_possible(const std::function<void()>& print);

}  // namespace unroll::cli
