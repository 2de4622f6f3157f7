// Queries of a page's SQL box, each in a process of its own.
#include "serve/query_process.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <exception>
#include <optional>
#include <system_error>

#include "json/parse.h"
#include "json/write.h"
#include "report/json.h"
#include "serve/desk.h"
#include "store/query.h"
#include "sweep/child_process.h"
#include "sweep/worker.h"
#include "unroll/error.h"

namespace unroll::serve {

namespace {

using namespace std::chrono_literals;
using sweep::Message;

constexpr int niceness = 10;
/// The process takes a moment to begin, and the guard one to stop what is being computed.
constexpr auto patience = query_time + 5s;

json::Value as_json(const store::Table& table, bool is_cut) {
    json::Array columns, rows;
    for (const std::string& name : table.columns) columns.push_back(report::to_json(store::Value(name)));
    for (const auto& values : table.rows) {
        json::Array row;
        for (const store::Value& value : values) row.push_back(report::to_json(value));
        rows.emplace_back(std::move(row));
    }
    json::Value made = json::Object{};
    made.set("columns", std::move(columns));
    made.set("rows", std::move(rows));
    made.set("is_cut", is_cut);
    return made;
}

/// What a page is told of a limit is not what a command line is.
Problem for_a_page(Problem problem) {
    if (problem.help.find("--timeout") != problem.help.npos) problem.help = "simplify it, or run it with: unroll sql";
    return problem;
}

Answer answer_to(const std::string& request) {
    try {
        const json::Value asked = json::parse(request, "query");
        store::Store store(*asked.find("file")->text(), store::Store::Mode::read);
        store::Table table = store::query(store, *asked.find("sql")->text(), {},
                                          {.timeout = query_time, .memory = query_memory, .rows = query_rows + 1});
        const bool is_cut = table.rows.size() > query_rows;
        if (is_cut) table.rows.resize(query_rows);
        std::string body = json::dump(as_json(table, is_cut), json::Reals::bare);
        if (body.size() > query_bytes)
            throw Error({"query", fmt::format("more than {} MiB of rows", query_bytes >> 20),
                         "a result that a page can show", "add a LIMIT, or select fewer columns"});
        return {200, "application/json", std::make_shared<const std::string>(std::move(body)), {}};
    } catch (const Error& wrong) {
        return refusal(400, Error(for_a_page(wrong.problem())));
    } catch (const std::exception& wrong) {
        return refusal(400, wrong);
    }
}

/// A status and a body as a message's bytes, and back.
std::string to_bytes(const Answer& answer) {
    return fmt::format("{:03}{}", answer.status, *answer.body);
}

Answer answer_from(const std::string& bytes) {
    return {
        std::stoi(bytes.substr(0, 3)), "application/json", std::make_shared<const std::string>(bytes.substr(3)), {}};
}

}  // namespace

Answer query(const std::vector<std::string>& command, const std::filesystem::path& database, const std::string& sql,
             const std::atomic<bool>& stop) {
    json::Value request = json::Object{};
    request.set("file", database.string());
    request.set("sql", sql);
    try {
        sweep::ChildProcess process(command);
        process.in().write(Message::assignment, json::dump(request));
        const auto end = std::chrono::steady_clock::now() + patience;
        while (!stop && !process.out().at_end() && std::chrono::steady_clock::now() < end)
            if (const auto answer = process.out().next(100ms)) return answer_from(answer->bytes);
    } catch (const std::system_error&) {  // the process is gone
    }
    return refusal(500, Error({"query", "its process ended without a result", "a query within the limits",
                               "simplify it, or run it with: unroll sql"}));
}

void answer_query(pid_t parent) {
    sweep::become_worker(parent);
    ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + niceness);
    sweep::MessageReader reader(sweep::child_reads_from);
    sweep::MessageWriter writer(sweep::child_writes_to);
    const auto request = reader.next();
    if (!request || request->kind != Message::assignment) std::_Exit(EXIT_FAILURE);
    try {
        writer.write(Message::outcome, to_bytes(answer_to(request->bytes)));
    } catch (const std::system_error&) {  // nobody waits for it any more
        std::_Exit(EXIT_FAILURE);
    }
    std::_Exit(EXIT_SUCCESS);
}

}  // namespace unroll::serve
