// What stands at which address.
#include "serve/site.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "report/assets.h"
#include "serve/assets.h"
#include "serve/query_process.h"
#include "unroll/error.h"

namespace unroll::serve {

namespace {

constexpr std::size_t most_waiting = 64, most_queries_waiting = 4;
constexpr int niceness = 10;

Answer asset(std::string_view text, const char* type) {
    return {200, type, std::make_shared<const std::string>(text), {{"Cache-Control", "no-cache"}}};
}

std::string with_licences() {
    constexpr std::string_view place = "@LICENCES@";
    std::string document(assets().document);
    return document.replace(document.find(place), place.size(), report::assets().licences);
}

/// What is there without a look at any database; none for another path.
const Answer* fixed(const std::string& path) {
    static const Answer document = asset(with_licences(), "text/html; charset=utf-8");
    static const std::array<std::pair<std::string_view, Answer>, 9> all{
        {{"/", document},
         {"/experiment", document},
         {"/trial", document},
         {"/sql", document},
         {"/page.css", asset(report::assets().style, "text/css; charset=utf-8")},
         {"/serve.css", asset(assets().style, "text/css; charset=utf-8")},
         {"/library.js", asset(report::assets().library, "text/javascript; charset=utf-8")},
         {"/page.js", asset(report::assets().script, "text/javascript; charset=utf-8")},
         {"/serve.js", asset(assets().script, "text/javascript; charset=utf-8")}}};
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == path; });
    return found == all.end() ? nullptr : &found->second;
}

Answer busy() {
    Answer answer = told(503, "too many requests; try again in a moment");
    answer.headers = {{"Retry-After", "1"}};
    return answer;
}

template <class Make>
Answer or_refusal(Make make) {
    try {
        return make();
    } catch (const Error& wrong) {
        return refusal(404, wrong);
    } catch (const std::exception& wrong) {
        return refusal(500, wrong);
    }
}

}  // namespace

Site::Site(Access access, Views views, std::vector<std::string> query_command)
    : access_(std::move(access)),
      query_command_(std::move(query_command)),
      desk_(std::move(views)),
      queries_(most_queries_waiting, niceness),
      results_(most_waiting, niceness, [this] { desk_.views().rest(); }) {}

Site::~Site() {
    is_over_ = true;
}

void Site::answer(const Request& request, const std::function<void(Answer)>& done) {
    const std::optional<Target> target = parse_target(request.target);
    if (!target) return done(told(400, "malformed URL"));
    if (std::optional<Answer> refused = access_.judge(request, *target)) return done(std::move(*refused));
    if (const Answer* const there = fixed(target->path)) return done(*there);
    if (target->path == "/api/live" || target->path == "/api/page") return about_results(*target, done);
    if (target->path == "/api/sql") return of_query(*target, done);
    done(told(404, "not found"));
}

void Site::about_results(const Target& target, const std::function<void(Answer)>& done) {
    const bool is_taken = results_.take([this, target, done] {
        done(or_refusal([&] { return target.path == "/api/live" ? desk_.live(target) : desk_.page(target); }));
    });
    if (!is_taken) done(busy());
}

void Site::of_query(const Target& target, const std::function<void(Answer)>& done) {
    // Which file it is, is for the thread of results to say; what may take long is not.
    const auto find_and_run = [this, target, done] {
        std::filesystem::path file;
        try {
            file = desk_.views().database(target).file();
        } catch (const std::exception& wrong) {
            return done(refusal(404, wrong));
        }
        const bool is_taken = queries_.take(
            [this, target, file, done] { done(query(query_command_, file, target.value("q"), is_over_)); });
        if (!is_taken) done(busy());
    };
    if (!results_.take(find_and_run)) done(busy());
}

}  // namespace unroll::serve
