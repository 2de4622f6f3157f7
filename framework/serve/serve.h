// `unroll serve`: the pages of result stores, live and read-only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace unroll::serve {

struct Options {
    std::vector<std::filesystem::path> databases;  ///< which need not be there yet
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;                  ///< 0: any free one
    bool asks_for_token = false;             ///< on this machine, too; elsewhere it always does
    std::string generator;                   ///< the program and its version
    std::vector<std::string> query_command;  ///< starts a process that calls answer_query() (query_process.h)
};

/// Serves until a signal ends it (server.h). Calls ready(address) once it listens, with the address to open, token
/// included. Throws Error when it cannot listen.
void serve(const Options& options, const std::function<void(const std::string& address)>& ready);

}  // namespace unroll::serve
