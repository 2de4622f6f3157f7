// What a command prints to standard output, and a store for it to look into.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>

#include "cli/commands.h"

/// What `work` writes to a stream of the process (STDOUT_FILENO or STDERR_FILENO), which goes to a file meanwhile.
template <class Work>
std::string written_to(int stream, Work work) {
    std::FILE* const buffered = stream == STDERR_FILENO ? stderr : stdout;
    std::fflush(buffered);
    std::FILE* file = std::tmpfile();
    const int before = ::dup(stream);
    if (file == nullptr || before < 0) throw std::runtime_error("no temporary file");
    struct Restore {
        std::FILE *file, *buffered;
        int stream, before;
        ~Restore() {
            std::fflush(buffered);
            ::dup2(before, stream);
            ::close(before);
            std::fclose(file);
        }
    } const restore{file, buffered, stream, before};
    ::dup2(::fileno(file), stream);
    work();
    std::fflush(buffered);
    std::string text;
    std::rewind(file);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
    return text;
}

/// Runs the command and returns what it printed. Throws unless it succeeds.
inline std::string output_of(int (*command)(const unroll::cli::Words&), const unroll::cli::Words& words) {
    return written_to(STDOUT_FILENO, [&] {
        if (const int code = command(words); code != 0) throw std::runtime_error("exit code " + std::to_string(code));
    });
}

template <class Work>
std::string errors_of(Work work) {
    return written_to(STDERR_FILENO, work);
}
