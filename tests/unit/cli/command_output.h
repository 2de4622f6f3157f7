// What a command prints to standard output, and a store for it to look into.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>

#include "cli/commands.h"

/// Runs the command with standard output going to a file, and returns what it printed.
inline std::string output_of(int (*command)(const unroll::cli::Words&), const unroll::cli::Words& words) {
    std::fflush(stdout);
    std::FILE* file = std::tmpfile();
    const int before = ::dup(STDOUT_FILENO);
    if (file == nullptr || before < 0) throw std::runtime_error("no temporary file");
    struct Restore {
        std::FILE* file;
        int before;
        ~Restore() {
            std::fflush(stdout);
            ::dup2(before, STDOUT_FILENO);
            ::close(before);
            std::fclose(file);
        }
    } const restore{file, before};
    ::dup2(::fileno(file), STDOUT_FILENO);
    const int code = command(words);
    std::fflush(stdout);
    if (code != 0) throw std::runtime_error("exit code " + std::to_string(code));
    std::string text;
    std::rewind(file);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
    return text;
}
