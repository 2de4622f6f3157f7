// Config, identity and fingerprint.
#include "manifest/identity.h"

#include <algorithm>

#include "json/write.h"
#include "plugins/options_check.h"
#include "trial/topology.h"
#include "unroll/sha256.h"

namespace unroll::manifest {
namespace {

/// By which rule a setting counts.
enum class Rule {
    current,
    earlier,  ///< of result stores up to version 5: what counts beside another setting always counts
};

bool counts(const Setting& declared, const json::Value& settings, Rule rule) {
    if (declared.decides || !*declared.decides_with) return declared.decides;
    const json::Value* other = settings.find(declared.decides_with);
    return rule == Rule::earlier || (other && !other->null());
}

/// The settings that can change weights or losses.
json::Value decisive(const Section& of, const json::Value& settings, Rule rule) {
    json::Value kept{json::Object{}};
    for (const json::Member& member : *settings.object()) {
        const Setting& declared = setting(of, member.key);
        if (!counts(declared, settings, rule)) continue;
        const bool nested = member.value.object() && (declared.shape == Setting::Shape::section ||
                                                      declared.shape == Setting::Shape::section_or_null);
        const Section* inner = nested ? &section(child(of.path, member.key)) : nullptr;
        kept.object()->push_back(
            {member.key, {}, inner && !inner->plugin ? decisive(*inner, member.value, rule) : member.value});
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

json::Value identity_of(const Resolved& resolved, Rule rule) {
    json::Value identity = decisive(section(""), resolved.settings, rule);
    identify_dataset(*identity.find("dataset"), resolved);
    if (const trial::Topology& topology = trial::topology_of(resolved.dataset->task()); topology.has_upstream()) {
        add_revisions(*identity.find("model")->find(topology.upstream), resolved.upstream);
        add_revisions(*identity.find("model")->find(topology.predictor), resolved.cells);
    } else {
        add_revisions(*identity.find("cell"), resolved.cells);
    }
    return identity;
}

/// Whether the weights at a step depend on how many steps there will be: by the learning rate, or by an early stop
/// whose evaluations are spread over the whole.
bool depends_on_length(const trial::TrainingSettings& training) {
    const auto schedules = section("training.schedule").variants;
    const bool schedule = std::any_of(schedules.begin(), schedules.end(), [&](const Variant& variant) {
        return variant.name == training.schedule.name && variant.depends_on_length;
    });
    return schedule || (!training.stop.metric.empty() && training.evaluate_every.kind == trial::When::Kind::times);
}

std::string trajectory_of(json::Value identity, const trial::TrainingSettings& training) {
    if (!depends_on_length(training))
        std::erase_if(*identity.find("training")->object(),
                      [](const json::Member& member) { return member.key == "steps" || member.key == "epochs"; });
    return sha256(json::dump(identity));
}

}  // namespace

void identify(Resolved& resolved) {
    trial::Trial& trial = resolved.trial;
    trial.config = json::dump(resolved.settings);
    json::Value identity = identity_of(resolved, Rule::current);
    trial.identity = json::dump(identity);
    trial.fingerprint = sha256(trial.identity);
    trial.earlier_fingerprint = sha256(json::dump(identity_of(resolved, Rule::earlier)));
    trial.trajectory = trajectory_of(std::move(identity), trial.training);
}

}  // namespace unroll::manifest
