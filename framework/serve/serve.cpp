// `unroll serve`: the pages of result stores, live and read-only.
#include "serve/serve.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "serve/access.h"
#include "serve/server.h"
#include "serve/site.h"
#include "serve/views.h"

namespace unroll::serve {

namespace {

/// What a browser is told: an address that means all of the machine's is no address to open.
std::string name_to_open(const Options& options, const std::string& address) {
    if (address == "0.0.0.0" || address == "::") {
        std::array<char, 256> name{};
        return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] ? std::string(name.data()) : "localhost";
    }
    const std::string name = is_loopback(options.host) ? address : options.host;
    return name.find(':') == name.npos ? name : '[' + name + ']';
}

}  // namespace

void serve(const Options& options, const std::function<void(const std::string& address)>& ready) {
    Server server(options.host, options.port);
    const std::string address = server.address();
    const std::string token = is_loopback(address) && !options.asks_for_token ? "" : random_token();
    Site site(Access(options.host, token, server.port()), Views(options.databases, options.generator),
              options.query_command);
    ready(fmt::format("http://{}:{}/{}", name_to_open(options, address), server.port(),
                      token.empty() ? "" : "?token=" + token));
    server.run([&](const Request& request, const std::function<void(Answer)>& done) { site.answer(request, done); });
}

}  // namespace unroll::serve
