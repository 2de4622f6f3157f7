// A web server for one test: on 127.0.0.1, at a port of its own, as wrong as the test wants it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// What one request gets, byte for byte. Then the connection is closed; or stays open and silent until the server is
/// gone.
struct Answer {
    std::string bytes;
    bool silent = false;
    std::chrono::milliseconds drip{0};  ///< above 0: a byte each time, after these, until the server is gone
};

/// An answer as it should be, or with a length that is a lie.
inline Answer answer(const std::string& body, const std::string& status = "200 OK", const std::string& length = "") {
    return {"HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " +
            (length.empty() ? std::to_string(body.size()) : length) + "\r\n\r\n" + body};
}

inline Answer redirection(const std::string& to) {
    return {"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + to + "\r\n\r\n"};
}

class HttpServer {
public:
    /// The argument is the path asked for, as in "/text.txt". Called by several threads at once.
    using Answers = std::function<Answer(const std::string&)>;

    explicit HttpServer(Answers answers) : answers_(std::move(answers)) {
        setenv("no_proxy", "127.0.0.1", 1);  // whatever proxy this machine has
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (listener_ < 0 || ::bind(listener_, any, size) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, any, &size) != 0)
            throw std::runtime_error("no server can be made on 127.0.0.1");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept(); });
    }
    explicit HttpServer(const Answer& same) : HttpServer([same](const std::string&) { return same; }) {}

    ~HttpServer() {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        wake_.notify_all();
        acceptor_.join();
        for (std::thread& each : connections_) each.join();
        ::close(listener_);
    }
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::string url(const std::string& path = "/text.txt") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    int requests() const { return requests_; }  ///< answered so far

private:
    void accept() {
        while (!closing_) {
            pollfd ready{listener_, POLLIN, 0};
            if (::poll(&ready, 1, 10) <= 0) continue;
            const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (connection >= 0) connections_.emplace_back([this, connection] { serve(connection); });
        }
    }

    void serve(int connection) {
        std::string request;
        char piece[4096];
        const auto is_get = [&] { return request.starts_with(std::string("GET ").substr(0, request.size())); };
        while (is_get() && request.find("\r\n\r\n") == std::string::npos) {
            pollfd ready{connection, POLLIN, 0};
            if (::poll(&ready, 1, 10) == 0 && !closing_) continue;
            const ssize_t count = closing_ ? 0 : ::recv(connection, piece, sizeof piece, 0);
            if (count <= 0) break;
            request.append(piece, static_cast<std::size_t>(count));
        }
        if (request.starts_with("GET ") && !closing_) {
            ++requests_;
            const Answer reply = answers_(request.substr(4, request.find(' ', 4) - 4));
            for (std::size_t sent = 0; sent < reply.bytes.size();) {
                const ssize_t count =
                    ::send(connection, reply.bytes.data() + sent, reply.bytes.size() - sent, MSG_NOSIGNAL);
                if (count <= 0) break;
                sent += static_cast<std::size_t>(count);
            }
            while (reply.drip.count() > 0 && !closing_ && ::send(connection, "x", 1, MSG_NOSIGNAL) == 1)
                std::this_thread::sleep_for(reply.drip);
            std::unique_lock lock(mutex_);
            if (reply.silent) wake_.wait(lock, [&] { return closing_.load(); });
        }
        ::close(connection);
    }

    const Answers answers_;
    int listener_ = -1, port_ = 0;
    std::atomic<int> requests_{0};
    std::atomic<bool> closing_{false};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<std::thread> connections_;  ///< the acceptor's, until it has ended
    std::thread acceptor_;
};
