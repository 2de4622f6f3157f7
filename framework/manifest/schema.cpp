// The table of settings, and what can be asked of it.
#include "manifest/schema.h"

#include <algorithm>
#include <stdexcept>

#include "json/parse.h"
#include "manifest/normal_form.h"
#include "manifest/settings/rows.h"
#include "plugins/options_check.h"

namespace unroll::manifest {
namespace {

/// A section with all defaults, once a value is given for its selector; settings of every task.
json::Value defaults(const Section& section, json::Object given = {}) {
    json::Value checked{std::move(given)};
    for (const Setting& setting : section.settings)
        if (!checked.find(setting.option.name) && applies(setting, checked, ""))
            checked.set(setting.option.name, default_value(setting));
    return checked;
}

template <class Struct>
Struct default_settings(std::string_view path, json::Object given = {}) {
    Struct settings;
    fill(section(path), defaults(section(path), std::move(given)), settings);
    return settings;
}

}  // namespace

std::span<const Section> sections() {
    namespace rows = settings;
    static const Section table[] = {
        {"", rows::experiment()},
        {"dataset", rows::dataset(), true},
        {"model", rows::model()},
        {"cell", rows::cell(), true},
        {"cell.block", rows::block()},
        {"model.encoder", rows::cell(), true},
        {"model.decoder", rows::cell(), true},
        {"model.generator", rows::cell(), true},
        {"model.discriminator", rows::cell(), true},
        {"training", rows::training()},
        {"training.optimizer", rows::optimizer(), false, rows::optimizers()},
        {"training.schedule", rows::schedule(), false, rows::schedules()},
        {"training.stop", rows::stop()},
        {"start", rows::start()},
        {"sampling", rows::sampling()},
        {"sampling.sampler", rows::sampler(), true},
        {"diagnostics", rows::diagnostics()},
        {"match", rows::match()},
        {"compare", rows::compare()},
    };
    return table;
}

const Section& section(std::string_view path) {
    for (const Section& each : sections())
        if (each.path == path) return each;
    throw std::logic_error("no such section of a manifest");
}

const Setting& setting(const Section& section, std::string_view name) {
    for (const Setting& each : section.settings)
        if (each.option.name == name) return each;
    throw std::logic_error("no such setting of a section");
}

std::vector<std::string_view> condition_values(const Setting& setting) {
    std::vector<std::string_view> values;
    for (std::string_view rest = setting.condition.values; !rest.empty();) {
        values.push_back(rest.substr(0, rest.find('|')));
        rest.remove_prefix(std::min(rest.size(), values.back().size() + 1));
    }
    return values;
}

bool holds(const Setting& setting, std::string_view selector, std::string_view value) {
    if (setting.condition.selector != selector) return false;
    const auto values = condition_values(setting);
    return std::find(values.begin(), values.end(), value) != values.end();
}

bool applies(const Setting& setting, const json::Value& so_far, std::string_view task) {
    const std::string_view selector = setting.condition.selector;
    if (selector.empty()) return true;
    if (selector == "task") return task.empty() || holds(setting, selector, task);
    const json::Value* chosen = so_far.find(selector);
    return !chosen || !chosen->text() || holds(setting, selector, *chosen->text());
}

std::vector<std::string> names(const Section& section) {
    std::vector<std::string> all;
    for (const Setting& setting : section.settings)
        if (std::find(all.begin(), all.end(), setting.option.name) == all.end()) all.emplace_back(setting.option.name);
    return all;
}

std::string allowed(const Setting& setting) {
    using Shape = Setting::Shape;
    switch (setting.shape) {
        case Shape::plain:
            return plugins::allowed(setting.option);
        case Shape::names:
            return "a list of axis names, as in \"training.sequence_length\"";
        case Shape::when:
            return "a number of steps, \"epoch\", {\"epochs\": N}, {\"times\": N} or \"end\"";
        case Shape::when_or_never:
            return "a number of steps, \"epoch\", {\"epochs\": N}, {\"times\": N}, \"end\", or false for never";
        case Shape::when_or_timed:
            return "a number of steps, \"epoch\", {\"epochs\": N}, {\"times\": N}, {\"minutes\": N} with N from 0.02, "
                   "\"end\", or false for never";
        case Shape::clip:
            return "a number above 0 for the global norm, {\"element\": X} with X above 0, or null";
        case Shape::duration:
            return "a number of seconds above 0, a text such as \"90s\", \"30min\", \"2h\" or \"1h30min\", or null";
        case Shape::memory:
            return "a number of bytes from 1000000, a text such as \"512MB\", \"4GB\" or \"1.5GiB\", or null";
        case Shape::section:
            return "an object";
        case Shape::section_or_null:
            return "an object, or null";
        case Shape::cells:
            return "an object, or a list of objects";
        case Shape::part:
            return "an object, or a list of objects, each merged over cell";
        case Shape::sampling:
            return "an object, or false";
        case Shape::sampler:
            return "{\"plugin\": NAME, …}, or a list of these";
        case Shape::temperature:
            return "a number above 0, or a list of these";
        case Shape::prompt:
            return "a string, {\"from\": \"train\", \"validation\" or \"test\", \"length\": N}, or a list of these";
        case Shape::axes:
            return "an object of axes, or a list of such objects";
        case Shape::partials:
            return "a list of objects of AXIS OR PATH: VALUE";
        case Shape::queries:
            return "an object of NAME: SQL";
    }
    return {};
}

json::Value default_value(const Setting& setting) {
    const auto value = json::try_parse(setting.option.default_json);
    return value ? normal(setting, *value).value_or(json::Value()) : json::Value();
}

void fill(const Section& section, const json::Value& checked, void* settings, const void* owner) {
    for (const Setting& setting : section.settings) {
        if (setting.field.owner != owner || !applies(setting, checked, "")) continue;
        const json::Value* selector = checked.find(setting.condition.selector);
        if (selector && selector->null()) continue;  // it could not be read, so which of several settings is not known
        const json::Value* value = checked.find(setting.option.name);
        if (value && !value->null()) setting.field.set(settings, *value, setting.option);
    }
}

trial::OptimizerSettings default_optimizer(std::string_view name) {
    return default_settings<trial::OptimizerSettings>("training.optimizer", {{"name", {}, json::Value(name)}});
}

trial::ScheduleSettings default_schedule(std::string_view name) {
    return default_settings<trial::ScheduleSettings>("training.schedule", {{"name", {}, json::Value(name)}});
}

trial::Trial default_trial() {
    auto trial = default_settings<trial::Trial>("");
    trial.model = default_settings<trial::ModelSettings>("model");
    trial::TrainingSettings& training = trial.training;
    training = default_settings<trial::TrainingSettings>("training");
    training.optimizer = default_settings<trial::OptimizerSettings>("training.optimizer");
    training.schedule = default_settings<trial::ScheduleSettings>("training.schedule");
    training.evaluate_length = training.sequence_length;
    training.checkpoint_every = training.evaluate_every;
    return trial;
}

}  // namespace unroll::manifest
