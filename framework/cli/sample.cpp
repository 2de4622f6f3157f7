// unroll sample TRIAL: generate text from a trained trial, without touching the store.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <map>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/stored_trial.h"
#include "plugins/options_check.h"
#include "sampling/images.h"
#include "sampling/samples.h"
#include "store/query.h"
#include "training/trained.h"
#include "trial/splits.h"
#include "unroll/error.h"
#include "unroll/kernels.h"

namespace unroll::cli {

namespace {

constexpr Size usual_prompt = 40;  // tokens
constexpr std::uint64_t largest_number = (std::uint64_t{1} << 53) - 1;

Command command() {
    Command command;
    command.usage =
        "unroll sample TRIAL [--sampler NAME[,OPTION=JSON]...] [--temperature X] [--length N] [--prompt TEXT]... "
        "[--from SPLIT]\n"
        "                    [--count N] [--seed N] [--at STEP] [--memory carry|window]";
    command.about = "Generates text from a trial's kept checkpoint. Nothing is stored.";
    command.options.add_options()("sampler", po::value<std::string>(),
                                  "how tokens are picked, as in top-k,k=5 (default: as the trial was sampled first)")(
        "temperature", po::value<double>(), "of the softmax; above 0 (default 1)")(
        "length", po::value<std::int64_t>()->default_value(400), "tokens")(
        "prompt", po::value<std::vector<std::string>>()->composing(),
        "what the text begins with, or what is asked (default: 40 tokens of the data, or an example)")(
        "from", po::value<std::string>(), "train, validation or test: where such tokens or examples are taken from")(
        "count", po::value<std::int64_t>()->default_value(1), "texts of each prompt")(
        "seed", po::value<std::int64_t>(), "another seed, other texts (default: the trial's)")(
        "at", po::value<std::int64_t>(), "the step of a kept checkpoint (default: the last)")(
        "memory", po::value<std::string>(),
        "carry: the state runs on; window: the last T tokens are read again for each token");
    command.positional = {"trial"};
    return command;
}

Error wrong_temperature(double temperature, const plugins::Catalog& catalog) {
    std::string deterministic;
    for (const plugins::Found& found : catalog.found())
        if (found.plugin->kind == Plugin::Kind::sampler && found.plugin->options.empty() &&
            !found.plugin->make_sampler({})->uses_temperature())
            deterministic = found.plugin->name;
    return Error({"--temperature", fmt::format("{}", temperature), "a number above 0",
                  deterministic.empty()
                      ? "raise it"
                      : fmt::format("for the likeliest token each time use --sampler {}", deterministic)});
}

trial::PluginChoice checked(const plugins::Catalog& catalog, const std::string& name,
                            const std::map<std::string, plugins::Given>& given, const std::string& where) {
    const Plugin* plugin = catalog.find(Plugin::Kind::sampler, name);
    if (!plugin) throw Error(catalog.missing(Plugin::Kind::sampler, name));
    std::vector<Problem> problems;
    trial::PluginChoice choice{name, plugins::check(*plugin, given, where, problems)};
    if (!problems.empty()) throw Error(problems.front());
    return choice;
}

/// NAME or NAME,OPTION=JSON,…
trial::PluginChoice sampler_of(const std::string& text, const plugins::Catalog& catalog) {
    const Size comma = text.find(',');
    const std::string name = text.substr(0, comma);
    std::map<std::string, plugins::Given> given;
    for (Size begin = comma; begin != std::string::npos;) {
        const Size end = text.find(',', begin + 1);
        const std::string part = text.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
        const Size equals = part.find('=');
        auto value = equals == std::string::npos
                         ? std::nullopt
                         : plugins::given(part.substr(equals + 1), "--sampler: " + part.substr(0, equals));
        if (!value)
            throw Error({"--sampler", fmt::format("'{}'", part), "OPTION=JSON",
                         fmt::format("see its options with: unroll plugins {}", name)});
        if (!given.emplace(part.substr(0, equals), *value).second)
            throw Error({"--sampler", fmt::format("'{}' twice", part.substr(0, equals)), "each option once",
                         "leave one of the two out"});
        begin = end;
    }
    return checked(catalog, name, given, "--sampler");
}

/// What the trial was sampled with first; when it never was, a sampler that needs nothing but a temperature.
trial::PluginChoice default_sampler(store::Store& store, const StoredTrial& trial, const plugins::Catalog& catalog) {
    const store::Table table = store::query(
        store, "SELECT sampler, options FROM sample WHERE trial_id = ? ORDER BY id LIMIT 1", {trial.found.id});
    if (!table.rows.empty()) {
        std::map<std::string, plugins::Given> given;
        const boost::json::value options = boost::json::parse(std::get<std::string>(table.rows[0][1]));
        for (const auto& option : options.as_object())
            given.emplace(option.key(), *plugins::given(boost::json::serialize(option.value()), "the stored sample"));
        return checked(catalog, std::get<std::string>(table.rows[0][0]), given, "the stored sample");
    }
    for (const plugins::Found& found : catalog.found())
        if (found.plugin->kind == Plugin::Kind::sampler && found.plugin->options.empty() &&
            found.plugin->make_sampler({})->uses_temperature())
            return {found.plugin->name, {}};
    throw Error({"--sampler", "none, and no sampler was found that needs no options", "a sampler",
                 "see them with: unroll plugins"});
}

/// Throws Error when an option is given that has no meaning for what this trial makes.
void refuse_meaningless(const Arguments& arguments, const StoredTrial& trial) {
    const auto refuse = [&](std::initializer_list<const char*> options, const char* wanted) {
        for (const char* option : options)
            if (arguments.has(option))
                throw Error({fmt::format("--{}", option),
                             fmt::format("an option that trial {} has no use for", trial.found.id), wanted,
                             "leave it out"});
    };
    if (sampling::asks(*trial.dataset))
        refuse({"length", "memory"}, "nothing: an answer ends by itself, and one state runs through it");
    if (sampling::draws(*trial.dataset))
        refuse({"sampler", "temperature", "length", "prompt", "from", "count", "memory"},
               "--seed or --at: a grid of images is made of noise");
}

/// One grid of images, as a file on standard output.
int draw(const StoredTrial& trial, sampling::Weights weights) {
    if (isatty(STDOUT_FILENO))
        throw Error({"standard output", "a terminal", "a file for the picture",
                     fmt::format("write: unroll sample {} > picture.png", trial.found.id)});
    const std::string png =
        sampling::image_grid(trial.model, weights, 4, RandomStream(trial.planned.trial.seed, "images", {0}));
    std::fwrite(png.data(), 1, png.size(), stdout);
    return well;
}

/// The split that prompts come from when none is given.
Split prompts_from(const Arguments& arguments, const Dataset& dataset) {
    if (!arguments.has("from"))
        return dataset.tokens(Split::validation).empty() && dataset.examples(Split::validation) == 0
                   ? Split::train
                   : Split::validation;
    const std::string& name = arguments.get<std::string>("from");
    if (arguments.has("prompt"))
        throw Error({"--from", "both --prompt and --from", "one of them", "leave one of them out"});
    const auto split = std::find(trial::split_names.begin(), trial::split_names.end(), name);
    if (split != trial::split_names.end()) return static_cast<Split>(split - trial::split_names.begin());
    throw Error({"--from", fmt::format("'{}'", name), "train, validation or test", "choose one of these"});
}

/// What the command line asks for; what it leaves open is as usual for the trial.
std::vector<trial::SamplingSettings> settings_of(const Arguments& arguments, const StoredTrial& trial,
                                                 store::Store& store, const plugins::Catalog& catalog) {
    trial::SamplingSettings settings;
    settings.sampler = arguments.has("sampler") ? sampler_of(arguments.get<std::string>("sampler"), catalog)
                                                : default_sampler(store, trial, catalog);
    const Plugin* plugin = catalog.find(Plugin::Kind::sampler, settings.sampler.plugin);
    settings.temperature.reset();
    if (plugin->make_sampler(settings.sampler.options)->uses_temperature()) {
        settings.temperature = arguments.has("temperature") ? arguments.get<double>("temperature") : 1.0;
        if (!(*settings.temperature > 0) || std::isinf(*settings.temperature))
            throw wrong_temperature(*settings.temperature, catalog);
    } else if (arguments.has("temperature")) {
        throw Error({"--temperature", "a temperature",
                     fmt::format("none: '{}' does not use it", settings.sampler.plugin),
                     "leave it out, or choose another --sampler"});
    }
    settings.length = whole_number(arguments, "length", 1, 100'000'000, "leave it out for 400 tokens");
    settings.count = whole_number(arguments, "count", 1, 1'000'000, "leave it out for one text");
    settings.memory = trial.planned.trial.training.predict == trial::Predict::last ? trial::StateMode::window
                                                                                   : trial::StateMode::carry;
    if (arguments.has("memory")) {
        const std::string& memory = arguments.get<std::string>("memory");
        if (memory != "carry" && memory != "window")
            throw Error({"--memory", fmt::format("'{}'", memory), "carry or window", "choose one of these"});
        settings.memory = memory == "carry" ? trial::StateMode::carry : trial::StateMode::window;
    }
    const Split from = prompts_from(arguments, *trial.dataset);
    std::vector<trial::SamplingSettings> list;
    if (arguments.has("prompt")) {
        for (const std::string& prompt : arguments.get<std::vector<std::string>>("prompt")) {
            list.push_back(settings);
            list.back().prompt = {prompt, {}, 0};
        }
    } else {
        list.push_back(settings);
        list.back().prompt = {
            {},
            from,
            sampling::asks(*trial.dataset) ? Size{0} : std::min(usual_prompt, trial.dataset->tokens(from).size())};
    }
    return list;
}

const store::Checkpoint& checkpoint_of(const Arguments& arguments, const StoredTrial& trial) {
    const auto& kept = trial.state.checkpoints;
    std::string steps;
    for (const store::Checkpoint& checkpoint : kept)
        steps += fmt::format("{}{}", steps.empty() ? "" : ", ", checkpoint.step);
    if (kept.empty())
        throw Error(
            {fmt::format("trial {}", trial.found.id), "no checkpoint", "a trained trial", "run its manifest first"});
    if (!arguments.has("at")) return kept.back();
    const std::uint64_t step = whole_number(arguments, "at", 0, largest_number, "leave it out for the last");
    for (const store::Checkpoint& checkpoint : kept)
        if (checkpoint.step == step) return checkpoint;
    throw Error({"--at", fmt::format("step {}", step), "a kept checkpoint: " + steps,
                 "raise training.keep_checkpoints in the manifest to keep more"});
}

}  // namespace

int sample(const Words& words) {
    const auto arguments = parse(command(), words);
    if (!arguments) return well;
    if (!arguments->has("trial") || arguments->get<std::vector<std::string>>("trial").size() != 1)
        throw Error({"command line", "not one trial", "a trial's id or the beginning of its fingerprint",
                     "list them with: unroll sql 'SELECT id, cell, status FROM trial'"});

    Session session(*arguments);
    store::Store store(arguments->database, store::Store::Mode::read);
    StoredTrial trial = stored_trial(store, arguments->get<std::vector<std::string>>("trial")[0], session);
    if (!sampling::asks(*trial.dataset) && !sampling::draws(*trial.dataset) &&
        (!trial.dataset->vocabulary() || trial.dataset->task().kind != Task::Kind::next_token))
        throw Error({fmt::format("trial {}", trial.found.id), "a dataset that is not text",
                     "a trial that predicts the next token, or target sequences, or makes images",
                     "sampling is for those"});
    refuse_meaningless(*arguments, trial);
    if (arguments->has("seed"))
        trial.planned.trial.seed = whole_number(*arguments, "seed", 0, largest_number, "leave it out for the trial's");
    const FloatingPointMode mode;
    const training::Trained trained(trial.model, checkpoint_of(*arguments, trial).path);
    if (sampling::draws(*trial.dataset)) return draw(trial, trained.weights());
    const auto settings = settings_of(*arguments, trial, store, session.catalog());

    const auto wanted = sampling::wanted(trial.planned.trial, settings, *trial.dataset, trained.step(), 0);
    const auto samples = sampling::make(trial.model, trained.weights(), *trial.dataset, session.catalog(),
                                        trial.planned.trial.training.sequence_length, wanted, catch_interrupts());
    for (const sampling::Sample& sample : samples) {
        if (sampling::asks(*trial.dataset)) {
            fmt::print("{} → {}{}\n", sample.prompt, sample.text,
                       !sample.correct   ? ""
                       : *sample.correct ? " ✓"
                                         : fmt::format(" ✗ {}", *sample.target));
            continue;
        }
        if (samples.size() > 1) fmt::print("{}--- {}\n", &sample == &samples.front() ? "" : "\n", sample.number + 1);
        fmt::print("{}{}\n", sample.prompt, sample.text);
    }
    return samples.size() == wanted.size() ? well : interrupted;
}

}  // namespace unroll::cli
