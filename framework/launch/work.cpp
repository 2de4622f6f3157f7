// A trial of a run as JSON.
#include "launch/work.h"

#include <fmt/format.h>

#include "json/parse.h"
#include "json/write.h"
#include "launch/json_file.h"
#include "sweep/runnable.h"
#include "unroll/error.h"

namespace unroll::launch {

namespace {

using trial::When;

constexpr std::pair<When::Kind, std::string_view> kinds[] = {
    {When::Kind::never, "never"}, {When::Kind::steps, "steps"}, {When::Kind::epochs, "epochs"},
    {When::Kind::times, "times"}, {When::Kind::end, "end"},     {When::Kind::seconds, "seconds"}};

json::Value to_json(const When& when) {
    for (const auto& [kind, name] : kinds)
        if (kind == when.kind) return object({{name, when.count}});
    return {};
}

When when_from(const json::Value& value) {
    for (const auto& [kind, name] : kinds)
        if (value.find(name)) return {kind, count_of(value, name)};
    return {When::Kind::never, 0};
}

json::Value to_json(const std::vector<When>& all) {
    json::Array list;
    for (const When& when : all) list.push_back(to_json(when));
    return json::Value(std::move(list));
}

std::vector<When> whens_from(const json::Array& list) {
    std::vector<When> all;
    for (const json::Value& one : list) all.push_back(when_from(one));
    return all;
}

json::Value to_json(const Options& options) {
    json::Value all{json::Object{}};
    for (const auto& [name, value] : options.values())
        all.set(name, std::visit(
                          [](const auto& one) -> json::Value {
                              if constexpr (std::is_same_v<std::decay_t<decltype(one)>, std::vector<double>>)
                                  return json::Array(one.begin(), one.end());
                              else
                                  return one;
                          },
                          value));
    return all;
}

Options options_from(const json::Value* values) {
    Options options;
    if (!values || !values->object()) return options;
    for (const auto& [key, at, value] : *values->object()) {
        if (value.boolean()) options.set(key, *value.boolean());
        if (value.integer()) options.set(key, *value.integer());
        if (value.real()) options.set(key, *value.real());
        if (value.text()) options.set(key, *value.text());
        if (!value.array()) continue;
        std::vector<double> numbers;
        for (const json::Value& one : *value.array()) numbers.push_back(one.number().value_or(0));
        options.set(key, std::move(numbers));
    }
    return options;
}

json::Value to_json(const trial::SamplingSettings& settings) {
    json::Value prompt(settings.prompt.text);
    if (settings.prompt.from)
        prompt = object({{"from", Size(*settings.prompt.from)}, {"length", settings.prompt.length}});
    return object({{"sampler", settings.sampler.plugin},
                   {"options", to_json(settings.sampler.options)},
                   {"temperature", settings.temperature ? json::Value(*settings.temperature) : json::Value()},
                   {"length", settings.length},
                   {"count", settings.count},
                   {"prompt", prompt},
                   {"every", to_json(settings.every)},
                   {"memory", settings.memory == trial::StateMode::window ? "window" : "carry"},
                   {"judge", settings.judge}});
}

trial::SamplingSettings sampling_from(const json::Value& value) {
    trial::SamplingSettings settings;
    settings.sampler = {text_of(value, "sampler"), options_from(value.find("options"))};
    if (const json::Value* temperature = value.find("temperature")) settings.temperature = temperature->number();
    settings.length = count_of(value, "length");
    settings.count = count_of(value, "count");
    if (const json::Value* prompt = value.find("prompt"); prompt && prompt->object())
        settings.prompt = {"", Split(count_of(*prompt, "from")), count_of(*prompt, "length")};
    else
        settings.prompt.text = text_of(value, "prompt");
    if (const json::Value* every = value.find("every")) settings.every = when_from(*every);
    if (text_of(value, "memory") == "window") settings.memory = trial::StateMode::window;
    settings.judge = text_of(value, "judge");
    return settings;
}

}  // namespace

json::Value to_json(const Work& work) {
    json::Array sampling;
    for (const trial::SamplingSettings& settings : work.sampling) sampling.push_back(to_json(settings));
    return object({{"fingerprint", work.fingerprint},
                   {"label", work.label},
                   {"cost", work.cost},
                   {"tries", work.tries},
                   {"build", work.build},
                   {"seed", work.seed},
                   {"seeded", json::Array(work.seeded.begin(), work.seeded.end())},
                   {"before", json::Array(work.before.begin(), work.before.end())},
                   {"axes", json::parse(work.axes, "axes")},
                   {"config", json::parse(work.config, "config")},
                   {"sampling", std::move(sampling)},
                   {"gradient", to_json(work.gradient)},
                   {"evaluate", to_json(work.evaluate)}});
}

Work work_from(const json::Value& value) {
    const json::Value *config = value.find("config"), *axes = value.find("axes");
    if (!config || !axes)
        throw Error({"a trial of a run folder", "no config", "a file that 'unroll run' has written",
                     "run the same command again"});
    Work work;
    work.fingerprint = text_of(value, "fingerprint");
    work.label = text_of(value, "label");
    work.cost = number_of(value, "cost");
    work.tries = count_of(value, "tries");
    work.build = text_of(value, "build");
    work.seed = text_of(value, "seed");
    work.seeded = texts_of(value, "seeded");
    work.before = texts_of(value, "before");
    work.axes = json::dump(*axes);
    work.config = json::dump(*config);
    for (const json::Value& one : list_of(value, "sampling")) work.sampling.push_back(sampling_from(one));
    work.gradient = whens_from(list_of(value, "gradient"));
    work.evaluate = whens_from(list_of(value, "evaluate"));
    return work;
}

Work work_of(const sweep::TrialPlan& trial, const std::string& build, std::string label) {
    Work work;
    work.fingerprint = trial.row.fingerprint;
    work.config = trial.row.config;
    work.axes = trial.axes;
    work.label = std::move(label);
    work.build = without_kernel_set(build);
    work.sampling = trial.sampling;
    work.gradient = trial.gradient;
    work.evaluate = trial.evaluate;
    work.cost = trial.cost;
    return work;
}

std::string without_kernel_set(const std::string& build) {
    return build.substr(0, build.find(' '));
}

std::unique_ptr<Prepared> prepare(const Work& work, const plugins::Catalog& catalog, manifest::DatasetCache& datasets) {
    sweep::RunnableTrial trial =
        sweep::rebuild(work.config, work.fingerprint, fmt::format("trial {}", work.fingerprint.substr(0, 12)), catalog,
                       datasets, manifest::Lookup::standard("stored config"));
    auto prepared = std::make_unique<Prepared>();
    manifest::Plan& plan = prepared->plans.emplace_back();
    plan.trials.push_back({std::move(trial.trial), work.axes, work.sampling, work.gradient, ""});
    // Each moment at which an experiment wants the trial evaluated, as that experiment would plan it.
    for (Size i = 0; i < work.evaluate.size(); ++i) {
        if (i) plan.trials.push_back({plan.trials[0].trial, work.axes, {}, {}, ""});
        plan.trials[i].trial.training.evaluate_every = work.evaluate[i];
    }
    prepared->workload = sweep::distinct_trials(prepared->plans, catalog, datasets);
    return prepared;
}

}  // namespace unroll::launch
