// What `unroll run --isolate` starts for each trial.
#include "cli/worker.h"

#include <charconv>

#include "cli/arguments.h"
#include "manifest/dataset_cache.h"
#include "plugins/loader.h"
#include "sweep/worker.h"
#include "unroll/error.h"

namespace unroll::cli {

Words isolation_command(const std::vector<std::string>& plugin_paths) {
    Words words{"/proc/self/exe", worker_word};
    words.insert(words.end(), plugin_paths.begin(), plugin_paths.end());
    return words;
}

int worker(const Words& words) {
    pid_t parent = 0;
    if (!words.empty()) std::from_chars(words.back().data(), words.back().data() + words.back().size(), parent);
    if (parent <= 0)
        throw Error({"command line", worker_word, "a command", "for trials in processes: unroll run --isolate"});
    sweep::become_worker(parent);
    const std::vector<std::filesystem::path> folders(words.begin(), words.end() - 1);
    const plugins::Catalog catalog = plugins::load(plugins::folders(folders));
    manifest::DatasetCache datasets(catalog);
    sweep::serve(catalog, datasets);
}

}  // namespace unroll::cli
