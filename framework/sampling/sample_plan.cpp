// Samples of a trial: prompts, streams and samplers for each text that is asked for.
#include "sampling/sample_plan.h"

#include <fmt/core.h>

#include <bit>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "base/text.h"
#include "json/write.h"
#include "plugins/make.h"
#include "plugins/options_check.h"
#include "sampling/answers.h"
#include "sampling/images.h"
#include "sampling/token_mask.h"
#include "trial/splits.h"
#include "trial/topology.h"
#include "unroll/error.h"

namespace unroll::sampling {

using trial::SampleKind;

namespace {

/// A prompt's text as JSON. Stored keys have the short escapes of two characters that json::dump writes by number.
std::string text_key(const std::string& text) {
    std::string key = "\"";
    for (const char c : text) {
        const std::string quoted = json::dump(json::Value(std::string(1, c)));
        key += c == '\b' ? "\\b" : c == '\f' ? "\\f" : quoted.substr(1, quoted.size() - 2);
    }
    return key + '"';
}

std::string key_of(const trial::Prompt& prompt) {
    if (prompt.from && prompt.length == 0) return fmt::format(R"({{"from":"{}"}})", trial::name_of(*prompt.from));
    if (prompt.from) return fmt::format(R"({{"from":"{}","length":{}}})", trial::name_of(*prompt.from), prompt.length);
    return text_key(prompt.text);
}

std::vector<Token> tokens_of(const trial::Prompt& prompt, const Dataset& dataset, std::uint64_t seed, Size number) {
    if (prompt.from) {
        const std::span<const Token> all = dataset.tokens(*prompt.from);
        if (all.size() < prompt.length || prompt.length == 0)
            throw Error({"sampling.prompt",
                         fmt::format("a window of {} tokens from the {} split, which has {}", prompt.length,
                                     trial::name_of(*prompt.from), all.size()),
                         "a window that fits the split", "lower sampling.prompt.length or enlarge the split"});
        RandomStream stream(seed, "prompt", {std::uint64_t(*prompt.from), prompt.length, number});
        const Size start = stream.below(all.size() - prompt.length + 1);
        return {all.begin() + std::ptrdiff_t(start), all.begin() + std::ptrdiff_t(start + prompt.length)};
    }
    std::string unknown;
    const auto tokens = dataset.vocabulary()->encode(prompt.text, unknown);
    if (!tokens) {
        std::string ignored;
        const std::string lower = base::lower(prompt.text);
        const bool has_lower = lower != prompt.text && dataset.vocabulary()->encode(lower, ignored);
        throw Error({"sampling.prompt", fmt::format("'{}' in the prompt '{}'", unknown, prompt.text),
                     "symbols that occur in the dataset",
                     has_lower ? fmt::format("write '{}': the text is in lower case", lower)
                               : "choose a prompt from the text's own symbols"});
    }
    if (tokens->empty())
        throw Error({"sampling.prompt", "an empty prompt", "at least one symbol",
                     "give a text, or {\"from\": \"validation\", \"length\": 40}"});
    return *tokens;
}

Question question_of(const trial::Prompt& prompt, const Dataset& dataset, std::uint64_t seed, Size number) {
    if (!prompt.from) return question(dataset, prompt.text);
    const Size examples = dataset.examples(*prompt.from);
    if (examples == 0)
        throw Error({"sampling.prompt",
                     fmt::format("an example of the {} split, which is empty", trial::name_of(*prompt.from)),
                     "a split with examples", "name another split"});
    RandomStream stream(seed, "question", {std::uint64_t(*prompt.from), number});
    return question(dataset, *prompt.from, stream.below(examples));
}

/// What is read after the prompt: where tokens are joined with blanks, it may begin with one.
std::string text_after(const std::string& prompt, std::vector<Token> tokens, const std::vector<Token>& generated,
                       const Vocabulary& vocabulary) {
    tokens.insert(tokens.end(), generated.begin(), generated.end());
    const std::string whole = vocabulary.decode(tokens);
    return whole.starts_with(prompt) ? whole.substr(prompt.size()) : vocabulary.decode(generated);
}

RandomStream stream_of(const SampleKey& key) {
    const double temperature = key.temperature.value_or(0);
    return RandomStream(key.seed, "text",
                        {content_hash(key.sampler + key.options), std::bit_cast<std::uint64_t>(temperature),
                         content_hash(key.prompt_key), key.number});
}

}  // namespace

std::vector<PlannedSample> plan_samples(const trial::Trial& trial, const std::vector<trial::SamplingSettings>& settings,
                                        const Dataset& dataset, std::uint64_t step, double epoch) {
    const SampleKind kind = trial::sample_kind(dataset);
    std::vector<PlannedSample> list;
    std::set<SampleKey> seen;
    for (const trial::SamplingSettings& entry : settings)
        for (Size number = 0; number < entry.count; ++number) {
            Sample sample;
            sample.key.step = step;
            sample.epoch = epoch;
            sample.key.sampler = entry.sampler.plugin;
            sample.key.options = plugins::to_json(entry.sampler.options);
            sample.key.temperature = entry.temperature;
            sample.kind = name_of(kind);
            if (kind == SampleKind::answer) {
                const Question asked = question_of(entry.prompt, dataset, trial.seed, number);
                sample.prompt = asked.text;
                if (entry.prompt.from) sample.target = target_text(dataset, asked.target);
            } else if (kind == SampleKind::text) {
                sample.prompt = dataset.vocabulary()->decode(tokens_of(entry.prompt, dataset, trial.seed, number));
            }
            sample.key.prompt_key = key_of(entry.prompt);
            sample.key.seed = trial.seed;
            sample.key.number = number;
            sample.key.length = entry.length;
            if (kind != SampleKind::image)
                sample.key.memory = entry.memory == trial::StateMode::carry ? "carry" : "window";
            if (seen.insert(sample.key).second) list.push_back({entry, std::move(sample)});
        }
    return list;
}

namespace {

/// Each sampler of a list once, without the tokens that its vocabulary cannot generate.
class Samplers {
public:
    Samplers(const plugins::Catalog& catalog, const Vocabulary& vocabulary)
        : catalog_(catalog), vocabulary_(vocabulary) {}

    const Sampler* of(const PlannedSample& entry) {
        auto& sampler = made_[entry.sample.key.sampler + entry.sample.key.options];
        if (!sampler) {
            const Plugin* plugin = catalog_.find(Plugin::Kind::sampler, entry.sample.key.sampler);
            if (!plugin) throw Error(catalog_.missing(Plugin::Kind::sampler, entry.sample.key.sampler));
            sampler = suppress_tokens(plugins::make_sampler(*plugin, entry.settings.sampler.options), vocabulary_);
        }
        return sampler.get();
    }

private:
    const plugins::Catalog& catalog_;
    const Vocabulary& vocabulary_;
    std::map<std::string, std::unique_ptr<const Sampler>> made_;
};

/// The noise is the same at every step, so that grids show how the same images come to be.
std::vector<Sample> make_images(const model::Model<float>& model, model::Weights<float> weights,
                                const std::vector<PlannedSample>& list, const std::atomic<bool>& stop) {
    std::vector<Sample> samples;
    for (const PlannedSample& entry : list) {
        if (stop.load(std::memory_order_relaxed)) break;
        samples.push_back(entry.sample);
        const Size side = static_cast<Size>(std::lround(std::sqrt(double(entry.sample.key.length))));
        samples.back().image =
            image_grid(model, weights, side, RandomStream(entry.sample.key.seed, "images", {entry.sample.key.number}));
    }
    return samples;
}

std::vector<Sample> make_answers(const model::Model<float>& model, model::Weights<float> weights,
                                 const Dataset& dataset, Samplers& samplers, const std::vector<PlannedSample>& list,
                                 const std::atomic<bool>& stop) {
    std::vector<AnswerRequest> requests;
    for (const PlannedSample& entry : list)
        requests.push_back({question_of(entry.settings.prompt, dataset, entry.sample.key.seed, entry.sample.key.number),
                            samplers.of(entry), entry.sample.key.temperature.value_or(1), stream_of(entry.sample.key)});
    const auto answers = answer(model, weights, requests, stop);
    std::vector<Sample> samples;
    for (Size i = 0; i < answers.size(); ++i) {
        samples.push_back(list[i].sample);
        samples.back().text = target_text(dataset, answers[i]);
        if (samples.back().target) samples.back().correct = answers[i] == requests[i].question.target;
    }
    return samples;
}

}  // namespace

std::vector<Sample> make_samples(const model::Model<float>& model, model::Weights<float> weights,
                                 const Dataset& dataset, const plugins::Catalog& catalog, Size window,
                                 const std::vector<PlannedSample>& list, const std::atomic<bool>& stop) {
    const SampleKind kind = trial::sample_kind(dataset);
    if (kind == SampleKind::image) return make_images(model, weights, list, stop);
    Samplers samplers(catalog, *dataset.target_vocabulary());
    if (kind == SampleKind::answer) return make_answers(model, weights, dataset, samplers, list, stop);
    std::vector<Request> requests;
    for (const PlannedSample& entry : list)
        requests.push_back({tokens_of(entry.settings.prompt, dataset, entry.sample.key.seed, entry.sample.key.number),
                            samplers.of(entry), entry.sample.key.temperature.value_or(1), stream_of(entry.sample.key),
                            entry.settings.length, entry.settings.memory});
    const auto texts = generate(model, weights, window, requests, stop);
    std::vector<Sample> samples;
    for (Size i = 0; i < list.size(); ++i) {
        if (texts[i].size() < requests[i].length) continue;
        samples.push_back(list[i].sample);
        samples.back().text = text_after(list[i].sample.prompt, requests[i].prompt, texts[i], *dataset.vocabulary());
    }
    return samples;
}

void measure(std::vector<Sample>& samples, const TrainingText& training) {
    std::vector<std::string> texts;
    for (const Sample& sample : samples) texts.push_back(sample.text);
    const auto figures = training.measure(texts);
    for (Size i = 0; i < samples.size(); ++i) samples[i].quality = figures[i];
}

}  // namespace unroll::sampling
