// Reading the sampling part.
#include "manifest/sampling_plan.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "json/write.h"
#include "manifest/maker_problem.h"
#include "manifest/path.h"
#include "manifest/sweep.h"
#include "plugins/make.h"
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

const Setting& row(std::string_view name) {
    return setting(section("sampling"), name);
}

/// The one point of a sampling of images: its `length` is the images of a grid.
SamplingPoint grids_of(const json::Value& checked) {
    SamplingPoint point{{}, json::Value(json::Object{})};
    for (const char* name : {"grid", "count", "every", "judge"}) point.json.set(name, *checked.find(name));
    fill(section("sampling"), point.json, point.settings);
    const std::int64_t* side = checked.find("grid")->integer();
    point.settings.length = side ? static_cast<Size>(*side * *side) : 0;
    return point;
}

/// The settings whose values depend on the task or on other settings.
void derive(json::Value& checked, const Resolved& resolved) {
    if (trial::sample_kind(*resolved.dataset) == trial::SampleKind::answer)
        checked.set("length", json::Value(resolved.dataset->task().target_length));
    if (checked.find("memory")->null())
        checked.set("memory", resolved.trial.training.predict == trial::Predict::last ? "window" : "carry");
}

json::Value to_json_value(const trial::Prompt& prompt) {
    if (!prompt.from) return json::Value(prompt.text);
    if (prompt.length == 0) return json::Value(json::Object{{"from", {}, json::Value(trial::name_of(*prompt.from))}});
    return json::Value(json::Object{{"from", {}, json::Value(trial::name_of(*prompt.from))},
                                    {"length", {}, json::Value(prompt.length)}});
}

/// Reads one prompt against the dataset that it goes to.
class PromptReader {
public:
    PromptReader(const json::Value& value, const std::string& path, const Resolved& resolved, const Checker& checker,
                 base::Diagnostics& diagnostics)
        : value_(value), path_(path), resolved_(resolved), checker_(checker), diagnostics_(diagnostics) {}

    std::optional<trial::Prompt> read() { return value_.text() ? read_text(*value_.text()) : read_window(); }

private:
    std::nullopt_t wrong(std::string found, std::string wanted, std::string next) {
        diagnostics_.add({checker_.where(value_.at, path_), std::move(found), std::move(wanted), std::move(next)});
        return std::nullopt;
    }

    std::optional<trial::Prompt> read_text(const std::string& text) {
        const Vocabulary* vocabulary = resolved_.dataset->vocabulary();
        const std::string& dataset = resolved_.trial.dataset.plugin;
        if (text.empty()) return wrong("an empty prompt", "at least one symbol", "write what the text begins with");
        if (!vocabulary)
            return wrong(json::excerpt(value_), "an example of a split: the inputs are real numbers, not text",
                         "write {\"from\": \"validation\"}");
        std::string unknown;
        const auto tokens = vocabulary->encode(text, unknown);
        if (!tokens)
            return wrong(fmt::format("{} in the prompt {}", json::dump(json::Value(unknown)), json::excerpt(value_)),
                         fmt::format("the {} symbols of the vocabulary of dataset '{}'", vocabulary->size(), dataset),
                         "change the prompt, or train on a text that has the symbol");
        const Task task = resolved_.dataset->task();
        if (tokens->empty())
            return wrong(
                fmt::format("the prompt {}, which has no token in dataset '{}'", json::excerpt(value_), dataset),
                "at least one token", "write what the text begins with");
        if (trial::topology_of(task).separate_target && tokens->size() > task.sequence_length)
            return wrong(fmt::format("a prompt of {} symbols", tokens->size()),
                         fmt::format("at most {}, the longest input of dataset '{}'", task.sequence_length, dataset),
                         "shorten it, or change the dataset's options");
        return trial::Prompt{text, std::nullopt, 0};
    }

    std::optional<trial::Prompt> read_window() {
        const json::Value *from = value_.find("from"), *length = value_.find("length");
        const auto split = from && from->text() ? trial::split_named(*from->text()) : std::nullopt;
        const bool known = value_.object() && value_.object()->size() == (length ? 2u : 1u);
        if (!known || !split || (length && (!length->integer() || *length->integer() < 1)))
            return wrong(json::excerpt(value_), allowed(row("prompt")), "correct the prompt");
        trial::Prompt window;
        window.from = *split;
        const Dataset& dataset = *resolved_.dataset;
        if (!trial::topology_of(dataset.task()).corpus) {  // a whole example
            if (length)
                return wrong(json::excerpt(value_),
                             fmt::format("{{\"from\": \"{}\"}}: the encoder reads a whole example", *from->text()),
                             "remove \"length\"");
            if (dataset.examples(*window.from) == 0)
                return wrong(fmt::format("an example of the {} split, which is empty", *from->text()),
                             "a split with examples", "name another split");
            return window;
        }
        window.length = length ? static_cast<Size>(*length->integer()) : resolved_.trial.training.sequence_length;
        if (const Size tokens = dataset.tokens(*window.from).size(); tokens < window.length)
            return wrong(fmt::format("a prompt of {} tokens, but the {} split of dataset '{}' has {}", window.length,
                                     *from->text(), resolved_.trial.dataset.plugin, tokens),
                         "a window within the split", "choose a shorter prompt or another split");
        return window;
    }

    const json::Value& value_;
    const std::string& path_;
    const Resolved& resolved_;
    const Checker& checker_;
    base::Diagnostics& diagnostics_;
};

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
    const trial::TrainingSettings& training = resolved.trial.training;
    const std::string key =
        fmt::format("{} {} {} {}", static_cast<const void*>(resolved.dataset.get()), training.sequence_length,
                    static_cast<int>(training.predict), json::dump(*sampling));
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    base::Diagnostics own;
    std::vector<SamplingPoint> all = read(manifest, resolved, own);
    diagnostics.add(own);
    if (!own.empty()) return {};
    return known_.emplace(key, std::move(all)).first->second;
}

std::vector<SamplingPoint> SamplingPlan::read(const json::Value& manifest, const Resolved& resolved,
                                              base::Diagnostics& diagnostics) {
    const json::Value& sampling = *manifest.find("sampling");
    const bool fitting = fits(sampling, resolved, diagnostics);
    json::Value checked = checker_.check(
        section("sampling"), &sampling, "sampling", manifest.at,
        fitting ? trial::topology_of(resolved.dataset->task()).settings : std::string_view(), diagnostics);
    const auto kind = fitting ? trial::sample_kind(*resolved.dataset) : trial::SampleKind::none;
    if (kind == trial::SampleKind::image) return {grids_of(checked)};
    const auto temperature_list = temperatures(*checked.find("temperature"), diagnostics);
    const auto prompt_list =
        fitting ? prompts(*checked.find("prompt"), resolved, diagnostics) : std::vector<trial::Prompt>{};
    if (kind == trial::SampleKind::answer)
        for (const char* name : {"length", "memory"})
            if (const json::Value* given = sampling.find(name))
                diagnostics.add({checker_.where(given->at, fmt::format("sampling.{}", name)), json::excerpt(*given),
                                 "nothing: answers end with the end-of-sequence token, and the state is always carried",
                                 fmt::format("remove \"{}\"", name)});
    if (fitting) derive(checked, resolved);
    const auto sampler_list = samplers(checked, sampling, diagnostics);
    if (!fitting || !diagnostics.empty()) return {};
    const std::size_t points =
        sampler_list.size() * std::max<std::size_t>(temperature_list.size(), 1) * prompt_list.size();
    const auto texts = static_cast<std::size_t>(*checked.find("count")->integer());
    constexpr std::size_t most_texts = 1'000'000;
    if (points > most_sampling_points || points * texts > most_texts) {
        diagnostics.add(
            {checker_.where(sampling.at, "sampling"),
             fmt::format("{} samplers x {} temperatures x {} prompts, {} texts each", sampler_list.size(),
                         temperature_list.size(), prompt_list.size(), texts),
             fmt::format("at most {} sampling settings and {} texts of one trial", most_sampling_points, most_texts),
             "sample with fewer settings, or write several manifests"});
        return {};
    }
    return product(checked, sampler_list, temperature_list, prompt_list);
}

std::vector<SamplingPoint> SamplingPlan::product(const json::Value& checked, const std::vector<ChosenSampler>& samplers,
                                                 const std::vector<std::optional<double>>& temperatures,
                                                 const std::vector<trial::Prompt>& prompts) const {
    const std::vector<std::optional<double>> none(1);
    trial::SamplingSettings common;
    fill(section("sampling"), checked, common);
    std::vector<SamplingPoint> all;
    std::set<std::string> seen;
    for (const ChosenSampler& sampler : samplers)
        for (const auto& temperature : sampler.uses_temperature ? temperatures : none)
            for (const trial::Prompt& prompt : prompts) {
                json::Value json{json::Object{}};
                json.set("sampler", sampler.settings);
                json.set("temperature", temperature ? json::Value(*temperature) : json::Value());
                json.set("length", *checked.find("length"));
                json.set("count", *checked.find("count"));
                json.set("prompt", to_json_value(prompt));
                json.set("every", *checked.find("every"));
                json.set("memory", *checked.find("memory"));
                if (!seen.insert(json::dump(json)).second) continue;
                trial::SamplingSettings settings = common;
                settings.sampler = sampler.choice;
                settings.temperature = temperature;
                settings.prompt = prompt;
                all.push_back({std::move(settings), std::move(json)});
            }
    return all;
}

std::vector<SamplingPlan::ChosenSampler> SamplingPlan::samplers(const json::Value& checked, const json::Value& sampling,
                                                                base::Diagnostics& diagnostics) {
    std::vector<ChosenSampler> all;
    const json::Value& written = *checked.find("sampler");
    if (refuse_long(written, "sampler", diagnostics)) return all;
    for (const auto& [given, path] : items(written, "sampling.sampler")) {
        if (given->null() && !sampling.find("sampler")) break;  // a problem already
        ChosenSampler sampler;
        const Plugin* plugin = checker_.check_plugin(section("sampling.sampler"), Plugin::Kind::sampler, given, path,
                                                     sampling.at, diagnostics, sampler.settings, sampler.choice);
        if (!plugin) continue;
        const SamplerFacts& facts = make(*plugin, sampler.choice, *given, path);
        if (facts.problem) diagnostics.add(*facts.problem);
        sampler.uses_temperature = facts.uses_temperature;
        all.push_back(std::move(sampler));
    }
    if (written.array() && written.array()->empty())
        diagnostics.add({checker_.where(written.at, "sampling.sampler"), "an empty list", allowed(row("sampler")),
                         "name a sampler, or write \"sampling\": false"});
    return all;
}

bool SamplingPlan::refuse_long(const json::Value& list, std::string_view name, base::Diagnostics& diagnostics) const {
    if (!list.array() || list.array()->size() <= most_sampling_points) return false;
    diagnostics.add({checker_.where(list.at, child("sampling", name)), fmt::format("{} entries", list.array()->size()),
                     fmt::format("at most {}", most_sampling_points), "leave some out, or write several manifests"});
    return true;
}

bool SamplingPlan::fits(const json::Value& sampling, const Resolved& resolved, base::Diagnostics& diagnostics) const {
    if (!resolved.dataset) return false;
    if (trial::sample_kind(*resolved.dataset) != trial::SampleKind::none) return true;
    diagnostics.add(
        {checker_.where(sampling.at, "sampling"),
         fmt::format("sampling from a model of dataset '{}', which generates nothing", resolved.trial.dataset.plugin),
         "a dataset of text, target sequences or images", "write \"sampling\": false"});
    return false;
}

const SamplingPlan::SamplerFacts& SamplingPlan::make(const Plugin& plugin, const trial::PluginChoice& choice,
                                                     const json::Value& given, const std::string& path) {
    const auto [entry, is_new] = made_.try_emplace(choice.plugin + plugins::to_json(choice.options));
    if (is_new) try {
            entry->second.uses_temperature = plugins::make_sampler(plugin, choice.options)->uses_temperature();
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
        const SamplerFacts& made =
            make(*found.plugin, {found.plugin->name, options}, json::Value(), "sampling.sampler");
        if (!made.problem && !made.uses_temperature) names.emplace_back(found.plugin->name);
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::optional<double>> SamplingPlan::temperatures(const json::Value& value,
                                                              base::Diagnostics& diagnostics) {
    std::vector<std::optional<double>> all;
    const auto wrong = [&](const json::Value& item, const std::string& path, std::string next) {
        diagnostics.add(
            {checker_.where(item.at, path), json::excerpt(item), allowed(row("temperature")), std::move(next)});
    };
    if (refuse_long(value, "temperature", diagnostics)) return all;
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
                                                 base::Diagnostics& diagnostics) const {
    std::vector<trial::Prompt> all;
    if (refuse_long(value, "prompt", diagnostics)) return all;
    for (const auto& [item, path] : items(value, "sampling.prompt"))
        if (auto one = PromptReader(*item, path, resolved, checker_, diagnostics).read())
            all.push_back(std::move(*one));
    if (value.array() && value.array()->empty())
        diagnostics.add({checker_.where(value.at, "sampling.prompt"), "an empty list", allowed(row("prompt")),
                         "add a prompt, or leave it out for a window of the train split"});
    return all;
}

}  // namespace unroll::manifest
