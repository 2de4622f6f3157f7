// Who may ask: what is refused before anything is looked up.
#include "serve/access.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace unroll::serve {

namespace {

/// Host's name without the port: "[::1]:8080" as "::1".
std::string name_in(std::string_view header) {
    if (header.starts_with('[')) return std::string(header.substr(1, header.find(']') - 1));
    return base::lower(std::string(header.substr(0, header.find(':'))));
}

/// In a time that does not tell how much of it is right.
bool is_equal(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned differs = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    return differs == 0;
}

Answer without_token(const Target& target, const std::string& cookie, const std::string& token) {
    // A path of two slashes would lead to another machine.
    std::string clean = "/" + encoded(target.path.substr(target.path.find_last_of('/') + 1));
    char mark = '?';
    for (const auto& [name, value] : target.parameters) {
        if (name == "token") continue;
        clean += fmt::format("{}{}={}", mark, encoded(name), encoded(value));
        mark = '&';
    }
    Answer answer = told(303, "see Location");
    answer.headers = {{"Location", clean},
                      {"Set-Cookie", fmt::format("{}={}; HttpOnly; SameSite=Lax; Path=/", cookie, token)}};
    return answer;
}

}  // namespace

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

std::string random_token() {
    std::array<unsigned char, 16> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw std::system_error(errno, std::generic_category(), "random numbers");
    std::string token;
    for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
    return token;
}

Access::Access(std::string host, std::string token, unsigned short port)
    : host_(std::move(host)), token_(std::move(token)), cookie_(fmt::format("unroll-{}", port)) {}

bool Access::is_known_host(std::string_view header) const {
    const std::string name = name_in(header);
    return is_loopback(name) || name == base::lower(host_);
}

std::optional<Answer> Access::judge(const Request& request, const Target& target) const {
    if (request.method != "GET") {
        Answer answer = told(405, "only GET requests are supported: access is read-only");
        answer.headers = {{"Allow", "GET"}};
        return answer;
    }
    if (token_.empty() && !is_known_host(request.host))
        return told(421, "unknown host name: use localhost, or the address that the server was started with");
    const bool is_data = target.path.starts_with("/api/");
    if (is_data && (request.fetch_site == "cross-site" || request.fetch_site == "same-site"))
        return told(403, "requests from other sites are rejected");
    if (token_.empty()) return std::nullopt;
    if (is_equal(cookie_in(request.cookie, cookie_), token_)) {
        if (target.value("token").empty()) return std::nullopt;
        return without_token(target, cookie_, token_);
    }
    if (is_equal(target.value("token"), token_)) return without_token(target, cookie_, token_);
    return told(403, "access token required: open the URL that 'unroll serve' printed");
}

}  // namespace unroll::serve
