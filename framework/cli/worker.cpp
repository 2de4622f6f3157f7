// What `unroll run --isolate` starts for each trial, and `unroll serve` for each query.
#include "cli/worker.h"

#include <charconv>

#include "cli/arguments.h"
#include "manifest/dataset_cache.h"
#include "plugins/loader.h"
#include "serve/query_process.h"
#include "sweep/worker.h"
#include "unroll/error.h"

namespace unroll::cli {

Words isolation_command(const std::vector<std::string>& plugin_paths) {
    Words words{"/proc/self/exe", worker_word};
    words.insert(words.end(), plugin_paths.begin(), plugin_paths.end());
    return words;
}

namespace {

/// The process that has started this one, as its last word says; 0 for none.
pid_t parent_in(const Words& words) {
    pid_t parent = 0;
    if (!words.empty()) std::from_chars(words.back().data(), words.back().data() + words.back().size(), parent);
    return parent;
}

}  // namespace

int query_worker(const Words& words) {
    const pid_t parent = parent_in(words);
    if (parent <= 0) throw Error({"command line", query_word, "a command", "for queries: unroll sql"});
    serve::answer_query(parent);
}

int worker(const Words& words) {
    const pid_t parent = parent_in(words);
    if (parent <= 0)
        throw Error({"command line", worker_word, "a command", "for trials in processes: unroll run --isolate"});
    sweep::become_worker(parent);
    const std::vector<std::filesystem::path> folders(words.begin(), words.end() - 1);
    const plugins::Catalog catalog = plugins::load(plugins::folders(folders));
    manifest::DatasetCache datasets(catalog);
    sweep::serve(catalog, datasets);
}

}  // namespace unroll::cli
