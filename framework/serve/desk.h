// Answers about results: what was made is kept, and what is asked for again and again is made within a budget.
#pragma once

#include <chrono>
#include <list>
#include <string>

#include "serve/answer.h"
#include "serve/budget.h"
#include "serve/views.h"

namespace unroll::serve {

/// For one thread.
class Desk {
public:
    using Clock = Budget::Clock;

    explicit Desk(Views views) : views_(std::move(views)) {}

    /// /api/live: how far things are, never older than some tenths of a second:
    /// {"state": …, "mark": …, "is_due": …}. `mark` is another one whenever the state is. With `have`, the mark that
    /// the client's page was made at, and `made`, the revision then: whether it may fetch the page again.
    Answer live(const Target& target);

    /// /api/page: {"mark": …, "revision": …, …}. Made anew when the database has changed; while the budget is spent,
    /// one of the last seconds instead.
    Answer page(const Target& target);

    Views& views() { return views_; }

private:
    struct Kept {
        std::string key, mark;
        std::uint64_t revision = 0;
        Clock::time_point made{};
        Clock::duration good_for{};
        std::shared_ptr<const std::string> body;
    };

    Kept* find(const std::string& key);
    Kept& keep(Kept kept);
    Kept& state(const Target& target, Clock::time_point now);

    Views views_;
    std::list<Kept> kept_;  ///< the last one used comes first
    Budget budget_{0.01, std::chrono::milliseconds(250)};
};

/// An Error as JSON: {"error": {"where": …, "found": …, "expected": …, "help": …}}.
Answer refusal(int status, const std::exception& error);

}  // namespace unroll::serve
