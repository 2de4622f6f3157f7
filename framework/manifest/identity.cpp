// Config, identity and fingerprint.
#include "manifest/identity.h"

#include <algorithm>

#include "json/write.h"
#include "plugins/options_check.h"
#include "trial/topology.h"
#include "unroll/sha256.h"

namespace unroll::manifest {
namespace {

/// The settings that can change weights or losses.
json::Value decisive(const Section& of, const json::Value& settings) {
    json::Value kept{json::Object{}};
    for (const json::Member& member : *settings.object()) {
        const Setting& declared = setting(of, member.key);
        if (!declared.decides) continue;
        const bool nested = member.value.object() && (declared.shape == Setting::Shape::section ||
                                                      declared.shape == Setting::Shape::section_or_null);
        const Section* inner = nested ? &section(child(of.path, member.key)) : nullptr;
        kept.object()->push_back(
            {member.key, {}, inner && !inner->plugin ? decisive(*inner, member.value) : member.value});
    }
    return kept;
}

/// The dataset's digest in place of the paths that it was read from, and its revision.
void identify_dataset(json::Value& dataset, const Resolved& resolved) {
    const std::string digest = resolved.dataset->digest();
    std::erase_if(*dataset.object(), [&](const json::Member& member) {
        const Option* option = plugins::find_option(*resolved.dataset_plugin, member.key);
        return option ? option->type == Option::Type::path && !digest.empty()
                      : is_remote_key(*resolved.dataset_plugin, member.key);
    });
    if (!digest.empty()) dataset.set("digest", json::Value(digest));
    dataset.set("revision", json::Value(std::int64_t{resolved.dataset_plugin->revision}));
}

/// `part` is one cell or a list of them.
void add_revisions(json::Value& part, const std::vector<const Plugin*>& plugins) {
    for (std::size_t i = 0; i < plugins.size(); ++i)
        (part.array() ? (*part.array())[i] : part).set("revision", json::Value(std::int64_t{plugins[i]->revision}));
}

}  // namespace

void identify(Resolved& resolved) {
    resolved.trial.config = json::dump(resolved.settings);
    json::Value identity = decisive(section(""), resolved.settings);
    identify_dataset(*identity.find("dataset"), resolved);
    if (const trial::Topology& topology = trial::topology_of(resolved.dataset->task()); topology.has_upstream()) {
        add_revisions(*identity.find("model")->find(topology.upstream), resolved.upstream);
        add_revisions(*identity.find("model")->find(topology.predictor), resolved.cells);
    } else {
        add_revisions(*identity.find("cell"), resolved.cells);
    }
    resolved.trial.identity = json::dump(identity);
    resolved.trial.fingerprint = sha256(resolved.trial.identity);
}

}  // namespace unroll::manifest
