// Answers about results: what was made is kept, and what is asked for again and again is made within a budget.
#include "serve/desk.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/utf8.h"
#include "json/write.h"
#include "unroll/error.h"
#include "unroll/sha256.h"

namespace unroll::serve {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_kept = 64, most_bytes_kept = std::size_t{64} << 20;
/// How old a page may be that is shown while the budget is spent, and how often one is made again of which the state
/// says nothing new: what is measured afterwards, or the curve of a trial that runs.
constexpr auto oldest_page = 10s;
constexpr auto shortest_state = 200ms;
/// Whether a trial gives signs of life changes without a commit.
constexpr auto longest_state = 20s;
constexpr int state_share = 100;  ///< a state is good for so many times as long as it took

Budget::Seconds processor_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// The parameters that decide over the content, in one order.
std::string key_of(std::string_view what, const Target& target) {
    std::vector<std::string> parts;
    for (const auto& [name, value] : target.parameters)
        if (name != "have" && name != "made") parts.push_back(encoded(name) + '=' + encoded(value));
    std::sort(parts.begin(), parts.end());
    return fmt::format("{}?{}", what, fmt::join(parts, "&"));
}

Answer json_of(std::shared_ptr<const std::string> body) {
    return {200, "application/json", std::move(body), {}};
}

std::string quoted(const std::string& text) {
    return json::dump(json::Value(text));
}

}  // namespace

Answer refusal(int status, const std::exception& error) {
    json::Value told;
    told = json::Object{};
    const auto* known = dynamic_cast<const Error*>(&error);
    const Problem problem = known ? known->problem() : Problem{"", error.what(), "", ""};
    for (const auto& [name, text] : {std::pair{"where", problem.where},
                                     {"found", problem.found},
                                     {"expected", problem.expected},
                                     {"help", problem.help}})
        told.set(name, base::readable(text));
    json::Value whole = json::Object{};
    whole.set("error", std::move(told));
    return {status, "application/json", std::make_shared<const std::string>(json::dump(whole)), {}};
}

Desk::Kept* Desk::find(const std::string& key) {
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& one) { return one.key == key; });
    if (found == kept_.end()) return nullptr;
    kept_.splice(kept_.begin(), kept_, found);
    return &kept_.front();
}

Desk::Kept& Desk::keep(Kept kept) {
    if (find(kept.key)) kept_.pop_front();
    kept_.push_front(std::move(kept));
    std::size_t bytes = 0, count = 0;
    for (auto one = kept_.begin(); one != kept_.end();) {
        bytes += one->body->size();
        one = count > 0 && (count >= most_kept || bytes > most_bytes_kept) ? kept_.erase(one) : std::next(one);
        ++count;
    }
    return kept_.front();
}

Desk::Kept& Desk::state(const Target& target, Clock::time_point now) {
    const std::string key = key_of("live", target);
    Kept* const known = find(key);
    if (known && now - known->made < known->good_for) return *known;
    const std::uint64_t revision = views_.revision(target);
    if (known && known->revision == revision && now - known->made < longest_state) return *known;
    const Budget::Seconds before = processor_time();
    auto body = std::make_shared<const std::string>(json::dump(views_.progress(target), json::Reals::bare));
    const Budget::Seconds spent = processor_time() - before;
    budget_.spend(spent);
    const auto good_for =
        std::max<Clock::duration>(shortest_state, std::chrono::duration_cast<Clock::duration>(spent * state_share));
    std::string mark = sha256(*body).substr(0, 16);
    return keep({key, std::move(mark), revision, now, std::min<Clock::duration>(good_for, longest_state), body});
}

Answer Desk::live(const Target& target) {
    const Clock::time_point now = Clock::now();
    const Kept state = this->state(target, now);
    const Kept* const page = find(key_of("page", target));
    const bool is_new = target.value("have") != state.mark;
    const bool is_old =
        target.value("made") != std::to_string(state.revision) && (!page || now - page->made > oldest_page);
    const bool is_due = (is_new || is_old) && budget_.is_due(now);
    return json_of(std::make_shared<const std::string>(
        fmt::format(R"({{"mark":{},"is_due":{},"state":{}}})", quoted(state.mark), is_due, *state.body)));
}

Answer Desk::page(const Target& target) {
    const Clock::time_point now = Clock::now();
    const std::string key = key_of("page", target);
    const std::uint64_t revision = views_.revision(target);
    if (const Kept* const known = find(key);
        known && (known->revision == revision || (!budget_.is_due(now) && now - known->made < oldest_page)))
        return json_of(known->body);
    const std::string mark = state(target, now).mark;
    const Budget::Seconds before = processor_time();
    json::Value page = views_.page(target);
    page.set("mark", mark);
    page.set("revision", std::to_string(revision));
    auto body = std::make_shared<const std::string>(json::dump(page, json::Reals::bare));
    budget_.spend(processor_time() - before);
    return json_of(keep({key, mark, revision, now, {}, std::move(body)}).body);
}

}  // namespace unroll::serve
