// What stands at which address.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "serve/access.h"
#include "serve/answer.h"
#include "serve/desk.h"
#include "serve/worker.h"

namespace unroll::serve {

class Site {
public:
    /// `query_command` starts the process of a query (serve/query_process.h).
    Site(Access access, Views views, std::vector<std::string> query_command);
    ~Site();

    /// Calls done(answer), at once or later on a thread of its own; not when the site is gone before. It is called by
    /// one thread, and never waits: what takes longer is refused when too much of it is waiting already.
    void answer(const Request& request, const std::function<void(Answer)>& done);

private:
    void about_results(const Target& target, const std::function<void(Answer)>& done);
    void of_query(const Target& target, const std::function<void(Answer)>& done);

    const Access access_;
    const std::vector<std::string> query_command_;
    std::atomic<bool> is_over_ = false;
    Desk desk_;                 ///< of results_ alone
    Worker queries_, results_;  ///< in this order: what is done for results_ may hand on to queries_
};

}  // namespace unroll::serve
