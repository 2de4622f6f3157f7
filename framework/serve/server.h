// HTTP to clients of any kind: quick and slow, broken and hostile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "serve/answer.h"

namespace unroll::serve {

/// Serves HTTP/1.1 on one thread, the one that calls run(). What one client can use is bounded: memory for the head of
/// one request and a share in the bytes of one answer, seconds to send the one and take the other. All of them share a
/// number of connections: with more, the one that has been silent for longest is closed.
class Server {
public:
    /// Asked for each request, on the thread of run(): calls done(answer) once, on any thread.
    using Respond = std::function<void(const Request& request, std::function<void(Answer)> done)>;

    /// Listens at once. Throws Error when that cannot be: an unknown host, a port that is taken or not allowed.
    Server(const std::string& host, std::uint16_t port);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string address() const;  ///< of the socket, as in "127.0.0.1"
    std::uint16_t port() const;   ///< the one that the system chose, if it was asked to

    /// Until SIGINT, SIGTERM or, unless it is ignored, SIGHUP; a second SIGINT or SIGTERM ends the process with
    /// code 130.
    void run(Respond respond);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace unroll::serve
