// unroll sample TRIAL: generate text or images from a trained trial; nothing is stored.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/message.h"
#include "cli/print.h"
#include "cli/stored_trial.h"
#include "json/parse.h"
#include "json/write.h"
#include "plugins/make.h"
#include "plugins/options_check.h"
#include "sampling/images.h"
#include "sampling/sample_plan.h"
#include "store/experiments.h"
#include "store/trial_results.h"
#include "training/checkpoint_file.h"
#include "training/loaded_weights.h"
#include "trial/splits.h"
#include "trial/topology.h"
#include "unroll/error.h"
#include "unroll/kernels.h"

namespace unroll::cli {

Command sample_command() {
    Command command;
    command.usage =
        "unroll sample TRIAL|EXPERIMENT [--sampler NAME[,OPTION=JSON]...] [--temperature X] [--length N] [--prompt "
        "TEXT]..."
        " [--from SPLIT] [--count N] [--seed N] [--at STEP] [--memory carry|window] [--data PATH] [--download]";
    command.about =
        "Generates text from a kept checkpoint of a trial, or of the best trial of an experiment: continuations of a "
        "prompt, answers of a "
        "sequence-to-sequence "
        "model, or a grid of images (PNG on standard output). Nothing is stored.";
    command.options.add_options()("sampler", po::value<std::string>()->value_name("NAME[,OPTION=JSON]..."),
                                  "how the next token is chosen, as in NAME,k=5 (default: the first sampler that the "
                                  "trial was sampled with)")("temperature", po::value<double>()->value_name("X"),
                                                             "softmax temperature, above 0 (default: 1)")(
        "length", po::value<std::int64_t>()->value_name("N")->default_value(400), "tokens to generate")(
        "prompt", po::value<std::vector<std::string>>()->value_name("TEXT")->composing(),
        "text to continue, or source sequence to answer; repeatable (default: 40 tokens of the data, or an example)")(
        "from", po::value<std::string>()->value_name("train|validation|test"),
        "the split that default prompts are taken from")(
        "count", po::value<std::int64_t>()->value_name("N")->default_value(1), "texts per prompt")(
        "seed", po::value<std::int64_t>()->value_name("N"), "random seed (default: the trial's)")(
        "at", po::value<std::int64_t>()->value_name("STEP"), "step of a kept checkpoint (default: the last)")(
        "memory", po::value<std::string>()->value_name("carry|window"),
        "carry: keep the recurrent state; window: re-read the last T tokens for every token");
    add_data_option(command);
    command.positional = {"trial"};
    return command;
}

namespace {

constexpr Size usual_prompt = 40;  // tokens
constexpr std::uint64_t largest_number = (std::uint64_t{1} << 53) - 1;

Error wrong_temperature(double temperature, const plugins::Catalog& catalog) {
    std::string deterministic;
    for (const plugins::Found& found : catalog.found())
        if (found.plugin->kind == Plugin::Kind::sampler && found.plugin->options.empty() &&
            !plugins::make_sampler(*found.plugin, {})->uses_temperature())
            deterministic = found.plugin->name;
    return Error({"--temperature", fmt::format("{}", temperature), "a number above 0",
                  deterministic.empty()
                      ? "raise it"
                      : fmt::format("to always choose the most likely token, use --sampler {}", deterministic)});
}

trial::PluginChoice checked(const plugins::Catalog& catalog, const std::string& name, const json::Object& given,
                            const std::string& where) {
    const Plugin* plugin = catalog.find(Plugin::Kind::sampler, name);
    if (!plugin) throw Error(catalog.missing(Plugin::Kind::sampler, name));
    std::vector<Problem> problems;
    trial::PluginChoice choice{name, plugins::check(*plugin, given, where, problems)};
    if (!problems.empty()) throw Error(problems.front());
    return choice;
}

/// NAME or NAME,OPTION=JSON,…
trial::PluginChoice sampler_of(const std::string& text, const plugins::Catalog& catalog) {
    const std::vector<std::string> parts = base::split(text, ',');
    const std::string& name = parts[0];
    json::Value given{json::Object{}};
    for (Size i = 1; i < parts.size(); ++i) {
        const std::string& part = parts[i];
        const Size equals = part.find('=');
        auto value = equals == std::string::npos ? std::nullopt : json::try_parse(part.substr(equals + 1));
        if (!value)
            throw Error({"--sampler", fmt::format("'{}'", part), "OPTION=JSON",
                         fmt::format("list its options with: unroll plugins {}", name)});
        if (given.find(part.substr(0, equals)))
            throw Error({"--sampler", fmt::format("'{}' twice", part.substr(0, equals)), "each option once",
                         "remove one of the two"});
        given.set(part.substr(0, equals), std::move(*value));
    }
    return checked(catalog, name, *given.object(), "--sampler");
}

/// The sampler of the trial's first stored sample; without samples, one that needs nothing but a temperature.
trial::PluginChoice default_sampler(store::Store& store, const StoredTrial& trial, const plugins::Catalog& catalog) {
    if (const auto first = store::first_sampler(store, trial.found.id)) {
        const json::Value options = json::parse(first->options, "the stored sample");
        return checked(catalog, first->name, *options.object(), "the stored sample");
    }
    for (const plugins::Found& found : catalog.found())
        if (found.plugin->kind == Plugin::Kind::sampler && found.plugin->options.empty() &&
            plugins::make_sampler(*found.plugin, {})->uses_temperature())
            return {found.plugin->name, {}};
    throw Error({"--sampler", "not given, and no sampler plugin without options was found to use by default",
                 "the name of a sampler", "list them with: unroll plugins"});
}

/// Throws Error when an option is given that does not apply to this kind of trial.
void refuse_meaningless(const Arguments& arguments, const StoredTrial& trial) {
    const auto refuse = [&](std::initializer_list<const char*> options, const char* reason, const char* expected) {
        for (const char* option : options)
            if (arguments.has(option))
                throw Error({fmt::format("--{}", option),
                             fmt::format("does not apply to trial {}: {}", trial.found.id, reason), expected,
                             "leave it out"});
    };
    const trial::SampleKind kind = trial::sample_kind(*trial.runnable.dataset);
    if (kind == trial::SampleKind::answer)
        refuse({"length", "memory"}, "answers end with the end-of-sequence token, and the state is always carried",
               "neither --length nor --memory");
    if (kind == trial::SampleKind::image)
        refuse({"sampler", "temperature", "length", "prompt", "from", "count", "memory"},
               "images are generated from random noise", "--seed or --at");
}

/// One grid of images, as a file on standard output.
int draw(const StoredTrial& trial, model::Weights<float> weights) {
    if (isatty(STDOUT_FILENO))
        throw Error({"standard output", "a terminal", "a file for the PNG image",
                     fmt::format("run: unroll sample {} > images.png", trial.found.id)});
    const std::string png =
        sampling::image_grid(trial.runnable.model, weights, 4, RandomStream(trial.runnable.trial.seed, "images", {0}));
    std::fwrite(png.data(), 1, png.size(), stdout);
    return success;
}

/// The split that prompts come from when none is given.
Split prompts_from(const Arguments& arguments, const Dataset& dataset) {
    if (!arguments.has("from"))
        return dataset.tokens(Split::validation).empty() && dataset.examples(Split::validation) == 0
                   ? Split::train
                   : Split::validation;
    const std::string& name = arguments.get<std::string>("from");
    if (arguments.has("prompt"))
        throw Error({"command line", "both --prompt and --from", "one of them", "leave one of them out"});
    return trial::split_named(name).value();
}

/// What a text begins with where neither a prompt is given nor the data is there.
std::string prompt_without_data(const Arguments& arguments, const StoredTrial& trial, store::Store& store) {
    const auto first = store::first_prompt(store, trial.found.id);
    if (arguments.has("from") || !first)
        throw Error({arguments.has("from") ? "--from" : "--prompt",
                     fmt::format("{}, and the data of trial {} is not here", arguments.has("from") ? "a split" : "none",
                                 trial.found.id),
                     "a prompt of your own, or the data that it was trained on",
                     "give --prompt TEXT, or the data with --data PATH"});
    message("note: the data of trial {} is not here; the prompt is that of its first sample\n", trial.found.id);
    return *first;
}

/// What the command line asks for, one for each prompt; options that are not given have the trial's defaults.
std::vector<trial::SamplingSettings> settings_of(const Arguments& arguments, const StoredTrial& trial,
                                                 store::Store& store, const plugins::Catalog& catalog) {
    trial::SamplingSettings settings;
    settings.sampler = arguments.has("sampler") ? sampler_of(arguments.get<std::string>("sampler"), catalog)
                                                : default_sampler(store, trial, catalog);
    const Plugin* plugin = catalog.find(Plugin::Kind::sampler, settings.sampler.plugin);
    settings.temperature.reset();
    if (plugins::make_sampler(*plugin, settings.sampler.options)->uses_temperature()) {
        settings.temperature = arguments.has("temperature") ? arguments.get<double>("temperature") : 1.0;
        if (!(*settings.temperature > 0) || std::isinf(*settings.temperature))
            throw wrong_temperature(*settings.temperature, catalog);
    } else if (arguments.has("temperature")) {
        throw Error({"--temperature",
                     fmt::format("a temperature, but sampler '{}' does not use it", settings.sampler.plugin),
                     "no temperature", "leave it out, or choose another --sampler"});
    }
    settings.length = whole_number(arguments, "length", 1, 100'000'000, "leave it out for 400 tokens");
    settings.count = whole_number(arguments, "count", 1, 1'000'000, "leave it out for one text per prompt");
    settings.memory = trial.runnable.trial.training.predict == trial::Predict::last ? trial::StateMode::window
                                                                                    : trial::StateMode::carry;
    if (arguments.has("memory")) {
        const std::string& memory = arguments.get<std::string>("memory");
        settings.memory = memory == "carry" ? trial::StateMode::carry : trial::StateMode::window;
    }
    const Split from = prompts_from(arguments, *trial.runnable.dataset);
    if (!trial.has_data && !arguments.has("prompt")) {
        settings.prompt = {prompt_without_data(arguments, trial, store), {}, 0};
        return {settings};
    }
    std::vector<trial::SamplingSettings> list;
    if (arguments.has("prompt")) {
        for (const std::string& prompt : arguments.list("prompt")) {
            list.push_back(settings);
            list.back().prompt = {prompt, {}, 0};
        }
    } else {
        list.push_back(settings);
        list.back().prompt = {{},
                              from,
                              trial::sample_kind(*trial.runnable.dataset) == trial::SampleKind::answer
                                  ? Size{0}
                                  : std::min(usual_prompt, trial.runnable.dataset->tokens(from).size())};
    }
    return list;
}

/// The trial that is named, as its id; for an experiment its best one, told on standard error.
std::string trial_of(store::Store& store, const std::string& name) {
    if (!store::has_experiment(store, name)) return name;
    const auto best = store::best_trial(store, name);
    if (!best)
        throw Error({fmt::format("experiment '{}'", name), "no finished trial with a value of its metric",
                     "an experiment that has run, or the id of a trial", "run its manifest first"});
    message("note: trial {}, the best of {} by {}\n", best->id, name, store::find_experiment(store, name).metric);
    return std::to_string(best->id);
}

const training::CheckpointInfo& checkpoint_of(const Arguments& arguments, const StoredTrial& trial) {
    const auto& kept = trial.state.checkpoints;
    if (kept.empty())
        throw Error({fmt::format("trial {}", trial.found.id),
                     fmt::format("no checkpoint; its status is {}", trial::to_string(trial.found.status)),
                     "a trained trial",
                     trial.found.status == trial::TrialStatus::running ? "wait for its first checkpoint"
                                                                       : "run its manifest first"});
    if (!arguments.has("at")) return kept.back();
    const std::uint64_t step = whole_number(arguments, "at", 0, largest_number, "leave it out for the last");
    std::vector<std::uint64_t> steps;
    for (const training::CheckpointInfo& checkpoint : kept) {
        if (checkpoint.step == step) return checkpoint;
        steps.push_back(checkpoint.step);
    }
    throw Error({"--at", fmt::format("step {}", step),
                 fmt::format("the step of a kept checkpoint: {}", fmt::join(steps, ", ")),
                 "increase training.keep_checkpoints in the manifest to keep more"});
}

training::LoadedWeights weights_of(const Arguments& arguments, const StoredTrial& trial, store::Store& store) {
    try {
        return training::LoadedWeights(trial.runnable.model, checkpoint_of(arguments, trial));
    } catch (const training::UnusableCheckpoint& unusable) {
        Problem problem = unusable.problem();
        problem.help = fmt::format(
            "put back an intact copy of the file, choose another step with --at, or train the trial "
            "again, with the same results: {}",
            retraining(store, trial.found.id, arguments));
        throw Error(std::move(problem));
    }
}

}  // namespace

int sample(const Words& words) {
    const auto arguments = parse(sample_command(), words);
    if (!arguments) return success;
    const std::string name = exactly(*arguments, "trial", 1, an_id_or_fingerprint, list_of_trials)[0];

    Session session(*arguments);
    store::Store store(arguments->database, store::Store::Mode::read);
    StoredTrial trial = sampled_trial(store, trial_of(store, name), session, *arguments);
    const trial::SampleKind kind = trial::sample_kind(*trial.runnable.dataset);
    if (kind == trial::SampleKind::none)
        throw Error({fmt::format("trial {}", trial.found.id), "a model that generates neither text nor images",
                     "a language model, a sequence-to-sequence model or a generator of images",
                     "choose another trial"});
    refuse_meaningless(*arguments, trial);
    if (arguments->has("seed"))
        trial.runnable.trial.seed = whole_number(*arguments, "seed", 0, largest_number, "leave it out for the trial's");
    const FloatingPointMode mode;
    const training::LoadedWeights trained = weights_of(*arguments, trial, store);
    if (kind == trial::SampleKind::image) return draw(trial, trained.weights());
    const auto settings = settings_of(*arguments, trial, store, session.catalog());

    const auto wanted =
        sampling::plan_samples(trial.runnable.trial, settings, *trial.runnable.dataset, trained.step(), 0);
    const auto samples =
        sampling::make_samples(trial.runnable.model, trained.weights(), *trial.runnable.dataset, session.catalog(),
                               trial.runnable.trial.training.sequence_length, wanted, catch_interrupts());
    for (const sampling::Sample& sample : samples) {
        if (kind == trial::SampleKind::answer) {
            print("{} → {}{}\n", sample.prompt, sample.text,
                  !sample.correct   ? ""
                  : *sample.correct ? " ✓"
                                    : fmt::format(" ✗ {}", *sample.target));
            continue;
        }
        if (samples.size() > 1)
            print("{}--- {}\n", Ready{&sample == &samples.front() ? "" : "\n"}, sample.key.number + 1);
        print("{}{}\n", Lines{sample.prompt}, Lines{sample.text});
    }
    return samples.size() == wanted.size() ? success : interrupted;
}

}  // namespace unroll::cli
