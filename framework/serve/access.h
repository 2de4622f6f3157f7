// Who may ask: what is refused before anything is looked up.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "serve/answer.h"

namespace unroll::serve {

/// Whether an address or a name is this machine's own and nobody else's: 127.0.0.0/8, ::1, localhost.
bool is_loopback(std::string_view host);

/// 128 random bits of the system's, as hexadecimal digits.
std::string random_token();

class Access {
public:
    /// `host`: what the server was bound to. `token`: what clients must show, "" for none. `port` tells the cookies of
    /// two servers apart.
    Access(std::string host, std::string token, unsigned short port);

    /// None when the request is let through. Otherwise its answer: refused, or, for the right token in the address, a
    /// cookie and the way to the same address without it.
    ///
    /// Without a token, only this machine's names are taken as Host: a page of a stranger whose name has been made to
    /// lead here (DNS rebinding) is refused. A request that another site's page makes for data is refused in any case.
    std::optional<Answer> judge(const Request& request, const Target& target) const;

private:
    bool is_known_host(std::string_view header) const;

    std::string host_, token_, cookie_;
};

}  // namespace unroll::serve
