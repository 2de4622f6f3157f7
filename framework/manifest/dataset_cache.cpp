// Loading datasets once.
#include "manifest/dataset_cache.h"

#include <fmt/core.h>

#include "base/floating_point.h"
#include "plugins/make.h"
#include "plugins/options_check.h"

namespace unroll::manifest {

std::shared_ptr<const Dataset> DatasetCache::load(const trial::PluginChoice& choice) {
    const std::string key = choice.plugin + plugins::to_json(choice.options);
    const std::lock_guard lock(mutex_);  // held while it loads: whoever asks meanwhile wants that very dataset
    const auto [entry, is_new] = loaded_.try_emplace(key);
    if (is_new) try {
            const Plugin* plugin = catalog_.find(Plugin::Kind::dataset, choice.plugin);
            if (!plugin) throw Error(catalog_.missing(Plugin::Kind::dataset, choice.plugin));
            const base::DefaultFloatingPoint mode;
            entry->second.dataset = plugins::make_dataset(*plugin, choice.options);
        } catch (...) {
            entry->second.failure = std::current_exception();
        }
    if (entry->second.failure) std::rethrow_exception(entry->second.failure);
    return entry->second.dataset;
}

}  // namespace unroll::manifest
