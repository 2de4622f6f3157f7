// unroll serve [DB...]: the pages of result stores in a browser, live and read-only.
#include "serve/serve.h"

#include <fmt/core.h>

#include <cstdio>
#include <filesystem>

#include "cli/arguments.h"
#include "cli/message.h"
#include "cli/print.h"
#include "cli/version.h"
#include "cli/worker.h"
#include "store/store.h"

namespace unroll::cli {

namespace {

constexpr std::uint16_t usual_port = 7007;

std::vector<std::filesystem::path> databases_in(const Arguments& arguments) {
    std::vector<std::filesystem::path> databases;
    for (const std::string& file : arguments.list("db-file")) {
        check_database(file, "command line", false);
        databases.emplace_back(file);
    }
    if (databases.empty() || arguments.has("db")) databases.insert(databases.begin(), arguments.database);
    for (const std::filesystem::path& file : databases) {
        std::error_code ignored;
        if (std::filesystem::exists(file, ignored) && std::filesystem::file_size(file, ignored) > 0)
            store::Store(file, store::Store::Mode::read);  // or throws what is wrong with it
        else
            message("note: {} does not exist yet; it will appear once a run creates it\n", file.string());
    }
    return databases;
}

}  // namespace

Command serve_command() {
    Command command;
    command.usage = "unroll serve [DB...] [--host ADDRESS] [--port N] [--token]";
    command.about =
        "Serves one or several result stores (default: --db) to web browsers until Ctrl-C: an overview of all "
        "experiments, "
        "the page of 'unroll report' for each, a page for each trial with its curves, texts and attempts, and a query "
        "page "
        "with the limits of 'unroll sql'. Pages follow a run within a second. Access is read-only, a run never waits "
        "for "
        "the server, and background updates take at most about 1% of one core.\n"
        "By default, only connections from this machine are accepted. With --host, the URL contains an access token, "
        "and "
        "requests without it are rejected. A store may be created or replaced while the server is running. See "
        "docs/serve.md.";
    command.options.add_options()("host", po::value<std::string>()->value_name("ADDRESS")->default_value("127.0.0.1"),
                                  "address to listen on; 0.0.0.0 = all interfaces")(
        "port", po::value<std::int64_t>()->value_name("N")->default_value(usual_port),
        "port to listen on; 0 = any free port")(
        "token", "require an access token for local connections as well, on a machine with other users");
    command.positional = {"db-file"};
    return command;
}

int serve(const Words& words) {
    const auto arguments = parse(serve_command(), words);
    if (!arguments) return success;
    serve::Options options;
    options.host = arguments->get<std::string>("host");
    options.port = static_cast<std::uint16_t>(
        whole_number(*arguments, "port", 0, 65535, "for example: --port 8080, or 0 for any free port"));
    options.asks_for_token = arguments->values.count("token") > 0;
    const std::string version = version_text();
    options.generator = version.substr(0, version.find('\n'));
    options.query_command = {"/proc/self/exe", query_word};
    options.databases = databases_in(*arguments);
    serve::serve(options, [](const std::string& address) {
        print("{}\n", address);
        std::fflush(stdout);
        message("note: press Ctrl-C to stop\n");
    });
    return success;
}

}  // namespace unroll::cli
