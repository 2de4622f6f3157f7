// Requests and answers as plain data: nothing here knows HTTP's bytes.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "serve/target.h"

namespace unroll::serve {

/// What of a request decides over its answer.
struct Request {
    std::string method;
    std::string target;      ///< as it was sent
    std::string host;        ///< the header Host
    std::string cookie;      ///< the header Cookie
    std::string fetch_site;  ///< the header Sec-Fetch-Site, which browsers send
};

struct Answer {
    int status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::shared_ptr<const std::string> body = std::make_shared<const std::string>();
    std::vector<std::pair<std::string, std::string>> headers{};  ///< besides those that every answer has
};

/// An answer of one line, for people.
inline Answer told(int status, const std::string& text) {
    return {status, "text/plain; charset=utf-8", std::make_shared<const std::string>(text + "\n"), {}};
}

}  // namespace unroll::serve
