// Reading the sampling part.
#include "manifest/sampling_plan.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "json/write.h"
#include "manifest/path.h"
#include "plugins/options_check.h"
#include "trial/splits.h"
#include "trial/topology.h"

namespace unroll::manifest {
namespace {

/// A list's items, or the one value that stands without a list, with their paths.
std::vector<std::pair<const json::Value*, std::string>> items(const json::Value& value, const std::string& path) {
    std::vector<std::pair<const json::Value*, std::string>> all;
    if (!value.array()) return {{&value, path}};
    for (const json::Value& item : *value.array()) all.emplace_back(&item, fmt::format("{}.{}", path, all.size()));
    return all;
}

const Setting& setting(std::string_view name) {
    for (const Setting& each : section("sampling").settings)
        if (each.option.name == name) return each;
    throw std::logic_error("no such setting of sampling");
}

/// T, also of a trial that is not complete.
Size sequence_length(const Resolved& resolved) {
    const json::Value* length = find_at(resolved.settings, "training.sequence_length");
    return length && length->integer() ? static_cast<Size>(*length->integer()) : 1;
}

/// The one point of a sampling of images.
SamplingPoint grids_of(const json::Value& checked) {
    const auto size = [&](const char* name) {
        const json::Value* value = checked.find(name);
        return value->integer() ? static_cast<Size>(*value->integer()) : 0;
    };
    json::Value json{json::Object{}};
    for (const char* name : {"grid", "count", "every", "judge"}) json.set(name, *checked.find(name));
    trial::SamplingSettings settings;
    settings.length = size("grid") * size("grid");
    settings.count = size("count");
    settings.every = to_when(*checked.find("every"));
    if (const std::string* judge = checked.find("judge")->text()) settings.judge = *judge;
    return {std::move(settings), std::move(json)};
}

json::Value to_json_value(const trial::Prompt& prompt) {
    if (!prompt.from) return json::Value(prompt.text);
    if (prompt.length == 0) return json::Value(json::Object{{"from", {}, json::Value(trial::name_of(*prompt.from))}});
    return json::Value(json::Object{{"from", {}, json::Value(trial::name_of(*prompt.from))},
                                    {"length", {}, json::Value(prompt.length)}});
}

}  // namespace

std::vector<SamplingPoint> SamplingPlan::points(const json::Value& manifest, const Resolved& resolved,
                                                base::Diagnostics& diagnostics) {
    const json::Value* sampling = manifest.find("sampling");
    if (!sampling || (sampling->boolean() && !*sampling->boolean())) return {};
    if (!sampling->object()) {
        diagnostics.add({checker_.where(sampling->at, "sampling"), json::excerpt(*sampling), "an object, or false",
                         "write its settings as {\"sampler\": {\"plugin\": NAME}, …}"});
        return {};
    }
    const json::Value* predict = find_at(resolved.settings, "training.predict");
    const bool last = predict && predict->text() && *predict->text() == "last";
    const std::string key = fmt::format("{} {} {} {}", static_cast<const void*>(resolved.dataset.get()),
                                        sequence_length(resolved), last, json::dump(*sampling));
    if (const auto known = known_.find(key); known != known_.end()) return known->second;

    base::Diagnostics own;
    const bool fitting = fits(*sampling, resolved, own);
    const json::Value checked =
        checker_.check(section("sampling"), sampling, "sampling", manifest.at,
                       fitting ? trial::topology_of(resolved.dataset->task()).settings : std::string_view(), own);
    if (fitting && trial::sample_kind(*resolved.dataset) == trial::SampleKind::image) {
        std::vector<SamplingPoint> grids{grids_of(checked)};
        diagnostics.add(own);
        return own.empty() ? grids : std::vector<SamplingPoint>{};
    }
    const auto temperature_list = temperatures(*checked.find("temperature"), own);
    const auto prompt_list = fitting ? prompts(*checked.find("prompt"), resolved, own) : std::vector<trial::Prompt>{};
    json::Value memory = *checked.find("memory");
    if (memory.null()) memory = last ? "window" : "carry";
    json::Value length = *checked.find("length");
    if (fitting && trial::sample_kind(*resolved.dataset) == trial::SampleKind::answer) {
        for (const char* name : {"length", "memory"})
            if (const json::Value* given = sampling->find(name))
                own.add({checker_.where(given->at, fmt::format("sampling.{}", name)), json::excerpt(*given),
                         "nothing: answers end with the end-of-sequence token, and the state is always carried",
                         fmt::format("remove \"{}\"", name)});
        length = json::Value(resolved.dataset->task().target_length);
    }

    std::vector<SamplingPoint> all;
    std::set<std::string> seen;
    for (const auto& [given, path] : items(*checked.find("sampler"), "sampling.sampler")) {
        if (given->null() && !sampling->find("sampler")) break;  // a problem already
        json::Value sampler;
        trial::PluginChoice choice;
        const Plugin* plugin = checker_.check_plugin(section("sampling.sampler"), Plugin::Kind::sampler, given, path,
                                                     sampling->at, own, sampler, choice);
        if (!plugin) continue;
        const Made& made = make(*plugin, choice, *given, path);
        if (made.problem) own.add(*made.problem);
        if (!own.empty()) continue;
        for (const auto& temperature : made.uses_temperature ? temperature_list : std::vector<std::optional<double>>(1))
            for (const trial::Prompt& prompt : prompt_list) {
                json::Value json{json::Object{}};
                json.set("sampler", sampler);
                json.set("temperature", temperature ? json::Value(*temperature) : json::Value());
                json.set("length", length);
                json.set("count", *checked.find("count"));
                json.set("prompt", to_json_value(prompt));
                json.set("every", *checked.find("every"));
                json.set("memory", memory);
                if (!seen.insert(json::dump(json)).second) continue;
                const auto size = [&](const char* name) { return static_cast<Size>(*json.find(name)->integer()); };
                trial::SamplingSettings settings{
                    choice,
                    temperature,
                    size("length"),
                    size("count"),
                    prompt,
                    to_when(*json.find("every")),
                    *memory.text() == "window" ? trial::StateMode::window : trial::StateMode::carry};
                all.push_back({std::move(settings), std::move(json)});
            }
    }
    if (checked.find("sampler")->array() && checked.find("sampler")->array()->empty())
        own.add({checker_.where(checked.find("sampler")->at, "sampling.sampler"), "an empty list",
                 allowed(setting("sampler")), "name a sampler, or write \"sampling\": false"});
    diagnostics.add(own);
    if (own.empty()) known_.emplace(key, all);
    return own.empty() ? all : std::vector<SamplingPoint>{};
}

bool SamplingPlan::fits(const json::Value& sampling, const Resolved& resolved, base::Diagnostics& diagnostics) {
    if (!resolved.dataset) return false;
    if (trial::sample_kind(*resolved.dataset) != trial::SampleKind::none) return true;
    diagnostics.add(
        {checker_.where(sampling.at, "sampling"),
         fmt::format("sampling from a model of dataset '{}', which generates nothing", resolved.trial.dataset.plugin),
         "a dataset of text, of target sequences or of images", "write \"sampling\": false"});
    return false;
}

const SamplingPlan::Made& SamplingPlan::make(const Plugin& plugin, const trial::PluginChoice& choice,
                                             const json::Value& given, const std::string& path) {
    const auto [entry, is_new] = made_.try_emplace(choice.plugin + plugins::to_json(choice.options));
    if (is_new) try {
            entry->second.uses_temperature = plugin.make_sampler(choice.options)->uses_temperature();
        } catch (...) {
            entry->second.problem = maker_problem(checker_, plugin, given, path);
        }
    return entry->second;
}

/// Of the samplers at hand, those that do without a temperature.
std::string SamplingPlan::without_temperature() {
    std::vector<std::string> names;
    for (const plugins::Found& found : checker_.catalog().found()) {
        if (found.plugin->kind != Plugin::Kind::sampler) continue;
        Options options;
        plugins::set_defaults(options, *found.plugin);
        if (options.values().size() < found.plugin->options.size()) continue;
        const Made& made = make(*found.plugin, {found.plugin->name, options}, json::Value(), "sampling.sampler");
        if (!made.problem && !made.uses_temperature) names.emplace_back(found.plugin->name);
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::optional<double>> SamplingPlan::temperatures(const json::Value& value,
                                                              base::Diagnostics& diagnostics) {
    std::vector<std::optional<double>> all;
    const auto wrong = [&](const json::Value& item, const std::string& path, std::string next) {
        diagnostics.add(
            {checker_.where(item.at, path), json::excerpt(item), allowed(setting("temperature")), std::move(next)});
    };
    for (const auto& [item, path] : items(value, "sampling.temperature")) {
        const auto number = item->number();
        if (number && *number > 0 && std::isfinite(*number)) {
            all.emplace_back(*number);
        } else if (const std::string samplers = number && *number == 0 ? without_temperature() : "";
                   !samplers.empty()) {
            wrong(
                *item, path,
                fmt::format("for the most probable token each time, use a sampler without temperature: {}", samplers));
        } else {
            wrong(*item, path, "change the value, or leave it out for 1");
        }
    }
    if (value.array() && value.array()->empty()) wrong(value, "sampling.temperature", "add one, or leave it out for 1");
    return all;
}

std::vector<trial::Prompt> SamplingPlan::prompts(const json::Value& value, const Resolved& resolved,
                                                 base::Diagnostics& diagnostics) {
    std::vector<trial::Prompt> all;
    for (const auto& [item, path] : items(value, "sampling.prompt"))
        if (auto one = prompt(*item, path, resolved, diagnostics)) all.push_back(std::move(*one));
    if (value.array() && value.array()->empty())
        diagnostics.add({checker_.where(value.at, "sampling.prompt"), "an empty list", allowed(setting("prompt")),
                         "add a prompt, or leave it out for a window of the train split"});
    return all;
}

std::optional<trial::Prompt> SamplingPlan::prompt(const json::Value& value, const std::string& path,
                                                  const Resolved& resolved, base::Diagnostics& diagnostics) {
    const Dataset& dataset = *resolved.dataset;
    const auto wrong = [&](std::string found, std::string wanted, std::string next) {
        diagnostics.add({checker_.where(value.at, path), std::move(found), std::move(wanted), std::move(next)});
        return std::nullopt;
    };
    if (const std::string* text = value.text()) {
        if (text->empty()) return wrong("an empty prompt", "at least one symbol", "write what the text begins with");
        if (!dataset.vocabulary())
            return wrong(json::excerpt(value), "an example: inputs are numbers", "write {\"from\": \"validation\"}");
        std::string unknown;
        const auto tokens = dataset.vocabulary()->encode(*text, unknown);
        if (!tokens)
            return wrong(fmt::format("{} in the prompt {}", json::dump(json::Value(unknown)), json::excerpt(value)),
                         fmt::format("the {} symbols of the vocabulary of dataset '{}'", dataset.vocabulary()->size(),
                                     resolved.trial.dataset.plugin),
                         "change the prompt, or train on a text that has the symbol");
        const Task task = dataset.task();
        if (trial::topology_of(task).separate_target && tokens->size() > task.sequence_length)
            return wrong(fmt::format("a prompt of {} symbols", tokens->size()),
                         fmt::format("at most {}, as the inputs of dataset '{}' have", task.sequence_length,
                                     resolved.trial.dataset.plugin),
                         "shorten it, or change the dataset's options");
        return trial::Prompt{*text, std::nullopt, 0};
    }
    const json::Value* from = value.find("from");
    const json::Value* length = value.find("length");
    const auto split =
        std::find(trial::split_names.begin(), trial::split_names.end(), from && from->text() ? *from->text() : "");
    const bool known = value.object() && value.object()->size() == (length ? 2u : 1u);
    if (!known || split == trial::split_names.end() || (length && (!length->integer() || *length->integer() < 1)))
        return wrong(json::excerpt(value), allowed(setting("prompt")), "correct the prompt");
    trial::Prompt window;
    window.from = static_cast<Split>(split - trial::split_names.begin());
    if (!trial::topology_of(dataset.task()).corpus) {  // a whole example
        if (length)
            return wrong(json::excerpt(value),
                         fmt::format("{{\"from\": \"{}\"}}: the encoder reads a whole example", *split),
                         "remove \"length\"");
        if (dataset.examples(*window.from) == 0)
            return wrong(fmt::format("an example of the {} split, which is empty", *split), "a split with examples",
                         "name another split");
        return window;
    }
    window.length = length ? static_cast<Size>(*length->integer()) : sequence_length(resolved);
    if (const Size tokens = dataset.tokens(*window.from).size(); tokens < window.length)
        return wrong(fmt::format("a prompt of {} tokens, but the {} split of dataset '{}' has {}", window.length,
                                 *split, resolved.trial.dataset.plugin, tokens),
                     "a window within the split", "choose a shorter prompt or another split");
    return window;
}

}  // namespace unroll::manifest
