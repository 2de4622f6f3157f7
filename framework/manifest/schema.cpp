// The table of settings.
#include "manifest/schema.h"

#include <algorithm>

#include "plugins/options_check.h"

namespace unroll::manifest {
namespace {

using Shape = Setting::Shape;

constexpr double million = 1e6, any = 9007199254740991.0;  // 2^53 - 1
constexpr const char *corpus = "task=corpus", *pairs = "task=pairs", *images = "task=images",
                     *tokens = "task=corpus|pairs";

// Settings of one name stand one after the other.

/// A setting that is not as plain as an option: its name, default and help.
constexpr Option named(const char* name, const char* default_json, const char* help) {
    return Option::text(name, default_json, help);
}
constexpr Setting part(const char* name, Shape shape, const char* help) {
    return {named(name, "", help), shape};
}

constexpr Setting manifest_settings[] = {
    {.option =
         Option::text("name", "", "what the experiment is called in the result store; the file's stem unless given"),
     .decides = false},
    {.option = Option::text("about", "\"\"", "what the experiment is for, in a sentence"), .decides = false},
    {.option = Option::integer("seed", "1", 0, any, "where every random number of a trial comes from")},
    part("dataset", Shape::section, "where sequences come from, and what is predicted"),
    part("model", Shape::section, "what stands around the cell"),
    part("cell", Shape::section, "the cell that is compared; a list is a stack, bottom first"),
    part("training", Shape::section, "how a trial is trained"),
    {.option = named("sampling", "false", "what is made with a trained model: texts, answers or images"),
     .shape = Shape::sampling,
     .decides = false},
    {.option = named("diagnostics", "", "what is measured of a model beside its losses"),
     .shape = Shape::section,
     .decides = false},
    {.option = named("sweep", "", "axes: lists by path, or labelled choices of patches"),
     .shape = Shape::axes,
     .decides = false},
    {.option = named("skip", "[]", "combinations to leave out"), .shape = Shape::partials, .decides = false},
    {.option = named("match", "null", "a setting that follows from a number of weights"),
     .shape = Shape::section_or_null,
     .decides = false},
    {.option = named("compare", "", "how trials are compared"), .shape = Shape::section, .decides = false},
    {.option = named("expect", "{}", "what the results must show: SQL by name"),
     .shape = Shape::queries,
     .decides = false},
};

constexpr Setting dataset_settings[] = {
    {.option = Option::text("plugin", "", "the dataset's name"), .required = true},
};

constexpr Setting model_settings[] = {
    {.option = Option::integer("embedding", "0", 0, million, "width of the embedding; 0 feeds tokens one-hot")},
    {.option = Option::boolean("tied", "false", "predict with the embedding's weights")},
    {.option = named("encoder", "", "what reads the input; merged over cell"), .shape = Shape::part, .only = pairs},
    {.option = named("decoder", "", "what makes the target of it; merged over cell"),
     .shape = Shape::part,
     .only = pairs},
    {.option =
         Option::choice("bridge", "\"state\"", "state|repeat|attention", "how the decoder knows what the encoder read"),
     .only = pairs},
    {.option = named("generator", "", "what makes images of noise; merged over cell"),
     .shape = Shape::part,
     .only = images},
    {.option = named("discriminator", "", "what tells them from real ones; merged over cell"),
     .shape = Shape::part,
     .only = images},
    {.option = Option::integer("noise", "64", 1, million, "random numbers that an image is made of"), .only = images},
};

constexpr Setting cell_settings[] = {
    {.option = Option::text("plugin", "", "the cell's name"), .required = true},
    {.option = Option::integer("hidden", "128", 1, million, "H, hidden units of a layer")},
    {.option = Option::integer("layers", "1", 1, 1000, "equal layers, one above the other")},
    {.option = Option::number("dropout", "0", 0, 0.99, "probability that an element is dropped in training")},
    {.option = Option::choice("initializer", "\"uniform\"", "uniform|glorot|normal", "how weights start")},
};

constexpr Setting training_settings[] = {
    {.option =
         Option::integer("sequence_length", "", 1, million, "T, steps of a window; 64, or what the dataset fixes")},
    {.option = Option::integer("batch", "64", 1, million, "B, sequences in a batch")},
    {.option = Option::integer("steps", "", 1, any, "batches to train on; or give epochs")},
    {.option = Option::integer("epochs", "", 1, any, "passes through the training data; or give steps")},
    {.option = Option::choice("windows", "\"random\"", "random|strided|streams", "how windows are cut from a corpus"),
     .only = corpus},
    {.option = Option::integer("stride", "1", 1, million, "tokens between the starts of two windows"),
     .only = "windows=strided"},
    {.option = Option::choice("predict", "\"every\"", "every|last", "the positions of a window that are predicted"),
     .only = corpus},
    part("optimizer", Shape::section, "how weights follow gradients"),
    part("schedule", Shape::section, "how the learning rate changes"),
    {.option = named("clip", "null", "gradients are scaled down to this global norm, or each element cut to it"),
     .shape = Shape::clip},
    {.option = named("stop", "null", "when to stop early"), .shape = Shape::section_or_null},
    {.option =
         Option::integer("evaluate_length", "", 1, million, "T of the windows that are evaluated; sequence_length"),
     .only = corpus},
    {.option = Option::integer("log_every", "10", 1, any, "steps between two recorded training losses"),
     .decides = false},
    {.option = named("evaluate_every", "\"end\"", "when the other splits are evaluated"),
     .shape = Shape::when_or_never},
    {.option = named("checkpoint_every", "", "when weights are kept; as evaluate_every unless given"),
     .shape = Shape::when_or_never,
     .decides = false},
    {.option = Option::integer("keep_checkpoints", "2", 1, any, "newest checkpoints that are kept"), .decides = false},
};

constexpr Setting optimizer_settings[] = {
    {.option = Option::choice("name", "\"adam\"", "sgd|adagrad|rmsprop|adam|adamw", "the rule")},
    {.option = Option::number("learning_rate", "0.001", 0, million, "step size"), .only = "name=sgd|adam|adamw"},
    {.option = Option::number("learning_rate", "0.01", 0, million, "step size"), .only = "name=adagrad|rmsprop"},
    {.option = Option::number("momentum", "0", 0, 1, "part of the last step that is kept"), .only = "name=sgd"},
    {.option = Option::numbers("betas", "[0.9, 0.999]", 0, 1, "parts of the two means that are kept"),
     .only = "name=adam|adamw"},
    {.option = Option::number("epsilon", "1e-8", 0, 1, "added to the divisor"), .only = "name=rmsprop|adam|adamw"},
    {.option = Option::number("epsilon", "1e-10", 0, 1, "added to the divisor"), .only = "name=adagrad"},
    {.option = Option::choice("epsilon_in", "\"divisor\"", "divisor|root",
                              "added to the root, as by PyTorch, or under it, as by Keras 3"),
     .only = "name=rmsprop"},
    {.option = Option::number("weight_decay", "0", 0, 100, "part of the weights added to their gradient"),
     .only = "name=sgd|adam"},
    {.option = Option::number("weight_decay", "0.01", 0, 100, "pull towards 0, apart from the gradient"),
     .only = "name=adamw"},
    {.option = Option::number("decay", "0.99", 0, 1, "part of the mean square that is kept"), .only = "name=rmsprop"},
    {.option = Option::choice("decay", "\"all\"", "matrices|all", "the weights that decay"), .only = "name=adamw"},
};

constexpr Setting schedule_settings[] = {
    {.option = Option::choice("name", "\"constant\"", "constant|cosine|exponential", "the curve")},
    {.option = Option::integer("warmup", "0", 0, any, "steps of linear rise from 0")},
    {.option = Option::number("minimum", "0", 0, million, "the learning rate at the end"), .only = "name=cosine"},
    {.option = Option::number("decay", "", 0, 1, "factor of each period"),
     .only = "name=exponential",
     .required = true},
    {.option = Option::integer("every", "0", 0, any, "steps of a period; 0 for an epoch"), .only = "name=exponential"},
};

constexpr Setting stop_settings[] = {
    {.option = Option::choice("metric", "\"validation/loss\"", "validation/loss|validation/accuracy", "what decides")},
    {.option = Option::number("target", "", -1e300, 1e300, "stop when the metric is as good as this")},
    {.option =
         Option::integer("patience", "0", 0, any, "stop after so many evaluations without a better value; 0 never")},
};

constexpr Setting sampling_settings[] = {
    {.option = named("sampler", "", "how the next token is picked"),
     .shape = Shape::sampler,
     .only = tokens,
     .required = true},
    {.option = named("temperature", "1", "what logits are divided by"), .shape = Shape::temperature, .only = tokens},
    {.option = Option::integer("length", "400", 1, any, "tokens of a text"), .only = tokens},
    {.option = Option::integer("grid", "4", 1, 32, "images side by side, and one below the other"), .only = images},
    {.option = Option::text("judge", "", "an experiment whose best trial, a classifier, tells how good the images are"),
     .only = images},
    {.option = Option::integer("count", "1", 1, million, "texts, answers or grids of each kind")},
    {.option = named("prompt", "{\"from\": \"train\"}", "what a text begins with, or what is asked"),
     .shape = Shape::prompt,
     .only = tokens},
    {.option = named("every", "\"end\"", "when they are made"), .shape = Shape::when},
    {.option = Option::choice("memory", "", "carry|window",
                              "state runs on, or the last T tokens are read again for each token"),
     .only = tokens},
};

constexpr Setting sampler_settings[] = {
    {.option = Option::text("plugin", "", "the sampler's name"), .required = true},
};

constexpr Setting diagnostics_settings[] = {
    {.option = named("gradient", "false", "when the gradient of the last prediction is measured by lag"),
     .shape = Shape::when_or_never},
};

constexpr Setting match_settings[] = {
    {.option = Option::integer("parameters", "", 1, any, "weights that the model is to have, all of them"),
     .required = true},
    {.option = Option::text("vary", "", "path of the whole number that is solved for"), .required = true},
    {.option = Option::number("within", "0.02", 0, 1, "how far from it the nearest may be, as a part of it")},
};

constexpr Setting compare_settings[] = {
    {.option = Option::text("metric", "\"validation/loss\"", "SPLIT/NAME of the metric that is compared")},
    {.option =
         Option::choice("goal", "", "min|max",
                        "which value is better; max for accuracy, exact, deceived and tokens_per_second, else min")},
    {.option = named("by", "", "axes that are told apart; all but seed"), .shape = Shape::names},
    {.option = named("best", "[]", "axes of which the best choice stands for all"), .shape = Shape::names},
};

constexpr Section table[] = {
    {"", manifest_settings, false},
    {"dataset", dataset_settings, true},
    {"model", model_settings, false},
    {"cell", cell_settings, true},
    {"model.encoder", cell_settings, true},
    {"model.decoder", cell_settings, true},
    {"model.generator", cell_settings, true},
    {"model.discriminator", cell_settings, true},
    {"training", training_settings, false},
    {"training.optimizer", optimizer_settings, false},
    {"training.schedule", schedule_settings, false},
    {"training.stop", stop_settings, false},
    {"sampling", sampling_settings, false},
    {"sampling.sampler", sampler_settings, true},
    {"diagnostics", diagnostics_settings, false},
    {"match", match_settings, false},
    {"compare", compare_settings, false},
};

}  // namespace

std::span<const Section> sections() {
    return table;
}

const Section& section(std::string_view path) {
    return *std::find_if(std::begin(table), std::end(table), [&](const Section& each) { return each.path == path; });
}

std::string_view selector(const Setting& setting) {
    const std::string_view only = setting.only;
    return only.substr(0, std::min(only.find('='), only.size()));
}

std::vector<std::string_view> selector_values(const Setting& setting) {
    std::vector<std::string_view> values;
    std::string_view rest = setting.only;
    if (rest.empty()) return values;
    rest.remove_prefix(rest.find('=') + 1);
    for (;;) {
        const std::size_t bar = rest.find('|');
        values.push_back(rest.substr(0, bar));
        if (bar == rest.npos) return values;
        rest.remove_prefix(bar + 1);
    }
}

bool holds(const Setting& setting, std::string_view name, std::string_view value) {
    if (selector(setting) != name) return false;
    std::string_view rest = setting.only;
    rest.remove_prefix(name.size());
    while (!rest.empty()) {
        rest.remove_prefix(1);  // '=' or '|'
        const std::string_view word = rest.substr(0, rest.find('|'));
        if (word == value) return true;
        rest.remove_prefix(word.size());
    }
    return false;
}

std::vector<std::string> names(const Section& section) {
    std::vector<std::string> all;
    for (const Setting& setting : section.settings)
        if (std::find(all.begin(), all.end(), setting.option.name) == all.end()) all.emplace_back(setting.option.name);
    return all;
}

std::string allowed(const Setting& setting) {
    switch (setting.shape) {
        case Shape::plain:
            return plugins::allowed(setting.option);
        case Shape::names:
            return "a list of axes, each as in \"training.sequence_length\"";
        case Shape::when:
            return "a number of steps, \"epoch\", {\"epochs\": N} or \"end\"";
        case Shape::when_or_never:
            return "a number of steps, \"epoch\", {\"epochs\": N}, \"end\", or false for never";
        case Shape::clip:
            return "a number above 0 for the global norm, {\"element\": X} with X above 0, or null";
        case Shape::section:
            return std::string_view(setting.option.name) == "cell" ? "an object, or a list of objects" : "an object";
        case Shape::section_or_null:
            return "an object, or null";
        case Shape::part:
            return "an object, or a list of objects, each merged over cell";
        case Shape::sampling:
            return "an object, or false";
        case Shape::sampler:
            return "{\"plugin\": NAME, …}, or a list of these";
        case Shape::temperature:
            return "a number above 0, or a list of these";
        case Shape::prompt:
            return "a text, {\"from\": \"train\", \"validation\" or \"test\", \"length\": N}, or a list of these";
        case Shape::axes:
            return "an object of axes, or a list of such objects";
        case Shape::partials:
            return "a list of objects, each AXIS OR PATH: VALUE";
        case Shape::queries:
            return "an object of NAME: SQL";
    }
    return {};
}

}  // namespace unroll::manifest
