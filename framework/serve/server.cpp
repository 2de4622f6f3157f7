// HTTP to clients of any kind, by Boost.Beast.
#include "serve/server.h"

#include <fmt/format.h>
#include <signal.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include "unroll/error.h"

namespace unroll::serve {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t most_connections = 128;
constexpr std::uint32_t longest_head = 64 << 10;
constexpr std::chrono::milliseconds time_to_ask = 15s, time_to_take = 60s, time_to_leave = 2s,
                                    pause_after_failure = 100ms;
constexpr std::size_t piece_drained = 4096;
constexpr int exit_code_of_haste = 130;

/// Nothing is fetched but from here, no other site shows these pages or takes what they hold.
constexpr std::array<std::pair<const char*, const char*>, 7> every_answer{
    {{"Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'"},
     {"X-Content-Type-Options", "nosniff"},
     {"X-Frame-Options", "DENY"},
     {"Referrer-Policy", "no-referrer"},
     {"Cross-Origin-Resource-Policy", "same-origin"},
     {"Cross-Origin-Opener-Policy", "same-origin"},
     {"Server", "unroll"}}};

class Session;

/// The connections that there are. For the server's thread.
struct Clients {
    std::set<std::shared_ptr<Session>> all;
    Server::Respond respond;
    bool is_over = false;

    void make_room();
};

/// One connection, until it is closed.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, std::shared_ptr<Clients> clients)
        : stream_(std::move(socket)), clients_(std::move(clients)) {}

    void begin() {
        clients_->all.insert(shared_from_this());
        read();
    }

    void close() {
        error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
        stream_.close();
        clients_->all.erase(shared_from_this());
    }

    enum class State { asking, waiting, taking, leaving };
    State state() const { return state_; }
    Clock::time_point since() const { return since_; }

private:
    void read() {
        enter(State::asking);
        parser_.emplace();
        parser_->header_limit(longest_head);
        stream_.expires_after(time_to_ask);
        http::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](error_code error, std::size_t) { self->have_read(error); });
    }

    void have_read(error_code error) {
        enter(State::waiting);
        if (error) return have_failed(error);
        const auto& head = parser_->get();
        const auto text = [&](http::field field) { return std::string(head[field]); };
        keeps_alive_ = head.keep_alive();
        const Request request{std::string(head.method_string()), std::string(head.target()), text(http::field::host),
                              text(http::field::cookie), std::string(head["Sec-Fetch-Site"])};
        stream_.expires_never();
        // Whoever answers keeps no connection alive, and lets go of none on another thread.
        clients_->respond(request, [weak = weak_from_this(), executor = stream_.get_executor()](Answer answer) {
            asio::post(executor, [weak, answer = std::move(answer)]() mutable {
                if (const auto self = weak.lock()) self->write(std::move(answer));
            });
        });
    }

    void have_failed(error_code error) {
        if (error == http::error::header_limit) return refuse(431, "request header larger than 64 KiB");
        if (error == http::error::unexpected_body) return refuse(405, "only GET requests without a body are supported");
        const bool is_of_request = error.category() == http::make_error_code(http::error::bad_method).category();
        if (error == http::error::end_of_stream || !is_of_request) return close();
        refuse(400, "malformed request");
    }

    void refuse(int status, const std::string& why) {
        keeps_alive_ = false;
        write(told(status, why));
    }

    void write(Answer answer) {
        if (clients_->is_over) return;
        enter(State::taking);
        answer_ = std::move(answer);
        response_.emplace();
        response_->result(static_cast<unsigned>(answer_.status));
        response_->version(11);
        for (const auto& [name, value] : every_answer) response_->set(name, value);
        response_->set(http::field::content_type, answer_.type);
        response_->set(http::field::cache_control, "no-store");
        for (const auto& [name, value] : answer_.headers) response_->set(name, value);
        response_->body() = {answer_.body->data(), answer_.body->size()};
        response_->prepare_payload();
        response_->keep_alive(keeps_alive_);
        stream_.expires_after(time_to_take);
        http::async_write(stream_, *response_,
                          [self = shared_from_this()](error_code error, std::size_t) { self->have_written(error); });
    }

    void have_written(error_code error) {
        response_.reset();
        answer_ = {};
        if (error || clients_->is_over) return close();
        keeps_alive_ ? read() : leave();
    }

    /// Closing while bytes of the client are unread would take the answer away from it.
    void leave() {
        constexpr std::size_t most_drained = 1 << 20;
        if (state_ != State::leaving) {
            enter(State::leaving);
            error_code ignored;
            stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
            stream_.expires_after(time_to_leave);
        }
        buffer_.clear();
        stream_.async_read_some(buffer_.prepare(piece_drained),
                                [self = shared_from_this()](error_code error, std::size_t size) {
                                    self->drained_ += size;
                                    error || self->drained_ > most_drained ? self->close() : self->leave();
                                });
    }

    void enter(State state) {
        state_ = state;
        since_ = Clock::now();
    }

    beast::tcp_stream stream_;
    std::shared_ptr<Clients> clients_;
    beast::flat_buffer buffer_{longest_head + (16 << 10)};
    std::optional<http::request_parser<http::empty_body>> parser_;
    std::optional<http::response<http::span_body<const char>>> response_;
    Answer answer_;  ///< as long as it is being written
    bool keeps_alive_ = false;
    State state_ = State::asking;
    Clock::time_point since_{};
    std::size_t drained_ = 0;
};

/// Closes the connection that has been silent for longest when there are too many; or, when all have asked for
/// something, the one that has been taking its answer for longest.
void Clients::make_room() {
    if (all.size() < most_connections) return;
    std::shared_ptr<Session> oldest;
    const auto is_worse = [](const Session& a, const Session& b) {
        const bool asks = a.state() == Session::State::asking, other_asks = b.state() == Session::State::asking;
        return asks != other_asks ? asks : a.since() < b.since();
    };
    for (const auto& session : all)
        if (session->state() != Session::State::waiting && (!oldest || is_worse(*session, *oldest))) oldest = session;
    if (oldest) oldest->close();
}

Error cannot_listen(const std::string& host, std::uint16_t port, const error_code& error) {
    if (error == asio::error::address_in_use)
        return Error({"--port", fmt::format("port {} of {} is in use", port, host), "a free port",
                      "choose another port, or let the system choose one with --port 0"});
    if (error == asio::error::access_denied)
        return Error({"--port", fmt::format("port {}: {}", port, error.message()),
                      "a port that you may bind, usually 1024 or higher", "let the system choose one with --port 0"});
    return Error({"--host", fmt::format("'{}': {}", host, error.message()),
                  "an address or host name of this machine, such as 127.0.0.1 or 0.0.0.0",
                  "leave it out to accept local connections only"});
}

}  // namespace

struct Server::Parts {
    asio::io_context context{1};
    tcp::acceptor acceptor{context};
    asio::signal_set signals{context};
    asio::steady_timer pause{context};
    std::shared_ptr<Clients> clients = std::make_shared<Clients>();

    void accept() {
        acceptor.async_accept([this](error_code error, tcp::socket socket) {
            if (!acceptor.is_open()) return;
            if (error) {  // no descriptors are left, say: not again at once
                pause.expires_after(pause_after_failure);
                pause.async_wait([this](error_code stopped) {
                    if (!stopped) accept();
                });
                return;
            }
            clients->make_room();
            if (clients->all.size() < 2 * most_connections)
                std::make_shared<Session>(std::move(socket), clients)->begin();
            accept();
        });
    }

    void wait_for_signals() {
        signals.async_wait([this](error_code error, int number) {
            if (error) return;
            clients->is_over = true;
            context.stop();
            signals.clear();
            for (const int hasty : {SIGINT, SIGTERM})
                if (number != SIGHUP) ::signal(hasty, [](int) { std::_Exit(exit_code_of_haste); });
        });
    }
};

Server::Server(const std::string& host, std::uint16_t port) : parts_(std::make_unique<Parts>()) {
    error_code error;
    tcp::resolver resolver(parts_->context);
    const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
    if (error || found.empty()) throw cannot_listen(host, port, error ? error : asio::error::host_not_found);
    const tcp::endpoint endpoint = *found.begin();
    tcp::acceptor& acceptor = parts_->acceptor;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) throw cannot_listen(host, port, error);
}

Server::~Server() = default;

std::string Server::address() const {
    return parts_->acceptor.local_endpoint().address().to_string();
}

std::uint16_t Server::port() const {
    return parts_->acceptor.local_endpoint().port();
}

void Server::run(Respond respond) {
    Parts& parts = *parts_;
    parts.clients->respond = std::move(respond);
    parts.signals.add(SIGINT);
    parts.signals.add(SIGTERM);
    struct sigaction hangup {};
    // Under nohup, it outlives its terminal.
    if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN) parts.signals.add(SIGHUP);
    parts.wait_for_signals();
    parts.accept();
    parts.context.run();
    error_code ignored;
    parts.acceptor.close(ignored);
    for (const auto& session : std::set(parts.clients->all)) session->close();
    parts.context.restart();
    parts.context.poll();  // what was under way is told that it has ended
    parts.clients->respond = nullptr;
}

}  // namespace unroll::serve
